// Sessions, and the doors that must stay shut: to other browsers, other sites, other LRSs.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { en } from "../src/i18n/en";
import { expect } from "./fixtures";
import { PASSWORD, Person, schoolTest as test } from "./people";
import { OWNER } from "./server";

test("roles that are taken away, and accounts that are shut, close every page at once", async ({ owner, browser, server }) => {
  const person = await owner.bring(browser, server, "Emmy Noether", "emmy@example.org", [{ lrs: "default", role: "analyst" }]);
  await person.page.goto("/lrs/default/statements");
  await expect(person.page.getByRole("heading", { name: "Statements", level: 1 })).toBeVisible();

  await owner.page.goto("/accounts");
  const card = owner.page.getByRole("article", { name: "Emmy Noether" });
  await card.getByRole("button", { name: "Disable" }).click();
  await expect(card).toContainText("Disabled");
  expect((await person.call("GET", "/session")).status()).toBe(401);
  await person.page.getByRole("link", { name: "People" }).click();
  await expect(person.page).toHaveURL(/\/sign-in\?return_to=/);
  await person.page.getByLabel("Email address").fill("emmy@example.org");
  await person.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await person.page.getByRole("button", { name: "Sign in" }).click();
  await expect(person.page.getByRole("alert").first()).toContainText("not right");

  await card.getByRole("button", { name: "Enable" }).click();
  await expect(card).not.toContainText("Disabled");
  await person.page.getByRole("button", { name: "Sign in" }).click();
  await expect(person.page.getByRole("heading", { name: "People", level: 1 })).toBeVisible();

  await card.getByRole("button", { name: "Delete" }).click();
  const dialog = owner.page.getByRole("dialog", { name: "Delete Emmy Noether?" });
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(card).toHaveCount(0);
  expect((await person.call("GET", "/session")).status()).toBe(401);
  await person.leave();
});

test("a changed password ends every other session, and signing out everywhere ends all", async ({ owner, browser, server }) => {
  const here = await owner.bring(browser, server, "Chien-Shiung Wu", "wu@example.org", [{ lrs: "default", role: "analyst" }]);
  const there = await Person.enter(browser, server, "wu@example.org", PASSWORD);
  const fresh = "another sentence, longer still";

  await here.page.goto("/settings");
  await here.page.getByLabel("Current password").fill("not this one at all");
  await here.page.getByLabel("New password").fill(fresh);
  await here.page.getByRole("button", { name: "Change password" }).click();
  await expect(here.page.getByText(en.failure_wrong_old_password)).toBeVisible();
  expect((await there.call("GET", "/session")).status()).toBe(200);
  await here.page.getByLabel("Current password").fill(PASSWORD);
  await here.page.getByRole("button", { name: "Change password" }).click();
  await expect(here.page.getByText("Your password was changed.")).toBeVisible();
  expect((await there.call("GET", "/session")).status()).toBe(401);
  expect((await here.call("GET", "/session")).status()).toBe(200);
  expect((await there.context.request.post("/api/v1/session", { data: { email: "wu@example.org", password: PASSWORD } })).status()).toBe(401);

  // The page goes on with its new session: it still may change things.
  await here.page.getByLabel("What is it for?").fill("After the change");
  await here.page.getByRole("button", { name: "Create token" }).click();
  const token = await here.page.locator("[data-secret]").innerText();
  const script = await fetch(`${server.address}/api/v1/lrss`, { headers: { Authorization: `Bearer ${token}` } });
  expect(script.status).toBe(200);

  const again = await Person.enter(browser, server, "wu@example.org", fresh);
  await again.page.goto("/lrs/default/statements");
  await expect(again.page.getByRole("heading", { name: "Statements", level: 1 })).toBeVisible();
  await here.page.getByRole("button", { name: "Sign out everywhere" }).click();
  await expect(here.page.getByRole("heading", { name: "Sign in to Lyceum" })).toBeVisible();
  await again.page.getByRole("link", { name: "Activities" }).click();
  await expect(again.page.getByRole("heading", { name: "Sign in to Lyceum" })).toBeVisible();
  await expect(again.page).toHaveURL(/return_to=/);
  await Promise.all([here.leave(), there.leave(), again.leave()]);
});

test("a lost password is replaced by a link from the command line, which works once", async ({ owner, browser, server }) => {
  const email = "franklin@example.org";
  const person = await owner.bring(browser, server, "Rosalind Franklin", email, [{ lrs: "default", role: "analyst" }]);
  const printed = await server.command("account", "reset", email, "--url", server.address);
  const link = /(http\S+\/reset#token=\S+)/.exec(printed)?.[1] ?? "";
  expect((await person.call("GET", "/session")).status(), "every session ended").toBe(401);

  const { page } = person;
  await page.goto("/reset");
  await expect(page.getByRole("alert")).toContainText("This link is not complete");
  await page.getByRole("link", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Sign in to Lyceum" })).toBeVisible();
  await page.goto("about:blank");
  await page.goto(link);
  await expect(page.getByRole("heading", { name: "A new password" })).toBeVisible();
  const fresh = "a helix is a spiral in space";
  const box = page.getByLabel("New password");
  const set = page.getByRole("button", { name: "Set the new password" });
  await box.fill("too short");
  await set.click();
  await expect.poll(() => box.evaluate((input: HTMLInputElement) => input.validity.tooShort)).toBe(true);
  await box.fill("franklin@example.org");
  await set.click();
  await expect(page.getByRole("alert")).toBeVisible();
  await box.fill(fresh);
  await set.click();
  await expect(page.getByRole("heading", { name: "Statements", level: 1 })).toBeVisible();
  for (const [password, status] of [[PASSWORD, 401], [fresh, 200]] as const) {
    expect((await person.context.request.post("/api/v1/session", { data: { email, password } })).status(), password).toBe(status);
  }

  await page.goto("about:blank");
  await page.goto(link);
  await box.fill("and another one, just as long");
  await set.click();
  await expect(page.getByRole("alert")).toContainText("The link was used, withdrawn or has expired");
  await expect(page.getByText("Ask whoever runs this server for a new link")).toBeVisible();
  await expect(page.getByRole("link", { name: "Sign in" })).toHaveAttribute("href", "/sign-in");
  expect((await person.context.request.post("/api/v1/session", { data: { email, password: fresh } })).status()).toBe(200);
  await person.leave();
});

test("each sign-in has a session of its own, out of reach for scripts", async ({ owner, browser, server }) => {
  await owner.page.goto("/settings");
  const context = await browser.newContext({ baseURL: server.address });
  // A session that somebody else knows is planted before the sign-in.
  const planted = "A".repeat(43);
  await context.addCookies([{ name: "lyceum_session", value: planted, url: server.address }]);
  const page = await context.newPage();
  await page.goto("/sign-in");
  await page.getByLabel("Email address").fill(OWNER.email);
  await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Statements", level: 1 })).toBeVisible();
  const session = async () => (await context.cookies()).find(({ name }) => name === "lyceum_session");
  const first = await session();
  expect(first?.value).not.toBe(planted);
  expect(first).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/" });
  expect(await page.evaluate(() => document.cookie)).toBe("");

  // A second sign-in in the same browser ends the first session.
  const again = await context.request.post("/api/v1/session", { data: { email: OWNER.email, password: OWNER.password } });
  expect(again.status()).toBe(200);
  expect((await session())?.value).not.toBe(first?.value);
  const old = await fetch(`${server.address}/api/v1/session`, { headers: { Cookie: `lyceum_session=${first?.value}` } });
  expect(old.status).toBe(401);
  await context.close();
});

test("a page of another origin changes nothing in the name of who is signed in", { tag: "@once" }, async ({ owner, server }) => {
  const evil = createServer((_, response) => response.setHeader("Content-Type", "text/html").end("<!doctype html><title>evil</title>"));
  await new Promise<void>((resolve) => evil.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(evil.address() as AddressInfo).port}`;
  const keysBefore = await owner.must<{ items: unknown[] }>("GET", "/lrss/default/keys");
  const page = await owner.context.newPage();
  try {
    await page.goto(origin);
    const target = `${server.address}/api/v1/lrss/default/keys`;
    const outcomes = await page.evaluate(
      async ([target, body]) => {
        const tries: [string, RequestInit][] = [
          ["a form's kind of text", { method: "POST", mode: "no-cors", headers: { "Content-Type": "text/plain" }, body: body ?? "" }],
          ["JSON", { method: "POST", headers: { "Content-Type": "application/json" }, body: body ?? "" }],
          ["a guessed token", { method: "POST", headers: { "Content-Type": "application/json", "X-CSRF-Token": "x" }, body: body ?? "" }],
          ["reading", { method: "GET" }],
        ];
        const outcomes: string[] = [];
        for (const [name, init] of tries) {
          const outcome = await fetch(target ?? "", { ...init, credentials: "include" }).then(
            (response) => `${response.type} ${response.status}`,
            () => "blocked",
          );
          outcomes.push(`${name}: ${outcome}`);
        }
        return outcomes;
      },
      [target, JSON.stringify({ label: "evil", scopes: ["all"] })],
    );
    // The first arrives at the server, whose answer the page cannot read; the others do not pass the browser.
    expect(outcomes).toEqual(["a form's kind of text: opaque 0", "JSON: blocked", "a guessed token: blocked", "reading: blocked"]);

    // A form that leaves the page.
    await page.setContent(`<form method="post" enctype="text/plain" action="${target}"><input name='{"label":"evil","scopes":["all"],"x":"' value='"}'></form>`);
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url() === target && response.request().method() === "POST"),
      page.evaluate(() => document.forms[0]?.submit()),
    ]);
    expect(answer.status()).toBe(403);
    // A page that is closed while it changes to another address can stay open for ever.
    await page.waitForURL(target);
    const keysAfter = await owner.must<{ items: unknown[] }>("GET", "/lrss/default/keys");
    expect(keysAfter.items.length).toBe(keysBefore.items.length);

    // The session is no more help without its token, on the right origin too.
    const bare = await owner.context.request.post("/api/v1/lrss/default/keys", { data: { label: "evil", scopes: ["all"] } });
    expect(bare.status()).toBe(403);
    expect(await bare.text()).toContain("missing_csrf_token");
  } finally {
    await page.close();
    await new Promise((resolve) => evil.close(resolve));
  }
});

test("nothing in an address leads to another host after the sign-in", { tag: "@once" }, async ({ browser, server }) => {
  const context = await browser.newContext({ baseURL: server.address });
  const page = await context.newPage();
  const elsewhere: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(`${server.address}/`) && !request.url().startsWith("data:")) elsewhere.push(request.url());
  });
  for (const wanted of ["//evil.example/x", "https:evil.example", "/%2F/evil.example", "/\t/evil.example", "javascript:alert(1)"]) {
    for (const name of ["return_to", "next", "redirect"]) {
      await page.goto(`/sign-in?${name}=${encodeURIComponent(wanted)}`);
      if (name !== "return_to") continue;
      await page.getByLabel("Email address").fill(OWNER.email);
      await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
      await page.getByRole("button", { name: "Sign in" }).click();
      await expect(page.getByRole("button", { name: /Account of/ }).or(page.getByRole("heading", { name: "There is nothing here" })).first()).toBeVisible();
      expect(new URL(page.url()).origin, wanted).toBe(server.address);
      await context.clearCookies();
    }
  }
  expect(elsewhere).toEqual([]);
  await context.close();
});

test("who belongs to one LRS sees nothing of another by its addresses", async ({ owner, browser, server }) => {
  const stranger = await owner.bring(browser, server, "Stranger", "stranger@example.org", [{ lrs: "clinic", role: "owner" }]);
  const [person] = (await owner.must<{ items: { person: string }[] }>("GET", "/lrss/default/people")).items;
  const [statement] = (await owner.must<{ items: { id: string }[] }>("GET", "/lrss/default/statements")).items;
  const { page } = stranger;
  for (const path of ["statements", `statements?statement=${statement?.id}`, "people", `people/${encodeURIComponent(person?.person ?? "")}`, "activities", "keys", "refusals", "operations", "groups"]) {
    await page.goto(`/lrs/default/${path}`);
    await expect(page.getByRole("alert").first(), path).toBeVisible();
    const text = await page.getByRole("main").innerText();
    expect(text, path).not.toMatch(/Ana Ruiz|Björn|Airway|first key|moodle/i);
  }
  for (const path of ["statements", `statements/${statement?.id}`, "people", "keys", "operations", "live", "statements/export?format=csv"]) {
    expect((await stranger.call("GET", `/lrss/default/${path}`)).status(), path).toBe(404);
  }
  expect((await stranger.call("GET", "/audit?lrs=default")).status()).toBe(404);
  expect((await stranger.call("DELETE", "/lrss/default")).status()).toBe(404);
  await page.goto("/lrss");
  await expect(page.getByRole("link", { name: "clinic" })).toBeVisible();
  await expect(page.getByRole("main").getByText("default")).toHaveCount(0);
  await page.goto("/accounts");
  await expect(page.getByRole("article", { name: "Stranger" })).toBeVisible();
  await expect(page.getByRole("article")).toHaveCount(1);
  await stranger.leave();
});
