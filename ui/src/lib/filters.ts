// The explorer's filters as members of the page's address.

import type { StatementFilters } from "../api/statements";

/** So many statements are asked for at once. */
export const PAGE_STATEMENTS = 50;

const TEXTS = ["text", "person", "agent", "verb", "activity", "registration", "since", "until"] as const;
const SCORES = ["score_min", "score_max"] as const;

export interface ExplorerSearch extends StatementFilters {
  /** The statement that is open beside the list. */
  statement?: string;
  live?: boolean;
}

/** Takes from an address what the explorer knows; the rest is ignored, because people edit addresses. */
export function readExplorerSearch(search: Record<string, unknown>): ExplorerSearch {
  const read: ExplorerSearch = {};
  for (const name of [...TEXTS, "statement"] as const) {
    const value = search[name];
    if (typeof value === "string" && value !== "") read[name] = value;
    if (typeof value === "number") read[name] = String(value);
  }
  for (const name of SCORES) {
    const value = Number(search[name] ?? Number.NaN);
    if (Number.isFinite(value)) read[name] = value;
  }
  if (search["related"] === true) read.related = true;
  if (search["live"] === true) read.live = true;
  return read;
}

/** The filters alone, always in the same order. */
export function filtersOf(search: ExplorerSearch): StatementFilters {
  const filters: Record<string, unknown> = {};
  for (const name of [...TEXTS, ...SCORES, "related"] as const) {
    if (search[name] !== undefined) filters[name] = search[name];
  }
  return filters;
}

export type FilterName = keyof StatementFilters;

/** The filters that say something, in the order in which people read them. */
export function activeFilters(filters: StatementFilters): [FilterName, string][] {
  const names: FilterName[] = [...TEXTS, ...SCORES, "related"];
  return names.flatMap((name): [FilterName, string][] => {
    const value = filters[name];
    return value === undefined ? [] : [[name, String(value)]];
  });
}
