// Statements: finding, reading, voiding, following live, downloading.

import { queryOptions } from "@tanstack/react-query";

import { layOut, sourceOfMember } from "../lib/json";
import { addressOf, answer, api } from "./client";
import { pagesQuery } from "./queries";
import type { QueryOf, StatementDetail } from "./types";

/** What a view of the explorer asks for; each member is also in the page's URL. */
export type StatementFilters = Omit<QueryOf<"/api/v1/lrss/{lrs}/statements">, "cursor" | "limit">;

const PAGE_STATEMENTS = 50;

export const statementsQuery = (lrs: string, filters: StatementFilters) => ({
  ...pagesQuery(["lrs", lrs, "statements", filters], (cursor, signal) =>
    answer(
      api.GET("/api/v1/lrss/{lrs}/statements", {
        params: { path: { lrs }, query: { ...filters, cursor, limit: PAGE_STATEMENTS } },
        signal,
      }),
    ),
  ),
  // Statements arrive all the time: a list is asked for again whenever it is opened.
  staleTime: 0,
});

export const newestStatementQuery = (lrs: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "newest"],
    queryFn: () => answer(api.GET("/api/v1/lrss/{lrs}/statements", { params: { path: { lrs }, query: { limit: 1 } } })),
  });

export const statementQuery = (lrs: string, id: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "statement", id],
    queryFn: async (): Promise<StatementWithSource> => {
      const text = await answer(api.GET("/api/v1/lrss/{lrs}/statements/{id}", { params: { path: { lrs, id } }, parseAs: "text" }));
      return { ...(JSON.parse(text) as StatementDetail), source: layOut(sourceOfMember(text, "statement") ?? "") };
    },
    // Who voids a statement is known a moment after it was voided.
    refetchInterval: ({ state: { data } }) => (data?.item.voided === true && data.voided_by === null ? 1000 : false),
  });

/** A statement with its text: numbers are spelt as they were sent, and lose no digits. */
export interface StatementWithSource extends StatementDetail {
  source: string;
}

export const voidStatement = (lrs: string, id: string, reason: string) =>
  answer(api.POST("/api/v1/lrss/{lrs}/statements/{id}/void", { params: { path: { lrs, id } }, body: { reason } }));

export const exportUrl = (lrs: string, filters: StatementFilters, format: "ndjson" | "csv") =>
  addressOf("/api/v1/lrss/{lrs}/statements/export", { path: { lrs }, query: { ...filters, format } });

export const liveUrl = (lrs: string, filters: StatementFilters) =>
  addressOf("/api/v1/lrss/{lrs}/live", { path: { lrs }, query: filters });

/** The bytes of an attachment, for whoever may see a statement that names it. */
export const attachmentUrl = (lrs: string, statement: string, sha2: string) =>
  addressOf("/api/v1/lrss/{lrs}/attachments/{sha2}", { path: { lrs, sha2 }, query: { statement } });
