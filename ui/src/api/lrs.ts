// LRSs, their keys and learner groups.

import { queryOptions } from "@tanstack/react-query";

import { answer, api } from "./client";
import type { KeyDraft } from "./types";

export const lrssQuery = queryOptions({
  queryKey: ["lrss"],
  queryFn: async () => (await answer(api.GET("/api/v1/lrss"))).items,
});

export const createLrs = (name: string) => answer(api.POST("/api/v1/lrss", { body: { name } }));

export const deleteLrs = (lrs: string) => answer(api.DELETE("/api/v1/lrss/{lrs}", { params: { path: { lrs } } }));

export const keysQuery = (lrs: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "keys"],
    queryFn: async () => (await answer(api.GET("/api/v1/lrss/{lrs}/keys", { params: { path: { lrs } } }))).items,
  });

export const createKey = (lrs: string, body: KeyDraft) => answer(api.POST("/api/v1/lrss/{lrs}/keys", { params: { path: { lrs } }, body }));

export const changeKey = (lrs: string, key: string, body: KeyDraft) =>
  answer(api.PATCH("/api/v1/lrss/{lrs}/keys/{key}", { params: { path: { lrs, key } }, body }));

export const revokeKey = (lrs: string, key: string) =>
  answer(api.DELETE("/api/v1/lrss/{lrs}/keys/{key}", { params: { path: { lrs, key } } }));

export const rotateKey = (lrs: string, key: string, grace_seconds: number) =>
  answer(api.POST("/api/v1/lrss/{lrs}/keys/{key}/rotate", { params: { path: { lrs, key } }, body: { grace_seconds } }));

export const groupsQuery = (lrs: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "groups"],
    queryFn: async () => (await answer(api.GET("/api/v1/lrss/{lrs}/groups", { params: { path: { lrs } } }))).items,
  });

export const createGroup = (lrs: string, name: string, members: string[]) =>
  answer(api.POST("/api/v1/lrss/{lrs}/groups", { params: { path: { lrs } }, body: { name, members } }));

export const changeGroup = (lrs: string, id: string, name: string, members: string[]) =>
  answer(api.PATCH("/api/v1/lrss/{lrs}/groups/{id}", { params: { path: { lrs, id } }, body: { name, members } }));

export const deleteGroup = (lrs: string, id: string) =>
  answer(api.DELETE("/api/v1/lrss/{lrs}/groups/{id}", { params: { path: { lrs, id } } }));
