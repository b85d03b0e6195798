// Statements: finding, reading, voiding, following live, downloading.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { layOut, sourceOfMember } from "../lib/json";
import { apiUrl, call, callForText } from "./client";
import { inLrs } from "./lrs";
import type { Page, StatementDetail, StatementItem } from "./types";

/** What a view of the explorer asks for; each member is also in the page's URL. */
export interface StatementFilters {
  text?: string;
  person?: string;
  agent?: string;
  verb?: string;
  activity?: string;
  related?: boolean;
  registration?: string;
  since?: string;
  until?: string;
  score_min?: number;
  score_max?: number;
}

const PAGE_STATEMENTS = 50;

/** The filters as the API takes them: percent for people, whole names for the server. */
function queryOf(filters: StatementFilters) {
  return { ...filters };
}

export const statementsQuery = (lrs: string, filters: StatementFilters) =>
  infiniteQueryOptions({
    queryKey: ["lrs", lrs, "statements", filters],
    queryFn: ({ pageParam, signal }) =>
      call<Page<StatementItem>>("GET", inLrs(lrs, "/statements"), {
        query: { ...queryOf(filters), cursor: pageParam, limit: PAGE_STATEMENTS },
        signal,
      }),
    initialPageParam: null as string | null,
    // Statements arrive all the time: a list is asked for again whenever it is opened.
    staleTime: 0,
    getNextPageParam: (page) => page.next,
  });

export const newestStatementQuery = (lrs: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "newest"],
    queryFn: () => call<Page<StatementItem>>("GET", inLrs(lrs, "/statements"), { query: { limit: 1 } }),
  });

export const statementQuery = (lrs: string, id: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "statement", id],
    queryFn: async (): Promise<StatementWithSource> => {
      const text = await callForText("GET", inLrs(lrs, `/statements/${encodeURIComponent(id)}`));
      return { ...(JSON.parse(text) as StatementDetail), source: layOut(sourceOfMember(text, "statement") ?? "") };
    },
    // Who voids a statement is known a moment after it was voided.
    refetchInterval: ({ state: { data } }) => (data?.item.voided === true && data.voided_by === null ? 1000 : false),
  });

/** A statement with its text: numbers are spelt as they were sent, and lose no digits. */
export interface StatementWithSource extends StatementDetail {
  source: string;
}

export function voidStatement(lrs: string, id: string, reason: string): Promise<unknown> {
  return call("POST", inLrs(lrs, `/statements/${encodeURIComponent(id)}/void`), { json: { reason } });
}

export function exportUrl(lrs: string, filters: StatementFilters, format: "ndjson" | "csv"): string {
  return apiUrl(inLrs(lrs, "/statements/export"), { ...queryOf(filters), format });
}

export function liveUrl(lrs: string, filters: StatementFilters): string {
  return apiUrl(inLrs(lrs, "/live"), queryOf(filters));
}

/** The bytes of an attachment, for whoever may see a statement that names it. */
export function attachmentUrl(lrs: string, statement: string, sha2: string): string {
  return apiUrl(inLrs(lrs, `/attachments/${encodeURIComponent(sha2)}`), { statement });
}
