// What an administrator looks at: refused requests, the store's figures, jobs, backups.

import { queryOptions } from "@tanstack/react-query";

import { addressOf, answer, api, readFailure, requestHeaders } from "./client";
import { pagesQuery } from "./queries";
import type { Job, QueryOf } from "./types";

export type RefusalFilters = Omit<QueryOf<"/api/v1/lrss/{lrs}/refusals">, "cursor" | "limit">;

export const refusalsQuery = (lrs: string, filters: RefusalFilters) =>
  pagesQuery(["lrs", lrs, "refusals", filters], (cursor, signal) =>
    answer(api.GET("/api/v1/lrss/{lrs}/refusals", { params: { path: { lrs }, query: { ...filters, cursor } }, signal })),
  );

export const refusalQuery = (lrs: string, id: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "refusal", id],
    queryFn: () => answer(api.GET("/api/v1/lrss/{lrs}/refusals/{id}", { params: { path: { lrs, id } } })),
  });

export const replayRefusal = (lrs: string, id: string, body: string) =>
  answer(api.POST("/api/v1/lrss/{lrs}/refusals/{id}/replay", { params: { path: { lrs, id } }, body: { body } }));

export const operationsQuery = (lrs: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "operations"],
    queryFn: () => answer(api.GET("/api/v1/lrss/{lrs}/operations", { params: { path: { lrs } } })),
    refetchInterval: 5000,
  });

export function isActive(job: Job): boolean {
  return job.state === "running";
}

export const jobsQuery = (lrs: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "jobs"],
    queryFn: () => answer(api.GET("/api/v1/lrss/{lrs}/jobs", { params: { path: { lrs } } })),
    refetchInterval: (query) => (query.state.data?.items.some(isActive) ? 1000 : 10_000),
  });

export const refusedLinesQuery = (lrs: string, job: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "job", job, "refused"],
    queryFn: () => answer(api.GET("/api/v1/lrss/{lrs}/jobs/{id}/refused", { params: { path: { lrs, id: job } } })),
  });

/** The backups that the server keeps of itself. A failure with 501: the database has its own. */
export const backupsQuery = queryOptions({
  queryKey: ["backups"],
  queryFn: () => answer(api.GET("/api/v1/backups")),
  refetchInterval: ({ state }) => {
    if (state.status === "error") return false;
    return state.data?.job && isActive(state.data.job) ? 1000 : 30_000;
  },
});

export const startBackup = () => answer(api.POST("/api/v1/backups"));

export const deleteBackup = (name: string) => answer(api.DELETE("/api/v1/backups/{name}", { params: { path: { name } } }));

export const backupUrl = (name: string) => addressOf("/api/v1/backups/{name}", { path: { name } });

/** Sends a file to be imported. `fetch` tells no progress of an upload, so this is the one use of `XMLHttpRequest`. */
export function startImport(lrs: string, file: File, progressed: (share: number) => void): Promise<Job> {
  const path = "/api/v1/lrss/{lrs}/jobs/import";
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", addressOf(path, { path: { lrs }, query: { name: file.name } }));
    for (const [name, value] of requestHeaders("POST")) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progressed(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as Job);
      else reject(readFailure(request.status, request.responseText));
    };
    request.onerror = () => reject(readFailure(0, ""));
    request.send(file);
  });
}
