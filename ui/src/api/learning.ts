// People and activities.

import { queryOptions } from "@tanstack/react-query";

import { answer, api } from "./client";
import { pagesQuery } from "./queries";

/** So many are offered while someone types. */
const SUGGESTIONS = 8;

export const peopleQuery = (lrs: string, text: string) =>
  pagesQuery(["lrs", lrs, "people", text], (cursor, signal) =>
    answer(api.GET("/api/v1/lrss/{lrs}/people", { params: { path: { lrs }, query: { text, cursor } }, signal })),
  );

/** A few people to choose from while someone types. */
export const peopleSuggestionsQuery = (lrs: string, text: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "people-suggestions", text],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/lrss/{lrs}/people", { params: { path: { lrs }, query: { text, limit: SUGGESTIONS } }, signal })),
  });

export const personQuery = (lrs: string, person: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "person", person],
    queryFn: () => answer(api.GET("/api/v1/lrss/{lrs}/people/{person}", { params: { path: { lrs, person } } })),
  });

export const mergePeople = (lrs: string, person: string, other: string) =>
  answer(api.POST("/api/v1/lrss/{lrs}/people/{person}/merge", { params: { path: { lrs, person } }, body: { other } }));

export const splitPerson = (lrs: string, person: string, identifier: string) =>
  answer(api.POST("/api/v1/lrss/{lrs}/people/{person}/split", { params: { path: { lrs, person } }, body: { identifier } }));

/** Roots of the tree, the children of one activity, or what a search finds. */
export const activitiesQuery = (lrs: string, asked: { parent?: string; text?: string }) =>
  pagesQuery(["lrs", lrs, "activities", asked], (cursor, signal) =>
    answer(api.GET("/api/v1/lrss/{lrs}/activities", { params: { path: { lrs }, query: { ...asked, cursor } }, signal })),
  );

export const activitySuggestionsQuery = (lrs: string, text: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "activity-suggestions", text],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/lrss/{lrs}/activities", { params: { path: { lrs }, query: { text, limit: SUGGESTIONS } }, signal })),
  });

export const activityQuery = (lrs: string, id: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "activity", id],
    queryFn: () => answer(api.GET("/api/v1/lrss/{lrs}/activity", { params: { path: { lrs }, query: { id } } })),
  });
