// One door to the server: every request of the app passes here, checked against the server's own description, with the CSRF token and the
// reader's language.

import createClient, { createFinalURL, createQuerySerializer, defaultPathSerializer } from "openapi-fetch";

import { askOnce } from "../first/asked";
import type { paths } from "./schema";
import type { Told, Violation } from "./types";

/** An answer that is not a success, as the server worded it. */
export class ApiFailure extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly values: object | null = null,
    readonly violations: Violation[] = [],
    readonly requestId: string | null = null,
  ) {
    super(message);
    this.name = "ApiFailure";
  }
}

let csrfToken: string | null = null;
let language = "en";

export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

export function setRequestLanguage(code: string): void {
  language = code;
}

/** The headers that every request carries. */
export function requestHeaders(method: string): [string, string][] {
  const always: [string, string][] = [["Accept", "application/json"], ["Accept-Language", language]];
  return method === "GET" || csrfToken === null ? always : [...always, ["X-CSRF-Token", csrfToken]];
}

const serializeAll = createQuerySerializer();

/** The members of a query that say something. */
const querySerializer = (query: Record<string, unknown>) =>
  serializeAll(Object.fromEntries(Object.entries(query).filter(([, value]) => value !== "")));

/** The calls of the API by method and path. Whatever is not a success is thrown as `ApiFailure`. */
export const api = createClient<paths>({ querySerializer, fetch: askOnce });

api.use({
  onRequest: ({ request }) => requestHeaders(request.method).forEach(([name, value]) => request.headers.set(name, value)),
  onResponse: async ({ response }) => {
    if (!response.ok) throw await failureOf(response);
  },
  onError: ({ error }) => (error instanceof DOMException && error.name === "AbortError" ? error : new ApiFailure(0, "unreachable", "")),
});

/** What a call answered. */
export async function answer<T>(called: Promise<{ data?: T }>): Promise<Told<T>> {
  return (await called).data as Told<T>;
}

type ParametersOf<Methods> = Methods extends { get: { parameters: infer P } } | { post: { parameters: infer P } } ? P : never;

/** The address of what the browser itself asks for: a download, a picture, a stream of events. */
export function addressOf<Path extends keyof paths>(path: Path, params: ParametersOf<paths[Path]>): string {
  return createFinalURL(path, { baseUrl: "", params, querySerializer, pathSerializer: defaultPathSerializer });
}

/** What an answer that is no success says. */
export async function failureOf(response: Response): Promise<ApiFailure> {
  return readFailure(response.status, await response.text());
}

/** Reads the server's envelope; a proxy's answer in its place still gives a failure with a status. */
export function readFailure(status: number, text: string): ApiFailure {
  try {
    const { error } = JSON.parse(text) as {
      error: { code: string; values?: object; message: string; violations?: Violation[]; request_id?: string };
    };
    return new ApiFailure(status, error.code, error.message, error.values, error.violations, error.request_id ?? null);
  } catch {
    return new ApiFailure(status, "unexpected", "");
  }
}
