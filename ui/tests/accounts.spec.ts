// Accounts, roles, groups, tokens, the audit log.

import { expect, row, test } from "./fixtures";

const INVITED = { name: "Luis Pérez", email: "luis@example.org", password: "another long sentence to keep" };

test("someone is invited with a role, and sees only what the role allows", async ({ owner: page, browser, server }) => {
  await page.goto("/accounts");
  await page.getByRole("button", { name: "Invite someone" }).click();
  await page.getByRole("dialog").getByLabel("Email address").fill(INVITED.email);
  await page.getByRole("dialog").getByRole("combobox", { name: "default" }).click();
  await page.getByRole("option", { name: "Analyst" }).click();
  await page.getByRole("button", { name: "Make the link" }).click();
  const link = await page.locator('[data-secret="Invitation link"]').innerText();
  expect(new URL(link).origin).toBe(server.address);

  const context = await browser.newContext();
  const other = await context.newPage();
  await other.goto(link);
  await other.getByLabel("Name").fill(INVITED.name);
  await other.getByLabel("New password").fill(INVITED.password);
  await other.getByRole("button", { name: "Create my account" }).click();
  await expect(other.getByRole("heading", { name: "Statements", level: 1 })).toBeVisible();
  const navigation = other.getByRole("navigation", { name: "Main" });
  await expect(navigation.getByRole("link", { name: "People" })).toBeVisible();
  for (const hidden of ["Keys and sources", "Flight recorder", "Operations", "Accounts", "Audit log"]) {
    await expect(navigation.getByRole("link", { name: hidden })).toHaveCount(0);
  }
  // Its address alone does not help: the server refuses.
  await other.goto(`${server.address}/lrs/default/keys`);
  await expect(other.getByRole("alert")).toBeVisible();
  await context.close();

  await page.goto("/audit?text=luis");
  await expect(row(page, INVITED.email)).toBeVisible();
});

test("a personal access token lets a script in until it is deleted", async ({ owner: page, server }) => {
  await page.goto("/settings");
  await page.getByLabel("What is it for?").fill("Nightly report");
  await page.getByRole("button", { name: "Create token" }).click();
  const secret = await page.locator('[data-secret="Token"]').innerText();
  const ask = () => fetch(`${server.address}/api/v1/session`, { headers: { Authorization: `Bearer ${secret}` } });
  expect((await ask()).status).toBe(200);
  await page.getByRole("button", { name: "Delete the token Nightly report" }).click();
  await expect(page.getByText("The token was deleted.")).toBeVisible();
  expect((await ask()).status).toBe(401);
});

test("learner groups are made and changed", async ({ owner: page }) => {
  await page.goto("/lrs/default/groups");
  await page.getByRole("button", { name: "New group" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Ward 5");
  await page.getByLabel("Learners").fill("ana.ruiz@example.org\nbjorn@example.org");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("article", { name: "Ward 5" })).toContainText("2 learners");
});

test("an LRS is made, and deleted only by its name", async ({ owner: page }) => {
  await page.goto("/lrss");
  await page.getByRole("button", { name: "Create LRS" }).click();
  await page.getByLabel("Name of the LRS").fill("second");
  await page.getByRole("dialog").getByRole("button", { name: "Create LRS" }).click();
  await expect(page.getByRole("heading", { name: "Connect a source" })).toBeVisible();
  await page.goto("/lrss");
  await page.getByRole("button", { name: "Delete the LRS second" }).click();
  const confirm = page.getByRole("dialog").getByRole("button", { name: "Delete" });
  await expect(confirm).toBeDisabled();
  await page.getByLabel("Type second to confirm").fill("second");
  await confirm.click();
  await expect(page.getByRole("link", { name: "second" })).toHaveCount(0);
});
