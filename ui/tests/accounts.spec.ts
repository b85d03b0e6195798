// People and what they may: invitations, roles, groups, the audit log.

import { readFileSync } from "node:fs";

import { expect } from "./fixtures";
import { PASSWORD, placesOf, schoolTest as test } from "./people";
import { OWNER } from "./server";
import { ANA, BJORN } from "./statements";

const LEARNING = ["Statements", "People", "Activities"];
const RUNNING = ["Connect a source", "Keys and sources", "Flight recorder", "Operations", "Learner groups"];
const SERVER = ["All LRSs", "Accounts", "Audit log"];

test("someone is invited by a link, chooses a password, and has the role that was given", async ({ owner, browser, server }) => {
  const { page } = owner;
  await page.goto("/accounts");
  await page.getByRole("button", { name: "Invite someone" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite someone" });
  await dialog.getByLabel("Email address").fill("marie@example.org");
  await dialog.getByRole("combobox", { name: "default" }).click();
  await page.getByRole("option", { name: "Analyst" }).click();
  await dialog.getByRole("button", { name: "Make the link" }).click();
  const link = await dialog.locator("[data-secret]").innerText();
  expect(link.startsWith(`${server.address}/invitation#token=`)).toBe(true);
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(page.getByText("marie@example.org")).toBeVisible();

  const other = await browser.newContext({ baseURL: server.address });
  const invited = await other.newPage();
  await invited.goto(link);
  await invited.getByLabel("Name").fill("Marie Curie");
  // Too short: the browser or the server refuses, and nothing is lost.
  await invited.getByLabel("New password").fill("short");
  await invited.getByRole("button", { name: "Create my account" }).click();
  await expect(invited.getByLabel("New password")).toBeFocused();
  await invited.getByLabel("New password").fill(PASSWORD);
  await invited.getByRole("button", { name: "Create my account" }).click();
  await expect(invited.getByRole("heading", { name: "Statements", level: 1 })).toBeVisible();
  expect(await placesOf(invited)).toEqual(LEARNING);

  // The link was for one time.
  const third = await browser.newContext({ baseURL: server.address });
  const late = await third.newPage();
  await late.goto(link);
  await late.getByLabel("Name").fill("Somebody else");
  await late.getByLabel("New password").fill(PASSWORD);
  await late.getByRole("button", { name: "Create my account" }).click();
  await expect(late.getByRole("alert")).toContainText("has expired");
  await expect(late.getByText("Ask whoever invited you for a new link")).toBeVisible();
  await late.getByRole("link", { name: "Sign in" }).click();
  await expect(late.getByRole("heading", { name: "Sign in to Lyceum" })).toBeVisible();
  await late.goto("/invitation");
  await expect(late.getByRole("alert")).toContainText("This link is not complete");
  await expect(late.getByRole("link", { name: "Sign in" })).toHaveAttribute("href", "/sign-in");

  await page.reload();
  await expect(page.getByRole("article", { name: "Marie Curie" })).toContainText("default: Analyst");
  await expect(page.getByRole("button", { name: "Withdraw the invitation of marie@example.org" })).toHaveCount(0);
  await Promise.all([other.close(), third.close()]);
});

test("an invitation that was withdrawn opens nothing", async ({ owner, browser, server }) => {
  const grant = { lrs: "default", role: "viewer", groups: [] };
  const { link } = await owner.must<{ link: string }>("POST", "/invitations", { email: "gone@example.org", roles: [grant] });
  const { page } = owner;
  await page.goto("/accounts");
  await page.getByRole("button", { name: "Withdraw the invitation of gone@example.org" }).click();
  await expect(page.getByText("gone@example.org")).toHaveCount(0);
  const other = await browser.newContext({ baseURL: server.address });
  const late = await other.newPage();
  await late.goto(link);
  await late.getByLabel("Name").fill("Too late");
  await late.getByLabel("New password").fill(PASSWORD);
  await late.getByRole("button", { name: "Create my account" }).click();
  await expect(late.getByRole("alert")).toContainText("has expired");
  await other.close();
});

/** Calls that change something or tell something, and the roles that may make them. */
const CALLS: [method: string, path: string, body: unknown, roles: string[]][] = [
  ["GET", "/lrss/default/statements", undefined, ["owner", "admin", "analyst", "instructor"]],
  ["GET", "/lrss/default/people", undefined, ["owner", "admin", "analyst", "instructor"]],
  ["GET", "/lrss/default/statements/export?format=csv", undefined, ["owner", "admin", "analyst", "instructor"]],
  ["GET", "/lrss/default/keys", undefined, ["owner", "admin"]],
  ["POST", "/lrss/default/keys", { label: "Made by a role", scopes: ["all"] }, ["owner", "admin"]],
  ["GET", "/lrss/default/refusals", undefined, ["owner", "admin"]],
  ["GET", "/lrss/default/operations", undefined, ["owner", "admin"]],
  ["GET", "/lrss/default/groups", undefined, ["owner", "admin"]],
  ["POST", "/lrss/default/groups", { name: "Made by a role", members: [] }, ["owner", "admin"]],
  ["GET", "/audit?lrs=default", undefined, ["owner", "admin"]],
  ["GET", "/audit", undefined, []],
  ["POST", "/lrss", { name: "made-by-a-role" }, []],
  ["GET", "/lrss/clinic/statements", undefined, []],
];

const PLACES: Record<string, string[]> = {
  owner: [...LEARNING, ...RUNNING, ...SERVER],
  admin: [...LEARNING, ...RUNNING, ...SERVER],
  analyst: LEARNING,
  instructor: LEARNING,
  viewer: [],
};

for (const role of ["owner", "admin", "analyst", "instructor", "viewer"]) {
  test(`the role ${role}: what is shown, and what is refused`, async ({ owner, browser, server }) => {
    const person = await owner.bring(browser, server, `The ${role}`, `${role}@example.org`, [{ lrs: "default", role }]);
    const { page } = person;
    await page.goto("/");
    const heading = role === "viewer" ? "Nothing to read yet" : "Statements";
    await expect(page.getByRole("heading", { name: heading }).first()).toBeVisible();
    expect(await placesOf(page)).toEqual(PLACES[role]);
    for (const [method, path, body, roles] of CALLS) {
      const status = (await person.call(method, path, body)).status();
      const expected = roles.includes(role) ? [200] : [403, 404];
      expect(expected, `${method} ${path} as ${role}: ${status}`).toContain(status);
    }
    // An address that is not in the navigation tells no more when it is typed.
    if (!PLACES[role]?.includes("Keys and sources")) {
      await page.goto("/lrs/default/keys");
      await expect(page.getByRole("alert")).toBeVisible();
      await expect(page.getByRole("article")).toHaveCount(0);
    }
    await person.leave();
  });
}

test("an administrator gives the roles that administrators may give, and reads the log of the LRS", async ({ owner, browser, server }) => {
  await owner.bring(browser, server, "Rosalind Franklin", "rosalind@example.org", [{ lrs: "default", role: "viewer" }]).then((it) => it.leave());
  const admin = await owner.bring(browser, server, "Ada Lovelace", "ada@example.org", [{ lrs: "default", role: "admin" }]);
  const { page } = admin;
  await page.goto("/accounts");
  const rosalind = page.getByRole("article", { name: "Rosalind Franklin" });
  // Deleting and disabling accounts is for owners of the server.
  await expect(rosalind.getByRole("button", { name: "Delete" })).toHaveCount(0);
  await expect(rosalind.getByRole("button", { name: "Disable" })).toHaveCount(0);
  await rosalind.getByRole("button", { name: "Roles of Rosalind Franklin" }).click();
  const dialog = page.getByRole("dialog", { name: "Roles of Rosalind Franklin" });
  await expect(dialog.getByRole("combobox", { name: "clinic" })).toHaveCount(0);
  await dialog.getByRole("combobox", { name: "default" }).click();
  await expect(page.getByRole("option", { name: "Owner" })).toBeDisabled();
  await page.getByRole("option", { name: "Analyst" }).click();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(rosalind).toContainText("default: Analyst");

  await page.goto("/audit");
  await expect(page.getByRole("listitem").filter({ hasText: "account.change" }).filter({ hasText: "rosalind@example.org" }).first()).toBeVisible();
  await admin.leave();
});

test("an instructor sees the learners of the chosen group, and nobody else", async ({ owner, browser, server }) => {
  const { page } = owner;
  await page.goto("/lrs/default/groups");
  await page.getByRole("button", { name: "New group" }).click();
  const form = page.getByRole("dialog", { name: "New group" });
  await form.getByLabel("Name").fill("Night shift");
  await form.getByLabel("Learners").fill(`${ANA.mbox?.replace("mailto:", "")}\nhttps://moodle.example.org|aruiz`);
  await form.getByRole("button", { name: "Save" }).click();
  const group = page.getByRole("article", { name: "Night shift" });
  await expect(group).toContainText("2 learners: ana.ruiz@example.org, aruiz");

  const instructor = await owner.bring(browser, server, "Lise Meitner", "lise@example.org", [{ lrs: "default", role: "instructor" }]);
  await instructor.page.goto("/lrs/default/people");
  await expect(instructor.page.getByRole("heading", { name: "Nobody yet" })).toBeVisible();

  await page.goto("/accounts");
  await page.getByRole("button", { name: "Roles of Lise Meitner" }).click();
  const dialog = page.getByRole("dialog", { name: "Roles of Lise Meitner" });
  await dialog.getByRole("combobox", { name: "Learner groups" }).click();
  await page.getByRole("option", { name: "Night shift" }).click();
  await page.keyboard.press("Escape");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();

  await instructor.page.reload();
  const people = instructor.page.locator("[data-row]");
  await expect(people.filter({ hasText: "Ana Ruiz" }).first()).toBeVisible();
  await expect(people.filter({ hasText: BJORN.name })).toHaveCount(0);
  await instructor.page.goto("/lrs/default/statements");
  await expect(instructor.page.getByRole("button", { name: /Ana Ruiz completed Airway basics/ })).toBeVisible();
  await expect(instructor.page.getByRole("button", { name: /Björn/ })).toHaveCount(0);
  const seen = (await (await instructor.call("GET", "/lrss/default/statements/export?format=ndjson")).text()).trim().split("\n");
  expect(seen.length).toBe(3);
  for (const line of seen) expect(line).toMatch(/ana\.ruiz|aruiz/);
  await instructor.leave();
});

test("the audit log tells what was done, is searched, and taken away", async ({ owner }) => {
  const { page } = owner;
  const { key } = await owner.must<{ key: string }>("POST", "/lrss/default/keys", { label: "Watched source", scopes: ["all"] });
  await owner.must("POST", `/lrss/default/keys/${key}/rotate`, { grace_seconds: 60 });
  await owner.must("DELETE", `/lrss/default/keys/${key}`);

  await page.goto("/audit");
  await page.getByRole("searchbox", { name: "Search the audit log" }).fill(key);
  await expect(page).toHaveURL(new RegExp(`text=${key}`));
  const entries = page.getByRole("list", { name: "Audit log" }).getByRole("listitem");
  await expect(entries).toHaveCount(3);
  for (const [at, act] of ["key.revoke", "key.rotate", "key.create"].entries()) await expect(entries.nth(at)).toContainText(act);
  await expect(entries.first()).toContainText("Grace Hopper");
  await expect(entries.first()).toContainText("127.0.0.1");
  await entries.nth(2).getByText("key.create").click();
  await expect(entries.nth(2).getByRole("region", { name: "After" })).toContainText("Watched source");

  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]);
  const lines = readFileSync(await download.path(), "utf8").trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { action: string }).action)).toEqual(["key.revoke", "key.rotate", "key.create"]);
  for (const line of lines) expect(line).not.toContain(OWNER.password);

  await page.getByRole("combobox", { name: "LRS" }).click();
  await page.getByRole("option", { name: "clinic" }).click();
  await expect(page.getByRole("heading", { name: "No entries" })).toBeVisible();
  await page.getByRole("combobox", { name: "LRS" }).click();
  await page.getByRole("option", { name: "All LRSs" }).click();
  await expect(entries).toHaveCount(3);
  await page.getByLabel("Until").fill("2020-01-01T00:00");
  await expect(page.getByRole("heading", { name: "No entries" })).toBeVisible();
});

test("many accounts come page by page, and invitations that cannot be read say so", { tag: "@once" }, async ({ owner, browser, server }) => {
  const roles = [{ lrs: "default", role: "viewer" }];
  for (const name of ["Zelda One", "Zelda Two"]) {
    await (await owner.bring(browser, server, name, `${name.toLowerCase().replace(" ", ".")}@example.org`, roles)).leave();
  }
  const { page } = owner;
  // The server's own pages, but of two accounts each.
  await page.route(/\/api\/v1\/accounts\?/, (route) => route.continue({ url: route.request().url().replace(/limit=\d+/, "limit=2") }));
  await page.route("**/api/v1/invitations", (route) => route.abort());
  await page.goto("/accounts");
  await expect(page.getByRole("alert")).toContainText("The server cannot be reached");
  const cards = page.getByRole("article");
  await expect(cards).toHaveCount(2);
  const more = page.getByRole("button", { name: "Show more" });
  const { items } = await owner.must<{ items: { name: string }[] }>("GET", "/accounts?limit=500");
  for (let shown = 2; shown < items.length; ) {
    await more.click();
    shown = Math.min(shown + 2, items.length);
    await expect(cards).toHaveCount(shown);
  }
  // A last page that is full has none behind it.
  await expect(more).toHaveCount(0);
  expect(await cards.evaluateAll((all) => all.map((card) => card.getAttribute("aria-label")))).toEqual(items.map(({ name }) => name));
});
