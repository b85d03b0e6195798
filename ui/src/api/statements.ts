// Statements: finding, reading, voiding, following live, downloading.

import { queryOptions } from "@tanstack/react-query";

import { PAGE_STATEMENTS } from "../lib/filters";
import { layOut, sourceOfMember } from "../lib/json";
import { addressOf, answer, api } from "./client";
import { pagesQuery, queryClient } from "./queries";
import type { Page, QueryOf, StatementDetail, StatementItem } from "./types";

/** What a view of the explorer asks for; each member is also in the page's URL. */
export type StatementFilters = Omit<QueryOf<"/api/v1/lrss/{lrs}/statements">, "cursor" | "limit">;

export const statementsQuery = (lrs: string, filters: StatementFilters) => ({
  ...pagesQuery(["lrs", lrs, "statements", filters], (cursor, signal) =>
    answer(
      api.GET("/api/v1/lrss/{lrs}/statements", {
        params: { path: { lrs }, query: { ...filters, cursor, limit: PAGE_STATEMENTS } },
        signal,
      }),
    ),
  ),
  // Statements arrive all the time: a list is asked for again whenever it is opened, but not because its page was slow to draw.
  staleTime: 2000,
});

/** The newest statements, whatever they are. */
const newestQuery = (lrs: string, limit: number) =>
  queryOptions({
    queryKey: ["lrs", lrs, "newest", limit],
    queryFn: () => answer(api.GET("/api/v1/lrss/{lrs}/statements", { params: { path: { lrs }, query: { limit } } })),
  });

export const newestStatementQuery = (lrs: string) => newestQuery(lrs, 1);

/** Verbs are few: those of so many statements are nearly all that an LRS has. */
const VERBS_OF_STATEMENTS = 200;

/** The verbs of the newest statements whose name or id has this text. */
export const verbSuggestionsQuery = (lrs: string, text: string) =>
  queryOptions({
    queryKey: ["lrs", lrs, "verb-suggestions", text],
    queryFn: async (): Promise<Page<StatementItem["verb"]>> => {
      const { items } = await queryClient.fetchQuery({ ...newestQuery(lrs, VERBS_OF_STATEMENTS), staleTime: 60_000 });
      const verbs = [...new Map(items.map(({ verb }) => [verb.id, verb])).values()];
      const wanted = text.trim().toLowerCase();
      return { items: verbs.filter(({ id, display }) => `${display} ${id}`.toLowerCase().includes(wanted)), next: null };
    },
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
