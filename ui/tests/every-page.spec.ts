// Every page: accessible in light and dark, on desktop and phone, in two languages, when nothing is there and when the server is away.

import type { Page } from "@playwright/test";

import { en } from "../src/i18n/en";
import { es } from "../src/i18n/es";
import { findViolations } from "./axe";
import { expect, test } from "./fixtures";
import { OwnLrs } from "./lrs";
import { openPlace, PLACES, type Place } from "./pages";
import { ANA, tell } from "./statements";

const SIZES = { desktop: { width: 1280, height: 860 }, phone: { width: 360, height: 740 } };
const SIGNED_OUT = PLACES.filter((place) => !place.signedIn);
const SIGNED_IN = PLACES.filter((place) => place.signedIn);

test.beforeAll(async ({ server }) => {
  await server.send([{ ...tell(ANA, "answered", "First question"), verb: { id: "answered" }, context: { registration: "abc" } }]);
});

/** What a page may not be: wider than the window, or hard to use for some. */
async function checkPlace(page: Page, { name }: Place): Promise<void> {
  // Rows outside the window keep the colours that they had; here they are all looked at.
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("li { content-visibility: visible !important }");
    document.adoptedStyleSheets.push(sheet);
  });
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await expect(page.locator(`html[data-mantine-color-scheme=${colorScheme}]`)).toBeAttached();
      // Even the shortest change of a colour takes a frame.
      await page.waitForFunction(() => document.getAnimations().every((animation) => animation.playState === "finished"));
      const where = `${name}, ${size}, ${colorScheme}`;
      expect.soft(await findViolations(page), where).toEqual([]);
    }
    await checkWidth(page, `${name}, ${size}`);
  }
}

async function checkWidth(page: Page, where: string): Promise<void> {
  const [inside, outside] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  expect.soft(inside, `${where} scrolls to the side`).toBeLessThanOrEqual(outside ?? 0);
}

test("pages before the sign-in are accessible, and as wide as the window", async ({ page, server }) => {
  expect(server.address).toBeTruthy();
  for (const place of SIGNED_OUT) {
    await openPlace(page, place);
    await checkPlace(page, place);
  }
});

test("pages behind the sign-in are accessible, and as wide as the window", async ({ owner: page }) => {
  for (const place of SIGNED_IN) {
    await openPlace(page, place);
    await checkPlace(page, place);
  }
});

test("on a phone the navigation opens and closes by the keyboard", async ({ owner: page }) => {
  await page.setViewportSize(SIZES.phone);
  await page.goto("/lrs/default/statements");
  const people = page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "People" });
  await expect(people).toBeHidden();
  await page.getByRole("button", { name: "Open navigation" }).press("Enter");
  await expect(people).toBeVisible();
  await people.focus();
  await page.keyboard.press("Escape");
  await expect(people).toBeHidden();
  const burger = page.getByRole("button", { name: "Open navigation" });
  await expect(burger).toBeFocused();
  await burger.press("Enter");
  await people.press("Enter");
  await expect(page.getByRole("heading", { name: "People", level: 1 })).toBeVisible();
  await expect(people).toBeHidden();
});

/** English texts that would be seen if a page forgot to ask for the reader's language; what is filled in is left out. */
const ENGLISH = (Object.keys(en) as (keyof typeof en)[])
  .flatMap((name) => en[name].split(/\{\w+\}/))
  .map((text) => text.trim())
  .filter((text) => text.length >= 12 && !Object.values(es).some((spanish) => spanish.includes(text)));

const HEADINGS: Partial<Record<string, string>> = Object.fromEntries((Object.keys(en) as (keyof typeof en)[]).map((name) => [en[name], es[name]]));

test("everything is in Spanish, names from the server too, and still fits a phone", async ({ owner: page }) => {
  await page.goto("/lrs/default/activities");
  await expect(page.getByRole("link", { name: "Emergency medicine" })).toBeVisible();
  await page.getByRole("button", { name: "Appearance and language" }).click();
  await page.getByRole("menuitem", { name: "Español" }).click();
  await expect(page.getByRole("link", { name: "Medicina de urgencias" })).toBeVisible();
  await expect(page.locator("html[lang=es]")).toBeAttached();

  await page.setViewportSize(SIZES.phone);
  for (const place of SIGNED_IN) {
    const heading = place.name === "refusal" ? /regla.* incumplida/ : typeof place.heading === "string" ? (HEADINGS[place.heading] ?? place.heading) : place.heading;
    await openPlace(page, { ...place, heading });
    const text = await page.locator("body").innerText();
    expect.soft(ENGLISH.filter((english) => text.includes(english)), place.name).toEqual([]);
    await checkWidth(page, `${place.name} in Spanish`);
  }
});

test("nothing moves for those who asked for that", async ({ owner: page, server }) => {
  await page.goto("/lrs/default/statements?live=true");
  await expect(page.getByRole("status").filter({ hasText: "Live:" })).toBeVisible();
  const moves = async () => {
    const live = page.getByRole("status").filter({ hasText: "Live:" });
    return live.evaluate((status) => Number.parseFloat(getComputedStyle(status, "::before").animationDuration) > 0.1);
  };
  await page.emulateMedia({ reducedMotion: "no-preference" });
  expect(await moves()).toBe(true);
  await page.emulateMedia({ reducedMotion: "reduce" });
  expect(await moves()).toBe(false);
  const opened = page.locator("[data-row]").filter({ hasText: "Steady" }).first();
  await server.sendAll([tell(ANA, "attempted", "Steady")]);
  await expect(opened).toBeVisible();
  const lengths = await page.evaluate(() => document.getAnimations().map((animation) => Number(animation.effect?.getComputedTiming().duration ?? 0)));
  expect(Math.max(0, ...lengths)).toBeLessThan(100);
});

test("pages of an empty LRS say what is missing", async ({ owner: page, server }) => {
  const lrs = await OwnLrs.create(server, "empty");
  for (const [path, heading] of [
    ["statements", "Nothing recorded yet"],
    ["statements?text=anything", "Nothing matches these filters"],
    ["people", "Nobody yet"],
    ["people?text=ana", "Nobody found"],
    ["activities", "No activities yet"],
    ["activities?text=quiz", "Nothing with this name"],
    ["refusals", "Nothing was refused"],
    ["groups", "No groups yet"],
  ] as const) {
    await page.goto(`${lrs.page("")}${path}`);
    await expect(page.getByRole("heading", { name: heading }), path).toBeVisible();
    expect.soft(await findViolations(page), path).toEqual([]);
  }
  await page.goto(lrs.page("operations"));
  await expect(page.getByText("No jobs have run yet.")).toBeVisible();
  for (const path of ["people/nobody", "activity?id=https://example.org/none", "refusals/none", "statements?statement=none"]) {
    await page.goto(`${lrs.page("")}${path}`);
    await expect(page.getByRole("alert").filter({ hasText: "That did not work" }), path).toBeVisible();
    expect.soft(await findViolations(page), path).toEqual([]);
  }
});

test("pages say when the server is away or fails, and go on when it is back", async ({ owner: page }) => {
  const lists = SIGNED_IN.filter((place) => ["statements", "people", "activities", "activity", "refusals", "groups", "keys", "audit"].includes(place.name));
  for (const [at, place] of lists.entries()) {
    // The session is known, and the page's own questions get no answer, or one from a server in trouble.
    const asked = /\/api\/v1\/(lrss\/[^/]+\/|audit)/;
    await page.route(asked, (route) => (at % 2 === 0 ? route.abort() : route.fulfill({ status: 503, body: "<h1>Bad gateway</h1>" })));
    await page.goto(place.open as string);
    const alert = page.getByRole("alert").filter({ hasText: "That did not work" }).first();
    await expect(alert, place.name).toContainText(at % 2 === 0 ? "The server cannot be reached" : "The server answered in a way that was not expected");
    expect.soft(await findViolations(page), `${place.name}, failed`).toEqual([]);
    await page.unroute(asked);
    for (const again of await page.getByRole("button", { name: "Try again" }).all()) await again.click();
    await expect(alert, place.name).toBeHidden();
    await expect(page.getByRole("heading", { name: place.heading }).first()).toBeVisible();
  }
});
