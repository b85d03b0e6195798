// What a first visit asks for: everything at once, before the app is there, and each thing once.

import type { Page } from "@playwright/test";

import { expect, test } from "./fixtures";
import { OWNER } from "./server";
import { firstQuestions } from "../src/first/questions";
import { es } from "../src/i18n/es";

/** What a page asks the API for while it is opened, with what was asked before the app's scripts were given to the browser. */
async function openSlowly(page: Page, address: string, row: string): Promise<{ all: string[]; early: string[] }> {
  const all: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.pathname.startsWith("/api/")) all.push(url.pathname + url.search);
  });
  const { pathname, search } = new URL(address, "http://localhost");
  const wanted = firstQuestions(pathname, search).length;
  let early: string[] = [];
  await page.route("**/assets/libraries-*.js", async (route) => {
    await expect.poll(() => all.length).toBe(wanted);
    early = [...all];
    await route.continue();
  });
  await page.goto(address);
  await expect(page.locator(row).first()).toBeVisible();
  await page.unroute("**/assets/libraries-*.js");
  page.removeAllListeners("request");
  return { all, early };
}

const EXPLORER_ADDRESSES = [
  "/lrs/default/statements",
  "/lrs/default/statements?score_min=1&verb=http%3A%2F%2Fadlnet.gov%2Fexpapi%2Fverbs%2Fpassed&since=2020-01-01T00:00:00.000Z",
  "/lrs/default/statements?related=true&activity=https%3A%2F%2Fexample.org%2Fnone&unknown=1",
  "/lrs/default/statements?text=%2285%22",
  "/lrs/default/people",
  "/lrs/default/people?text=a+b%26c",
  "/accounts",
];

test("what a page needs is asked for before its scripts are there, and once", async ({ owner: page }) => {
  for (const address of EXPLORER_ADDRESSES) {
    const { all, early } = await openSlowly(page, address, "h1, h2");
    const { pathname, search } = new URL(address, "http://localhost");
    const questions = firstQuestions(pathname, search);
    expect(early, address).toEqual(questions);
    const asked = all.filter((path) => questions.includes(path) || /\/(statements|people)(\?|$)/.test(path));
    expect(asked, address).toEqual(questions);
  }
});

test("a browser that refuses storage shows the app, and keeps what is chosen until the page is left", { tag: "@once" }, async ({ owner: page }) => {
  // What Chromium does when cookies and site data are blocked.
  await page.addInitScript(() => {
    for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException(`Failed to read the '${name}' property from 'Window': Access is denied for this document.`, "SecurityError");
        },
      });
    }
  });
  await page.goto("/lrs/default/statements");
  expect(await page.evaluate(() => Reflect.getOwnPropertyDescriptor(window, "localStorage")?.get !== undefined)).toBe(true);
  await expect(page.getByRole("heading", { name: "Statements", level: 1 })).toBeVisible();
  await page.getByRole("button", { name: "Appearance and language" }).click();
  await page.getByRole("menuitem", { name: "Dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
  await page.getByRole("button", { name: "Appearance and language" }).click();
  await page.getByRole("menuitem", { name: "Español" }).click();
  await page.getByRole("link", { name: es.nav_people }).click();
  await expect(page.getByRole("heading", { name: es.nav_people, level: 1 })).toBeVisible();
});

test("pages for visitors ask for nothing of people who are signed in", () => {
  for (const path of ["/sign-in", "/setup", "/invitation/", "/reset", "/docs"]) expect(firstQuestions(path, "")).toEqual([]);
});

test("what was refused to a visitor is asked again after the sign-in", async ({ page, baseURL }) => {
  await page.goto(`${baseURL}/lrs/default/statements`);
  await page.getByLabel("Email address").fill(OWNER.email);
  await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.locator("[data-row]").first()).toBeVisible();
});

test("an answer that is not there when the page is, is asked for again", async ({ owner: page }) => {
  let refused = 0;
  await page.route("**/api/v1/**", (route) => (refused++ < 3 ? route.fulfill({ status: 503 }) : route.continue()));
  await page.goto("/lrs/default/statements");
  await expect(page.locator("[data-row]").first()).toBeVisible();
  expect(refused).toBeGreaterThan(3);
});

test("a language that was chosen before is there from the start", async ({ owner: page }) => {
  await page.addInitScript(() => localStorage.setItem("lyceum-language", "es"));
  const languages: (string | undefined)[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/api/")) languages.push(request.headers()["accept-language"]);
  });
  await page.goto("/lrs/default/statements");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(es.nav_statements);
  await expect(page.locator("html")).toHaveAttribute("lang", "es");
  expect(new Set(languages)).toEqual(new Set(["es"]));
});
