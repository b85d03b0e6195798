// What a page will ask the server at once, known from its address alone.

import { createFinalURL, createQuerySerializer, defaultPathSerializer } from "openapi-fetch";

import { filtersOf, PAGE_STATEMENTS, readExplorerSearch } from "../lib/filters";

declare global {
  interface Window {
    /** What was asked before the app was there, by address. */
    lyceumAsked?: Map<string, Promise<Response>>;
  }
}

/** Pages for people who are not signed in; they ask for none of this. */
const ENTRY_PAGES = ["/sign-in", "/setup", "/invitation", "/reset", "/docs"];

/** What is in such an address needs no decoding; with another one the app asks by itself. */
const PAGE = /^\/lrs\/([\w.~-]+)\/(statements|people)\/?$/;

/** The addresses of the API, spelt as the app will spell them, so that it finds the answers. */
export function firstQuestions(path: string, search: string): string[] {
  if (ENTRY_PAGES.includes(path.replace(/\/$/, ""))) return [];
  const questions = ["/api/v1/session", "/api/v1/lrss"];
  const [, lrs, page] = PAGE.exec(path) ?? [];
  if (lrs === undefined) return questions;
  const filters = filtersOf(readExplorerSearch(readSearch(search)));
  const query = page === "people" ? { text: filters.text } : { ...filters, limit: PAGE_STATEMENTS };
  return [...questions, addressOf(`/api/v1/lrss/{lrs}/${page}`, lrs, query)];
}

function addressOf(path: string, lrs: string, query: Record<string, unknown>): string {
  const querySerializer = createQuerySerializer();
  return createFinalURL(path, { baseUrl: "", params: { path: { lrs }, query }, querySerializer, pathSerializer: defaultPathSerializer });
}

/** The members of an address as the router reads them: JSON where it is JSON, else text. */
function readSearch(search: string): Record<string, unknown> {
  return Object.fromEntries([...new URLSearchParams(search)].map(([name, value]) => [name, readValue(value)]));
}

function readValue(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
