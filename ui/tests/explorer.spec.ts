// The explorer: sentences, filters in the address, one statement, keyboard, live mode, voiding, download.

import { readFileSync } from "node:fs";

import { expect, row, test } from "./fixtures";
import { ANA, BJORN, tell } from "./statements";

const STATEMENTS = "/lrs/default/statements";

test("statements are sentences, and filters are in the address", async ({ owner: page }) => {
  await page.goto(STATEMENTS);
  await expect(row(page, /Ana Ruiz completed Airway basics with 85%, 12 min/)).toBeVisible();
  await page.getByRole("searchbox", { name: "Search statements" }).fill("airway");
  await expect(page).toHaveURL(/text=airway/);
  await expect(row(page, "Chest compressions")).toBeHidden();
  await expect(row(page, "Björn Åkesson failed Airway basics")).toBeVisible();

  await page.getByRole("button", { name: "Filters" }).click();
  await page.getByLabel("Score at least").fill("80");
  await expect(page).toHaveURL(/score_min=80/);
  await expect(row(page, "Björn Åkesson")).toBeHidden();

  // The view can be shared: its address alone shows the same.
  await page.reload();
  await expect(row(page, "Ana Ruiz completed Airway basics")).toBeVisible();
  await expect(row(page, "Björn Åkesson")).toBeHidden();
  await page.getByRole("button", { name: "Clear all" }).click();
  await expect(page).toHaveURL(new RegExp(`${STATEMENTS}$`));
  await expect(row(page, "Björn Åkesson")).toBeVisible();

  await page.getByRole("searchbox", { name: "Search statements" }).fill("no statement says this");
  await expect(page.getByRole("heading", { name: "Nothing matches these filters" })).toBeVisible();
});

test("a person and an activity can be chosen while typing", async ({ owner: page }) => {
  await page.goto(STATEMENTS);
  await page.getByRole("button", { name: "Filters" }).click();
  await page.getByLabel("Person", { exact: true }).fill("bjorn akes");
  await page.getByRole("option", { name: /Björn Åkesson/ }).click();
  await expect(page).toHaveURL(/person=/);
  await expect(row(page, "Björn Åkesson failed Airway basics")).toBeVisible();
  await expect(row(page, "Ana Ruiz")).toBeHidden();
});

test("one statement beside the list: facts, JSON to copy, more of the same", async ({ owner: page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`${STATEMENTS}?text=airway`);
  await page.getByRole("button", { name: /Ana Ruiz completed Airway basics/ }).click();
  const drawer = page.getByRole("dialog", { name: "Statement" });
  await expect(drawer.getByRole("region", { name: "The statement as JSON" })).toContainText('"scaled": 0.85');
  await expect(page).toHaveURL(/statement=/);
  await drawer.getByRole("button", { name: "Copy JSON" }).click();
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as { actor: { name: string } };
  expect(copied.actor.name).toBe("Ana Ruiz");
  await drawer.getByRole("button", { name: "Show only completed" }).click();
  await expect(page).toHaveURL(/verb=.*completed/);
  await expect(drawer).toBeHidden();
});

test("the keyboard goes along the list, opens and closes", async ({ owner: page }) => {
  await page.goto(`${STATEMENTS}?text=airway`);
  await expect(row(page, "Airway basics")).toBeVisible();
  const rows = page.locator("[data-row]");
  await page.keyboard.press("j");
  await expect(rows.nth(0)).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(rows.nth(1)).toBeFocused();
  await page.keyboard.press("k");
  await expect(rows.nth(0)).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Statement" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog", { name: "Statement" })).toBeHidden();
});

test("live mode shows what arrives, and only what the filters let in", async ({ owner: page, server }) => {
  await page.goto(`${STATEMENTS}?text=lifeboat&live=true`);
  await expect(page.getByText("Live: 0 statements arrived")).toBeVisible();
  await server.sendAll([tell(BJORN, "experienced", "Something else"), tell(ANA, "experienced", "Lifeboat drill")]);
  await expect(row(page, "Ana Ruiz experienced Lifeboat drill")).toBeVisible();
  await expect(row(page, "Something else")).toBeHidden();
});

test("voiding asks for a reason, and the statement is marked", async ({ owner: page, server }) => {
  await server.sendAll([tell(BJORN, "answered", "A wrong question")]);
  await page.goto(`${STATEMENTS}?text=wrong+question`);
  await page.getByRole("button", { name: /A wrong question/ }).click();
  await page.getByRole("button", { name: "Void statement" }).click();
  const dialog = page.getByRole("dialog", { name: "Void statement" });
  await expect(dialog.getByRole("button", { name: "Void", exact: true })).toBeDisabled();
  await dialog.getByLabel("Reason").fill("Sent by mistake");
  await dialog.getByRole("button", { name: "Void", exact: true }).click();
  await expect(page.getByText("This statement is voided")).toBeVisible();
  await page.goto("/audit?text=void");
  await expect(row(page, "statement.void")).toBeVisible();
});

test("what is filtered can be downloaded", async ({ owner: page }) => {
  await page.goto(`${STATEMENTS}?text=chest`);
  await expect(row(page, "Chest compressions")).toBeVisible();
  const download = async (item: string) => {
    await page.getByRole("button", { name: "Download" }).click();
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: item }).click()]);
    return readFileSync(await file.path(), "utf8");
  };
  const lines = (await download("As statements (NDJSON)")).trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { actor: { name: string } }).actor.name)).toEqual(["Ana Ruiz Gómez"]);
  const table = await download("As a table (CSV)");
  expect(table.trim().split("\n")).toHaveLength(2);
  expect(table).toContain("Chest compressions");
});
