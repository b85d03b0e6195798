// LRSs, their keys and learner groups.

import { queryOptions } from "@tanstack/react-query";

import { call } from "./client";
import type { Key, LearnerGroup, Lrs, NewKey, Page } from "./types";

export const lrssQuery = queryOptions({
  queryKey: ["lrss"],
  queryFn: async () => itemsOf(await call<Page<Lrs> | Lrs[]>("GET", "/lrss")),
});

function itemsOf<T>(answer: Page<T> | T[]): T[] {
  return Array.isArray(answer) ? answer : answer.items;
}

export function createLrs(name: string): Promise<Lrs> {
  return call("POST", "/lrss", { json: { name } });
}

export function deleteLrs(name: string): Promise<undefined> {
  return call("DELETE", inLrs(name, ""));
}

/** The path of something in an LRS. */
export function inLrs(lrs: string, path: string): string {
  return `/lrss/${encodeURIComponent(lrs)}${path}`;
}

export interface KeyDraft {
  label: string;
  scopes: string[];
  expires: string | null;
  requests_per_second_max: number | null;
}

export const keysQuery = (lrs: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "keys"],
    queryFn: async () => itemsOf(await call<Page<Key>>("GET", inLrs(lrs, "/keys"), { query: { limit: 500 } })),
  });

export function createKey(lrs: string, draft: KeyDraft): Promise<NewKey> {
  return call("POST", inLrs(lrs, "/keys"), { json: draft });
}

export function changeKey(lrs: string, key: string, change: Partial<KeyDraft>): Promise<Key> {
  return call("PATCH", inLrs(lrs, `/keys/${encodeURIComponent(key)}`), { json: change });
}

export function revokeKey(lrs: string, key: string): Promise<undefined> {
  return call("DELETE", inLrs(lrs, `/keys/${encodeURIComponent(key)}`));
}

export function rotateKey(lrs: string, key: string, graceSeconds: number): Promise<NewKey> {
  return call("POST", inLrs(lrs, `/keys/${encodeURIComponent(key)}/rotate`), { json: { grace_seconds: graceSeconds } });
}

export const groupsQuery = (lrs: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "groups"],
    queryFn: async () => itemsOf(await call<Page<LearnerGroup>>("GET", inLrs(lrs, "/groups"), { query: { limit: 500 } })),
  });

export function createGroup(lrs: string, name: string, members: string[]): Promise<LearnerGroup> {
  return call("POST", inLrs(lrs, "/groups"), { json: { name, members } });
}

export function changeGroup(lrs: string, id: string, name: string, members: string[]): Promise<LearnerGroup> {
  return call("PATCH", inLrs(lrs, `/groups/${encodeURIComponent(id)}`), { json: { name, members } });
}

export function deleteGroup(lrs: string, id: string): Promise<undefined> {
  return call("DELETE", inLrs(lrs, `/groups/${encodeURIComponent(id)}`));
}
