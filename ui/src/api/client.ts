// One door to the server: every request of the app passes here, with the CSRF token and the reader's language.

import type { Violation } from "./types";

/** An answer that is not a success, as the server worded it. */
export class ApiFailure extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly violations: Violation[] = [],
    readonly requestId: string | null = null,
  ) {
    super(message);
    this.name = "ApiFailure";
  }
}

type Query = Record<string, string | number | boolean | null | undefined>;

let csrfToken: string | null = null;
let language = "en";

export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

export function setRequestLanguage(code: string): void {
  language = code;
}

/** `/api/v1` with the path and the members of the query that say something. */
export function apiUrl(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return `/api/v1${path}${text === "" ? "" : `?${text}`}`;
}

export interface Sent {
  query?: Query;
  json?: unknown;
  signal?: AbortSignal;
}

export async function call<T>(method: string, path: string, sent: Sent = {}): Promise<T> {
  const text = await callForText(method, path, sent);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** The answer as the server spelt it. */
export async function callForText(method: string, path: string, sent: Sent = {}): Promise<string> {
  const headers = requestHeaders(method);
  if (sent.json !== undefined) headers.set("Content-Type", "application/json");
  const response = await reach(apiUrl(path, sent.query), {
    method,
    headers,
    credentials: "same-origin",
    ...(sent.json !== undefined && { body: JSON.stringify(sent.json) }),
    ...(sent.signal && { signal: sent.signal }),
  });
  if (!response.ok) throw await failureOf(response);
  return response.text();
}

/** The headers that every request carries. */
export function requestHeaders(method: string): Headers {
  const headers = new Headers({ Accept: "application/json", "Accept-Language": language });
  if (method !== "GET" && csrfToken !== null) headers.set("X-CSRF-Token", csrfToken);
  return headers;
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiFailure(0, "unreachable", "");
  }
}

/** What an answer that is no success says. */
export async function failureOf(response: Response): Promise<ApiFailure> {
  return readFailure(response.status, await response.text());
}

/** Reads the server's envelope; a proxy's answer in its place still gives a failure with a status. */
export function readFailure(status: number, text: string): ApiFailure {
  try {
    const { error } = JSON.parse(text) as {
      error: { code: string; message: string; violations?: Violation[]; request_id?: string };
    };
    return new ApiFailure(status, error.code, error.message, error.violations, error.request_id ?? null);
  } catch {
    return new ApiFailure(status, "unexpected", "");
  }
}
