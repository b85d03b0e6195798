// Statements come from anywhere. Whatever stands in their fields is shown as text on every page, and never run.

import { expect, guardPage, signIn, test } from "./fixtures";
import { openPlace, PLACES } from "./pages";
import { OWNER } from "./server";

const SCRIPT = "<img src=x onerror=window.hurt=1><script>window.hurt=1</script>\"'><svg/onload=window.hurt=1>";
const ADDRESS = "https://example.org/%3Cscript%3Ewindow.hurt=1%3C/script%3E";

const HOSTILE = {
  actor: { name: SCRIPT, account: { homePage: "https://example.org", name: SCRIPT } },
  verb: { id: "javascript:window.hurt=1", display: { en: SCRIPT, es: SCRIPT } },
  object: {
    id: ADDRESS,
    definition: {
      name: { en: SCRIPT },
      description: { en: SCRIPT },
      type: "javascript:window.hurt=1",
      moreInfo: "javascript:window.hurt=1",
      extensions: { "https://example.org/x": SCRIPT },
    },
  },
  result: { response: SCRIPT, score: { scaled: 0.5 }, extensions: { "https://example.org/x": SCRIPT } },
  context: {
    platform: SCRIPT,
    instructor: { name: SCRIPT, mbox: "mailto:x@example.org" },
    contextActivities: { parent: [{ id: "javascript:window.hurt=1", definition: { name: { en: SCRIPT } } }] },
    extensions: { "https://example.org/x": { [SCRIPT]: SCRIPT } },
  },
};

test("what a statement says is never run, on no page", async ({ page, server }) => {
  test.setTimeout(10 * 60_000);
  await server.sendAll([HOSTILE]);
  await server.send([{ ...HOSTILE, actor: { name: SCRIPT, mbox: SCRIPT } }]);
  await server.send(SCRIPT);
  const guard = guardPage(page, server.address);
  await signIn(page, OWNER.email, OWNER.password);
  const places = PLACES.filter((place) => place.signedIn);
  const person = { name: "hostile person", open: "/lrs/default/people?text=onerror", heading: "People", signedIn: true };
  const activity = { name: "hostile activity", open: `/lrs/default/activity?id=${encodeURIComponent(ADDRESS)}`, heading: /img src/, signedIn: true };
  for (const place of [...places, person, activity]) {
    await test.step(place.name, async () => {
      await openPlace(page, place);
      expect(await page.evaluate(() => "hurt" in window), place.name).toBe(false);
    });
  }
  await page.goto("/lrs/default/statements");
  await page.getByRole("button", { name: /onerror/ }).first().click();
  await expect(page.getByRole("region", { name: "The statement as JSON" })).toContainText("onerror");
  const links = await page.locator("a[href]").evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).protocol));
  expect(links.filter((protocol) => !/^https?:$/.test(protocol))).toEqual([]);
  expect(await page.evaluate(() => "hurt" in window)).toBe(false);
  expect(guard.findings).toEqual([]);
});
