// People and activities.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { call } from "./client";
import { inLrs } from "./lrs";
import type { ActivityDetail, ActivityItem, Page, PersonItem, PersonPage } from "./types";

export const peopleQuery = (lrs: string, text: string) =>
  infiniteQueryOptions({
    queryKey: ["lrs", lrs, "people", text],
    queryFn: ({ pageParam, signal }) =>
      call<Page<PersonItem>>("GET", inLrs(lrs, "/people"), { query: { text, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** A few people to choose from while someone types. */
export const peopleSuggestionsQuery = (lrs: string, text: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "people-suggestions", text],
    queryFn: ({ signal }) => call<Page<PersonItem>>("GET", inLrs(lrs, "/people"), { query: { text, limit: 8 }, signal }),
  });

export const personQuery = (lrs: string, person: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "person", person],
    queryFn: () => call<PersonPage>("GET", inLrs(lrs, `/people/${encodeURIComponent(person)}`)),
  });

export function mergePeople(lrs: string, person: string, other: string): Promise<unknown> {
  return call("POST", inLrs(lrs, `/people/${encodeURIComponent(person)}/merge`), { json: { other } });
}

export function splitPerson(lrs: string, person: string, identifier: string): Promise<unknown> {
  return call("POST", inLrs(lrs, `/people/${encodeURIComponent(person)}/split`), { json: { identifier } });
}

/** Roots of the tree, the children of one activity, or what a search finds. */
export const activitiesQuery = (lrs: string, asked: { parent?: string; text?: string }) =>
  infiniteQueryOptions({
    queryKey: ["lrs", lrs, "activities", asked],
    queryFn: ({ pageParam, signal }) =>
      call<Page<ActivityItem>>("GET", inLrs(lrs, "/activities"), { query: { ...asked, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const activitySuggestionsQuery = (lrs: string, text: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "activity-suggestions", text],
    queryFn: ({ signal }) =>
      call<Page<ActivityItem>>("GET", inLrs(lrs, "/activities"), { query: { text, limit: 8 }, signal }),
  });

export const activityQuery = (lrs: string, id: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "activity", id],
    queryFn: () => call<ActivityDetail>("GET", inLrs(lrs, "/activity"), { query: { id } }),
  });
