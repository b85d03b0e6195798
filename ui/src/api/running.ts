// What an administrator looks at: refused requests, the store's figures, jobs.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { apiUrl, call, readFailure, requestHeaders } from "./client";
import { inLrs } from "./lrs";
import type { Job, Operations, Page, Refusal, RefusalItem, RefusedLine, Replayed } from "./types";

export interface RefusalFilters {
  key?: string;
  since?: string;
  until?: string;
}

export const refusalsQuery = (lrs: string, filters: RefusalFilters) =>
  infiniteQueryOptions({
    queryKey: ["lrs", lrs, "refusals", filters],
    queryFn: ({ pageParam, signal }) =>
      call<Page<RefusalItem>>("GET", inLrs(lrs, "/refusals"), { query: { ...filters, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const refusalQuery = (lrs: string, id: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "refusal", id],
    queryFn: () => call<Refusal>("GET", inLrs(lrs, `/refusals/${encodeURIComponent(id)}`)),
  });

export function replayRefusal(lrs: string, id: string, body: string): Promise<Replayed> {
  return call("POST", inLrs(lrs, `/refusals/${encodeURIComponent(id)}/replay`), { json: { body } });
}

export const operationsQuery = (lrs: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "operations"],
    queryFn: () => call<Operations>("GET", inLrs(lrs, "/operations")),
    refetchInterval: 5000,
  });

export function isActive(job: Job): boolean {
  return job.state === "running";
}

export const jobsQuery = (lrs: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "jobs"],
    queryFn: () => call<Page<Job>>("GET", inLrs(lrs, "/jobs")),
    refetchInterval: (query) => (query.state.data?.items.some(isActive) ? 1000 : 10_000),
  });

export const refusedLinesQuery = (lrs: string, job: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "job", job, "refused"],
    queryFn: () => call<Page<RefusedLine>>("GET", inLrs(lrs, `/jobs/${encodeURIComponent(job)}/refused`)),
  });

export interface Backup {
  name: string;
  created: string;
  size_bytes: number;
  statements: number;
  verified: boolean;
}

interface BackupList {
  items: Backup[];
  kept_max: number;
  job: Job | null;
}

/** The backups that the server keeps of itself. A failure with 501: the database has its own. */
export const backupsQuery = queryOptions({
  queryKey: ["backups"],
  queryFn: () => call<BackupList>("GET", "/backups"),
  refetchInterval: ({ state }) => {
    if (state.status === "error") return false;
    return state.data?.job && isActive(state.data.job) ? 1000 : 30_000;
  },
});

export function startBackup(): Promise<Job> {
  return call("POST", "/backups");
}

export function deleteBackup(name: string): Promise<undefined> {
  return call("DELETE", `/backups/${encodeURIComponent(name)}`);
}

export function backupUrl(name: string): string {
  return apiUrl(`/backups/${encodeURIComponent(name)}`);
}

/** Sends a file to be imported. `fetch` tells no progress of an upload, so this is the one use of `XMLHttpRequest`. */
export function startImport(lrs: string, file: File, progressed: (share: number) => void): Promise<Job> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", apiUrl(inLrs(lrs, "/jobs/import"), { name: file.name }));
    requestHeaders("POST").forEach((value, name) => request.setRequestHeader(name, value));
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
