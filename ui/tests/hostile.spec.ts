// Whatever statements, documents and names say is shown as text: nothing of it runs, is asked for, or can be clicked.

import { createHash } from "node:crypto";
import { request, type APIRequestContext, type Page } from "@playwright/test";

import { expect, signIn, test } from "./fixtures";
import { OwnLrs } from "./lrs";
import { OWNER } from "./server";
import { ANA, tell } from "./statements";

/** A text that would run if it became a part of the page. */
const evil = (field: string) => `<img src=//evil.example/${field} onerror=alert('${field}')>${field}`;
/** An IRI that would run if it became a link. */
const iri = (field: string) => `javascript:alert('${field}')//${field}`;

const SHA2 = createHash("sha256").update("elsewhere").digest("hex");
const ACTIVITY = iri("activity");

const STATEMENT = {
  actor: { name: evil("actor"), account: { homePage: iri("homepage"), name: evil("account") } },
  verb: { id: iri("verb"), display: { en: evil("did") } },
  object: {
    id: ACTIVITY,
    definition: {
      name: { en: evil("object") },
      description: { en: evil("description") },
      type: iri("type"),
      moreInfo: iri("more"),
      extensions: { [iri("extension")]: { [evil("key")]: evil("value") } },
      interactionType: "choice",
      choices: [{ id: "a", description: { en: evil("choice") } }],
    },
  },
  result: { response: evil("response"), extensions: { [iri("result")]: evil("result-value") } },
  context: {
    platform: evil("platform"),
    revision: evil("revision"),
    language: "en",
    contextActivities: { parent: [{ id: iri("parent"), definition: { name: { en: evil("course") } } }] },
    extensions: { [iri("context")]: evil("context-value") },
  },
};

const ATTACHED = {
  usageType: iri("usage"),
  display: { en: evil("attached") },
  description: { en: evil("attached-description") },
  contentType: "image/svg+xml",
  length: 9,
  sha2: SHA2,
  fileUrl: iri("file"),
};

let lrs: OwnLrs;
let statement: string;
let api: APIRequestContext;
let token: string;

/** Asks the admin API. */
async function ask(method: string, path: string, data: unknown): Promise<unknown> {
  const response = await api.fetch(path, { method, headers: { "X-CSRF-Token": token }, data });
  expect(response.status(), `${path}: ${await response.text()}`).toBeLessThan(300);
  return response.json();
}

test.beforeAll(async ({ server }) => {
  lrs = await OwnLrs.create(server, "hostile");
  api = await request.newContext({ baseURL: server.address });
  token = await signIn({ request: api }, OWNER.email, OWNER.password);
  const page = { display: evil("page"), contentType: "text/html", bytes: Buffer.from(evil("page-content")) };
  statement = await lrs.sendAttached(STATEMENT, [page], [ATTACHED]);
  const agent = encodeURIComponent(JSON.stringify(STATEMENT.actor));
  const html = { contentType: "text/html", body: evil("document") };
  await lrs.xapi("POST", `agents/profile?agent=${agent}&profileId=${encodeURIComponent(evil("profile"))}`, html);
  const state = encodeURIComponent(evil("state"));
  await lrs.xapi("PUT", `activities/state?activityId=${encodeURIComponent(ACTIVITY)}&agent=${agent}&stateId=${state}`, html);
  await ask("POST", lrs.api("keys"), { label: evil("key-label"), scopes: ["all"] });
  await ask("POST", lrs.api("groups"), { name: evil("group"), members: [`${iri("homepage")}|${evil("account")}`] });
  // Refused: once for what it says, once because it is no JSON at all.
  const refused = { ...tell(ANA, "answered", "Quiz"), context: { language: evil("language"), registration: evil("registration") } };
  await server.send({ ...refused, verb: { id: evil("verb") }, [evil("member")]: 1 }, lrs.key);
  await server.send(evil("no-json"), lrs.key);
});

test.afterAll(async () => {
  await api.dispose();
});

/** No element that a text made, and no link that could run. */
async function checkSafe(page: Page): Promise<void> {
  const findings = await page.evaluate(() => {
    const found: string[] = [];
    for (const element of document.querySelectorAll("*")) {
      for (const { name, value } of element.attributes) {
        if (name.startsWith("on")) found.push(`${element.outerHTML}: ${name}`);
        if (["src", "srcset", "action", "data", "poster"].includes(name) && value.includes("evil.example")) found.push(value);
      }
      if ((element instanceof HTMLAnchorElement || element instanceof HTMLAreaElement) && !["http:", "https:", ""].includes(element.protocol)) {
        found.push(element.outerHTML);
      }
      if (element instanceof HTMLIFrameElement || element instanceof HTMLObjectElement) found.push(element.outerHTML);
    }
    return found;
  });
  expect(findings, page.url()).toEqual([]);
}

/** These are on the page as text, and the page is safe. */
async function checkShown(page: Page, texts: string[]): Promise<void> {
  for (const text of texts) await expect(page.getByText(text).first(), `${page.url()}: ${text}`).toBeVisible();
  await checkSafe(page);
}

const evils = (...fields: string[]) => fields.map(evil);

test("in a statement, wherever it is shown", async ({ owner: page }) => {
  await page.goto(lrs.page("statements"));
  await checkShown(page, evils("actor", "did", "object", "response"));
  await page.locator("[data-row]").first().click();
  const dialog = page.getByRole("dialog", { name: "Statement" });
  await checkShown(page, [
    ...evils("actor", "did", "object", "platform", "page", "page-content", "attached", "account"),
    ...[iri("homepage"), iri("verb"), ACTIVITY, iri("file")],
  ]);
  const json = dialog.getByRole("region", { name: "The statement as JSON" });
  for (const field of ["description", "key", "value", "choice", "result-value", "revision", "course", "context-value", "attached-description"]) {
    await expect(json).toContainText(evil(field));
  }
  for (const field of ["type", "more", "extension", "result", "parent", "context", "usage", "file"]) await expect(json).toContainText(iri(field));

  await dialog.getByRole("button", { name: `Show only ${evil("object")}` }).click();
  await expect(dialog).toBeHidden();
  await expect(page.locator("[data-row]")).toHaveCount(1);
  await checkSafe(page);
  for (const [name, value] of [
    ["text", evil("object")],
    ["verb", iri("verb")],
    ["activity", evil("no-iri")],
    ["agent", evil("agent")],
    ["person", evil("person")],
  ] as const) {
    await page.goto(lrs.page("statements", { [name]: value }));
    await expect(page.getByRole("list", { name: "Active filters" })).toBeVisible();
    await checkSafe(page);
  }
});

test("on the pages of people and activities", async ({ owner: page }) => {
  await expect
    .poll(async () => ((await (await page.request.get(lrs.api("activities"))).json()) as { items: unknown[] }).items.length)
    .toBeGreaterThan(0);
  await page.goto(lrs.page("people"));
  await checkShown(page, evils("actor", "account"));
  await page.locator("[data-row]").first().click();
  await checkShown(page, evils("actor", "did", "object", "response"));
  await page.getByRole("tab", { name: /^Activities/ }).click();
  await checkShown(page, evils("object"));
  await page.getByRole("tab", { name: /^Documents/ }).click();
  await checkShown(page, [...evils("profile", "state"), "text/html"]);
  await page.getByRole("tab", { name: /^Identifiers/ }).click();
  await checkShown(page, [`${iri("homepage")}|${evil("account")}`]);
  await page.getByRole("combobox", { name: "Person to merge with" }).fill("onerror");
  await expect(page.getByRole("option").first()).toContainText(evil("actor"));
  await checkSafe(page);

  await page.goto(lrs.page("activities"));
  await checkShown(page, evils("course"));
  await page.getByRole("button", { name: `Activities in ${evil("course")}` }).click();
  await checkShown(page, evils("object"));
  await page.getByRole("link", { name: evil("object") }).click();
  await checkShown(page, [...evils("object", "description", "course"), ACTIVITY, iri("type"), iri("more")]);
  await expect(page.getByRole("region", { name: "Definition" })).toContainText(evil("choice"));
});

test("in refused requests, keys, groups, voiding and the audit log", async ({ owner: page }) => {
  await page.goto(lrs.page("keys"));
  await checkShown(page, evils("key-label"));
  await page.goto(lrs.page("groups"));
  await checkShown(page, evils("group", "account"));
  await page.getByRole("button", { name: "Edit" }).click();
  await expect(page.getByRole("dialog", { name: evil("group") })).toBeVisible();
  await checkSafe(page);

  // The oldest are those that were sent first; sending them again adds to the top of the list.
  for (const [row, text] of [
    [-1, evil("language")],
    [-2, evil("no-json")],
  ] as const) {
    await page.goto(lrs.page("refusals"));
    await page.locator("[data-row]").nth(row).click();
    await expect(page.getByRole("region", { name: "What was sent" })).toContainText(text);
    await checkSafe(page);
    await page.getByRole("tab", { name: "Mend and send again" }).click();
    await expect(page.getByLabel("Body to send")).toHaveValue(new RegExp(text.replaceAll(/[().?*+]/g, "\\$&")));
    await page.getByRole("button", { name: "Send again" }).click();
    await expect(page.getByText(/Refused again/)).toBeVisible();
    await checkSafe(page);
  }

  await page.goto(lrs.page("statements", { statement }));
  await page.getByRole("button", { name: "Void statement" }).click();
  await page.getByLabel("Reason").fill(evil("reason"));
  await page.getByRole("dialog", { name: "Void statement" }).getByRole("button", { name: "Void", exact: true }).click();
  await checkShown(page, evils("reason", "actor"));
  for (const action of ["statement.void", "group.create", "key.create"]) {
    await page.goto(`/audit?${new URLSearchParams({ lrs: "hostile", action }).toString()}`);
    await page.locator("summary").first().click();
    await expect(page.getByRole("region", { name: "After" }).first()).toContainText("onerror=alert");
    await checkSafe(page);
  }
});

test("in names of accounts, files and LRSs, and in addresses", async ({ owner: page, server }) => {
  const invitation = (await ask("POST", "/api/v1/invitations", { email: "eve@example.org", roles: [{ lrs: "hostile", role: "viewer" }] })) as { link: string };
  const guest = await request.newContext({ baseURL: server.address });
  const accepted = await guest.post("/api/v1/invitations/accept", {
    data: { token: invitation.link.split("#token=")[1], name: evil("person"), password: "a sentence is easy to keep" },
  });
  expect(accepted.status(), await accepted.text()).toBeLessThan(300);
  await guest.dispose();
  await page.goto("/accounts");
  await checkShown(page, evils("person"));

  await page.goto(lrs.page("operations"));
  const file = { name: `${evil("file").replaceAll("/", "_")}.ndjson`, mimeType: "application/json", buffer: Buffer.from(`{"a":"${evil("line")}"}\n`) };
  await page.locator("input[type=file]").setInputFiles(file);
  await page.getByRole("button", { name: "1 refused line" }).click();
  await checkShown(page, [evil("line"), file.name]);

  const named = await api.post("/api/v1/lrss", { data: { name: evil("lrs") }, headers: { "X-CSRF-Token": token } });
  expect(named.status(), "an LRS is never called so").toBe(400);

  for (const path of [
    `/lrs/${encodeURIComponent(evil("lrs"))}/statements`,
    lrs.page("statements", { statement: evil("id") }),
    lrs.page(`people/${encodeURIComponent(evil("person"))}`),
    lrs.page("activity", { id: evil("activity") }),
    lrs.page(`refusals/${encodeURIComponent(evil("refusal"))}`),
    lrs.page("refusals", { key: evil("key") }),
    `/audit?text=${encodeURIComponent(evil("audit"))}`,
    `/${encodeURIComponent(evil("path"))}`,
    `/sign-in?error=${encodeURIComponent(evil("error"))}&return_to=${encodeURIComponent(iri("return"))}`,
  ]) {
    await page.goto(path);
    await expect(page.getByRole("heading").or(page.getByRole("alert")).first()).toBeVisible();
    await expect(page.getByRole("status", { name: "Loading" })).toHaveCount(0);
    await checkSafe(page);
  }
});
