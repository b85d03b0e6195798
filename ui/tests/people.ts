// People for the tests: accounts made as the web app makes them, each with a browser of its own.

import type { APIResponse, Browser, BrowserContext, Page } from "@playwright/test";

import { waitWhenOpening } from "./browser";
import { bareTest, expect, guardPage, signIn } from "./fixtures";
import { OWNER, Server } from "./server";
import { realStatements, STORY } from "./statements";

export const PASSWORD = "the river runs to the sea";

export interface Grant {
  lrs: string;
  role: string;
  groups?: string[];
}

/** Somebody who is signed in, in a browser of their own. */
export class Person {
  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    readonly guard: { findings: string[] },
    readonly csrf: string,
  ) {}

  static async enter(browser: Browser, server: Server, email: string, password: string): Promise<Person> {
    const context = await browser.newContext({ baseURL: server.address });
    const page = waitWhenOpening(await context.newPage());
    const guard = guardPage(page, server.address);
    return new Person(context, page, guard, await signIn(page, email, password));
  }

  static owner(browser: Browser, server: Server): Promise<Person> {
    return Person.enter(browser, server, OWNER.email, OWNER.password);
  }

  /** Calls the API with the cookies of the page, and the token that changes need. */
  call(method: string, path: string, data?: unknown): Promise<APIResponse> {
    return this.context.request.fetch(`/api/v1${path}`, {
      method,
      headers: method === "GET" ? {} : { "X-CSRF-Token": this.csrf },
      ...(data !== undefined && { data }),
    });
  }

  async must<T>(method: string, path: string, data?: unknown): Promise<T> {
    const response = await this.call(method, path, data);
    const text = await response.text();
    expect(response.ok(), `${method} ${path}: ${response.status()} ${text}`).toBe(true);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** Makes an account through an invitation, and enters with it. */
  async bring(browser: Browser, server: Server, name: string, email: string, roles: Grant[]): Promise<Person> {
    const grants = roles.map((grant) => ({ groups: [], ...grant }));
    const { link } = await this.must<{ link: string }>("POST", "/invitations", { email, roles: grants });
    const token = new URL(link).hash.replace("#token=", "");
    const context = await browser.newContext({ baseURL: server.address });
    const accepted = await context.request.post("/api/v1/invitations/accept", { data: { token, name, password: PASSWORD } });
    expect(accepted.status(), await accepted.text()).toBe(200);
    await context.close();
    return Person.enter(browser, server, email, PASSWORD);
  }

  async leave(): Promise<void> {
    expect(this.guard.findings).toEqual([]);
    await this.context.close();
  }
}

/** The names of the navigation's links, in their order. */
export async function placesOf(page: Page): Promise<string[]> {
  const navigation = page.getByRole("navigation", { name: "Main" });
  // Without any link it has no height, and so it counts as hidden.
  await expect(navigation).toBeAttached();
  return (await navigation.getByRole("link").allInnerTexts()).map((text) => text.trim());
}

interface School {
  /** A server of its own with two LRSs, because these tests change who may what. */
  server: Server;
}

/** Tests with an owner, who has a browser of their own. */
export const schoolTest = bareTest.extend<{ owner: Person }, School>({
  server: [
    ({ store }, use) => Server.during(store, [...realStatements().slice(0, 20), ...STORY], use),
    { scope: "worker", timeout: 180_000 },
  ],
  owner: async ({ browser, server }, use) => {
    const owner = await Person.owner(browser, server);
    if ((await owner.call("GET", "/lrss/clinic/keys")).status() === 404) await owner.must("POST", "/lrss", { name: "clinic" });
    await use(owner);
    await owner.leave();
  },
});
