// People and activities.

import { expect, row, test } from "./fixtures";

test("a learner is found without exact typing, merged with a second identifier, and split again", async ({ owner: page }) => {
  await page.goto("/lrs/default/people");
  await page.getByRole("searchbox", { name: "Search people" }).fill("ana ruiz");
  await page.getByRole("link", { name: /Ana Ruiz\b.*ana\.ruiz@example\.org/ }).click();
  await expect(page.getByRole("heading", { name: "Ana Ruiz", level: 1 })).toBeVisible();
  await expect(page.getByText("completed Airway basics")).toBeVisible();

  await page.getByRole("tab", { name: /^Activities/ }).click();
  const airway = page.getByRole("row", { name: /Airway basics/ });
  await expect(airway).toContainText("85%");
  await expect(airway).toContainText("Passed", { ignoreCase: true });

  await page.getByRole("tab", { name: /^Identifiers/ }).click();
  await page.getByLabel("Person to merge with").fill("gomez");
  await page.getByRole("option", { name: /Ana Ruiz Gómez/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Merge" }).click();
  await expect(page.getByRole("tab", { name: "Identifiers (2)" })).toBeVisible();
  await page.getByRole("tab", { name: "Timeline" }).click();
  await expect(page.getByText("completed Chest compressions")).toBeVisible();

  await page.getByRole("tab", { name: /^Identifiers/ }).click();
  await page.getByRole("button", { name: /Undo the merge/ }).first().click();
  await expect(page.getByRole("tab", { name: "Identifiers (1)" })).toBeVisible();
});

test("activities are a tree with their definitions", async ({ owner: page }) => {
  await page.goto("/lrs/default/activities?text=emergency");
  await page.getByRole("button", { name: "Activities in Emergency medicine" }).click();
  await page.getByRole("link", { name: "Airway basics" }).click();
  await expect(page.getByRole("heading", { name: "Airway basics", level: 1 })).toBeVisible();
  await expect(page.getByRole("region", { name: "Definition" })).toContainText("activities/lesson");
  await page.getByRole("link", { name: "Show statements" }).click();
  await expect(row(page, "Ana Ruiz completed Airway basics")).toBeVisible();
});
