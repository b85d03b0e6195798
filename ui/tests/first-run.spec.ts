// From a fresh data folder to the first statement, as a person does it.

import { execFileSync } from "node:child_process";

import { bareTest as test, expect, guardPage } from "./fixtures";
import { OWNER, Server } from "./server";

// What follows the first test needs the account that it makes.
test.describe.configure({ mode: "serial" });

let server: Server;

test.beforeAll(async ({ store }) => {
  server = await Server.start(store);
});

test.afterAll(async () => {
  await server.stop();
});

test("the printed link makes the first account, and the welcome page turns green", async ({ page, context }) => {
  const guard = guardPage(page, server.address);
  // However fast somebody is: no list is ever old enough here to be asked for again because of its age.
  await page.clock.setFixedTime(new Date());

  await page.goto(`${server.address}/`);
  await expect(page.getByText("This server has no account yet")).toBeVisible();

  expect(server.setupLink).toContain("/setup#token=");
  await page.goto(server.setupLink);
  await page.getByLabel("Name").fill(OWNER.name);
  await page.getByLabel("Email address").fill(OWNER.email);
  await page.getByLabel("New password").fill(OWNER.password);
  await page.getByRole("button", { name: "Create the first account" }).click();
  await expect(page.getByRole("heading", { name: "Nothing recorded yet" })).toBeVisible();

  await page.getByRole("link", { name: "Show me how to send" }).click();
  await expect(page.getByText("Waiting for the first statement…")).toBeVisible();
  await page.getByRole("button", { name: "Create a key" }).click();
  await expect(page.getByText("Shown only now")).toBeVisible();
  for (const source of ["Moodle", "Articulate Storyline", "H5P", "@xapi/xapi", "curl"]) {
    await page.getByRole("tab", { name: source }).click();
    await expect(page.getByRole("tabpanel")).not.toBeEmpty();
  }

  // The command works as it stands on the page.
  const command = await page.getByRole("tabpanel").locator("pre").innerText();
  const answer = execFileSync("sh", ["-c", `${command} --silent --show-error`], { encoding: "utf8" });
  expect(answer).toMatch(/^\["[0-9a-f-]{36}"\]/);
  await expect(page.getByText("Your first statement is here")).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: "Sally Glider experienced First steps" })).toBeVisible();
  await page.getByRole("link", { name: "See the statements" }).click();
  await expect(page.getByRole("button", { name: /Sally Glider experienced First steps/ })).toBeVisible();

  // The link was for one time.
  await context.clearCookies();
  await page.goto("about:blank");
  await page.goto(server.setupLink);
  await expect(page.getByRole("heading", { name: "Already set up" })).toBeVisible();
  expect(guard.findings).toEqual([]);
});

test("sign-in refuses a wrong password, then leads back to where someone wanted to go", async ({ page }) => {
  await page.goto(`${server.address}/lrs/default/keys`);
  await expect(page).toHaveURL(/\/sign-in\?return_to=/);
  await page.getByLabel("Email address").fill(OWNER.email);
  await page.getByLabel("Password", { exact: true }).fill("not the password at all");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert").first()).toContainText("not right");
  await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Keys and sources", level: 1 })).toBeVisible();

  await page.getByRole("button", { name: /Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in to Lyceum" })).toBeVisible();
  await page.goto(`${server.address}/lrs/default/keys`);
  await expect(page).toHaveURL(/\/sign-in/);
});

test("an address of another host is not followed after the sign-in", { tag: "@once" }, async ({ page }) => {
  for (const elsewhere of ["//evil.example/", "https://evil.example/", "/\\evil.example"]) {
    await page.goto(`${server.address}/sign-in?return_to=${encodeURIComponent(elsewhere)}`);
    await page.getByLabel("Email address").fill(OWNER.email);
    await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { name: "Statements", level: 1 })).toBeVisible();
    expect(new URL(page.url()).origin).toBe(server.address);
    await page.context().clearCookies();
  }
});
