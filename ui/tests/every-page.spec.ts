// What holds for every page: accessible in light and dark, nothing wider than a phone, nothing from another host, the policy kept.

import { findViolations } from "./axe";
import { expect, guardPage, signIn, test } from "./fixtures";
import { openPlace, PLACES } from "./pages";
import { OWNER } from "./server";
import { ANA, tell } from "./statements";

for (const [appearance, width] of [
  ["light", 1280],
  ["dark", 360],
] as const) {
  for (const signedIn of [false, true]) {
    test(`every page, ${appearance}, ${width} px wide, ${signedIn ? "signed in" : "as a visitor"}`, async ({ page, server }) => {
      test.setTimeout(10 * 60_000);
      await server.send([{ ...tell(ANA, "answered", "Refused"), verb: { id: "answered" } }]);
      const guard = guardPage(page, server.address);
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme: appearance, reducedMotion: "reduce" });
      if (signedIn) await signIn(page, OWNER.email, OWNER.password);
      for (const place of PLACES.filter((candidate) => candidate.signedIn === signedIn)) {
        await test.step(place.name, async () => {
          await openPlace(page, place);
          expect.soft(await findViolations(page), place.name).toEqual([]);
          const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          expect.soft(wider, `${place.name} is wider than the screen`).toBeLessThanOrEqual(0);
        });
      }
      expect(guard.findings).toEqual([]);
    });
  }
}

test("the app speaks Spanish when asked, and remembers it", async ({ owner: page }) => {
  await page.goto("/lrs/default/statements");
  await page.getByRole("button", { name: "Appearance and language" }).click();
  await page.getByRole("menuitem", { name: "Español" }).click();
  await expect(page.getByRole("heading", { name: "Declaraciones", level: 1 })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Declaraciones", level: 1 })).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("es");
});

test("dark is chosen, kept, and there from the first paint", async ({ owner: page }) => {
  await page.goto("/settings");
  await page.getByRole("button", { name: "Appearance and language" }).click();
  await page.getByRole("menuitem", { name: "Dark" }).click();
  await page.reload({ waitUntil: "commit" });
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
});
