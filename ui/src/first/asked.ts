// Answers to what was asked before the app was there. Each is taken once, while the first page is being made.

import type {} from "./questions";

/** Answers a request as it was asked before, else asks now; what did not succeed is asked again. */
export async function askOnce(request: Request): Promise<Response> {
  const address = request.method === "GET" ? request.url.slice(window.location.origin.length) : "";
  const asked = window.lyceumAsked?.get(address);
  window.lyceumAsked?.delete(address);
  const answer = await asked?.catch(() => undefined);
  return answer?.ok === true ? answer : fetch(request);
}

/** What nobody took says nothing about a later page, or about another person's. */
export function forgetAsked(): void {
  window.lyceumAsked?.clear();
}
