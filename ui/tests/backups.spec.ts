// Backups in the web app: made, listed, downloaded, restored elsewhere and deleted; and what takes their place with PostgreSQL.

import { findViolations } from "./axe";
import { expect, test } from "./fixtures";
import { OwnLrs } from "./lrs";
import { Person } from "./people";
import { Server } from "./server";
import { ANA, tell } from "./statements";

const OPERATIONS = "/lrs/default/operations";

test("a backup is made while the server works, kept, downloaded, restored elsewhere and deleted", { tag: "@once" }, async ({ owner: page, server }, testInfo) => {
  await page.goto(OPERATIONS);
  await expect(page.getByText("No backup is kept on the server yet.")).toBeVisible();
  const list = page.getByRole("list", { name: "Backups" }).getByRole("listitem");
  await expect(list).toHaveCount(0);
  const make = page.getByRole("button", { name: "Back up now" });
  await make.click();
  await expect(list).toHaveCount(1);
  await expect(list.first()).toContainText(/statements · verified/);
  await expect(page.getByText("No backup is kept on the server yet.")).toHaveCount(0);

  // The second has what came since.
  await server.sendAll([tell(ANA, "attempted", "Between backups")]);
  await expect(make).toBeEnabled();
  await make.click();
  await expect(list).toHaveCount(2);
  const counts = (await list.allInnerTexts()).map((text) => Number(/([\d,]+) statements/.exec(text)?.[1]?.replace(",", "")));
  expect((counts[0] ?? 0) - (counts[1] ?? 0)).toBe(1);
  expect(await findViolations(page)).toEqual([]);

  const [download] = await Promise.all([page.waitForEvent("download"), list.first().getByRole("link", { name: /^Download the backup/ }).click()]);
  expect(download.suggestedFilename()).toMatch(/^lyceum-.+\.tar$/);
  const archive = testInfo.outputPath("backup.tar");
  await download.saveAs(archive);
  const folder = testInfo.outputPath("restored");
  await Server.run(["restore", archive, "--data", folder]);
  expect(await Server.run(["export", "--data", folder, "--lrs", "default"])).toContain("Between backups");

  await list.last().getByRole("button", { name: /^Delete the backup/ }).click();
  const question = page.getByRole("dialog", { name: "Delete this backup?" });
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect(question).toBeHidden();
  await expect(list).toHaveCount(2);
  await list.last().getByRole("button", { name: /^Delete the backup/ }).click();
  await question.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("The backup was deleted.")).toBeVisible();
  await expect(list).toHaveCount(1);
  await page.reload();
  await expect(list).toHaveCount(1);
});

test("with PostgreSQL, the page says whose backup to use", { tag: "@postgres" }, async ({ owner: page }) => {
  await page.goto(OPERATIONS);
  await expect(page.getByText("Use the database's own backup, and copy the attachments too")).toBeVisible();
  await expect(page.getByRole("link", { name: "How PostgreSQL is backed up" })).toHaveAttribute("href", /^https:\/\/www\.postgresql\.org\//);
  await expect(page.getByRole("button", { name: "Back up now" })).toHaveCount(0);
  expect(await findViolations(page)).toEqual([]);
});

test("backups are shown to owners of the server alone", async ({ browser, server }) => {
  const lrs = await OwnLrs.create(server, "backups");
  const owner = await Person.owner(browser, server);
  const admin = await owner.bring(browser, server, "Ada Lovelace", "ada.backups@example.org", [{ lrs: lrs.name, role: "owner" }]);
  await admin.page.goto(lrs.page("operations"));
  await expect(admin.page.getByRole("heading", { name: "Operations", level: 1 })).toBeVisible();
  await expect(admin.page.getByText("Checks", { exact: true })).toBeVisible();
  await expect(admin.page.getByText("Backups", { exact: true })).toHaveCount(0);
  expect((await admin.call("GET", "/backups")).status()).toBe(403);
  expect((await admin.call("POST", "/backups")).status()).toBe(403);
  await admin.leave();
  await owner.leave();
});
