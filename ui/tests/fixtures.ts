// What every test has: a server with its first account and the real statements, a signed-in page, and guards on that page.

import { expect, test as base, type APIRequestContext, type Page } from "@playwright/test";

import { waitWhenOpening } from "./browser";
import { OWNER, Server, type Store } from "./server";
import { realStatements, STORY } from "./statements";

export interface StoreOption {
  /** Where the servers of a project keep their records. */
  store: Store;
}

/** For tests that start servers of their own. */
export const bareTest = base.extend<object, StoreOption>({
  store: ["embedded", { option: true, scope: "worker" }],
  page: ({ page }, use) => use(waitWhenOpening(page)),
});

interface WorkerFixtures {
  /** One for all tests of a worker: what one test sends, others see. */
  server: Server;
}

interface TestFixtures {
  /** A page of the owner, at no address yet. */
  owner: Page;
}

export const test = bareTest.extend<TestFixtures, WorkerFixtures>({
  server: [
    ({ store }, use) => Server.during(store, [...realStatements(), ...STORY], use),
    { scope: "worker", timeout: 180_000 },
  ],
  baseURL: async ({ server }, use) => use(server.address),
  owner: async ({ page, server }, use) => {
    const guard = guardPage(page, server.address);
    await signIn(page, OWNER.email, OWNER.password);
    await use(page);
    expect(guard.findings).toEqual([]);
  },
});

export { expect };

/** Signs in by the API, with the browser's own cookies; gives back the token that changes need. */
export async function signIn({ request }: { request: APIRequestContext }, email: string, password: string): Promise<string> {
  const response = await request.post("/api/v1/session", { data: { email, password } });
  expect(response.status(), await response.text()).toBeLessThan(300);
  return ((await response.json()) as { csrf_token: string }).csrf_token;
}

/** Notes what no page may do: break the policy for content, throw, or ask another host. */
export function guardPage(page: Page, address: string): { findings: string[] } {
  const findings: string[] = [];
  page.on("pageerror", (error) => findings.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    findings.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && text.includes("Content Security Policy")) findings.push(text);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${address}/`) && !url.startsWith("blob:") && !url.startsWith("data:")) findings.push(`request: ${url}`);
  });
  return { findings };
}

/** What the app shows as one row of a list. */
export function row(page: Page, text: string | RegExp) {
  return page.getByRole("listitem").filter({ hasText: text }).first();
}
