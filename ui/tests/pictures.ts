// Pictures: of every page, desktop and phone, light and dark; and those of the documentation. `PICTURES` names the folder.

import { join } from "node:path";
import type { Page } from "@playwright/test";

import { expect, signIn, test } from "./fixtures";
import { furnish } from "./furnish";
import { openPlace, PLACES, type Place } from "./pages";
import { OWNER } from "./server";

const FOLDER = process.env["PICTURES"] ?? "pictures";
const SIZES = { desktop: { width: 1280, height: 860 }, phone: { width: 360, height: 740 } };

/** What docs/web-app.md shows, and how wide: none of these files may be over 120 KB. */
const DOCUMENTED: Record<string, number> = {
  statements: 1240,
  statement: 1040,
  person: 1240,
  activities: 1240,
  keys: 1240,
  refusal: 1240,
  operations: 1240,
  accounts: 1240,
};
const DOCUMENTED_HEIGHT = 680;
const DOCUMENTED_BYTES_MAX = 120_000;

async function takePicture(page: Page, place: Place, name: string): Promise<Buffer> {
  await openPlace(page, place);
  await page.evaluate(() => document.fonts.ready);
  // Charts are loaded after their page.
  await page.locator(".mantine-Skeleton-root").waitFor({ state: "detached" });
  return page.screenshot({ path: join(FOLDER, `${name}.png`) });
}

test("pictures of every page", async ({ page, browser, server }) => {
  await furnish(server, browser);
  for (const signedIn of [false, true]) {
    if (signedIn) await signIn(page, OWNER.email, OWNER.password);
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      for (const appearance of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: appearance, reducedMotion: "reduce" });
        for (const place of PLACES.filter((candidate) => candidate.signedIn === signedIn)) {
          await takePicture(page, place, `${place.name}-${size}-${appearance}`);
        }
      }
    }
  }
});

test("pictures of the documentation", { tag: "@documentation" }, async ({ page, browser, server }) => {
  await furnish(server, browser);
  await signIn(page, OWNER.email, OWNER.password);
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  for (const [name, width] of Object.entries(DOCUMENTED)) {
    await page.setViewportSize({ width, height: DOCUMENTED_HEIGHT });
    const place = PLACES.find((candidate) => candidate.name === name);
    if (place === undefined) throw new Error(`there is no page ${name}`);
    expect((await takePicture(page, place, name)).length, name).toBeLessThan(DOCUMENTED_BYTES_MAX);
  }
});
