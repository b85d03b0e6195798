// What the server says of refused requests, refused lines and fields comes as codes with values, and is said in the reader's language.

import { randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";

import { es } from "../src/i18n/es";
import { fill } from "../src/i18n/fill";
import { expect, signIn, test } from "./fixtures";
import { OwnLrs } from "./lrs";
import { OWNER, type Credentials, type Server } from "./server";
import { ANA, BJORN, tell } from "./statements";

interface Said {
  code: string;
  message: string;
}

test.beforeEach(async ({ owner: page }) => {
  await page.addInitScript(() => localStorage.setItem("lyceum-language", "es"));
});

/** The parts of a Spanish text between what is filled in. */
const partsOf = (code: string) => es[`failure_${code}` as keyof typeof es].split(/\{\w+\}/).map((part) => part.trim());

/** Each of these is told in Spanish on this page, and none in the server's English; of some of them only the code was kept. */
async function checkSpanish(page: Page, told: Said[]): Promise<void> {
  const text = await page.locator("main, [role=dialog]").allInnerTexts();
  const seen = text.join("\n").replace(/\s+/g, " ");
  for (const { code, message } of told) {
    const parts = message === "" && partsOf(code).length > 1 ? [fill(es.refusal_not_kept, { code })] : partsOf(code);
    for (const part of parts) expect.soft(seen, code).toContain(part);
    if (message === "") continue;
    const sentence = message.split(/[:(]/)[0] ?? message;
    expect.soft(seen, `${code} in English`).not.toContain(sentence);
  }
}

/** Makes an LRS refuse what sources get wrong; every way once. */
async function beRefused(page: Page, server: Server, lrs: OwnLrs): Promise<void> {
  const ask = (method: string, path: string, { headers, body, key = lrs.key }: { headers?: Record<string, string>; body?: unknown; key?: Credentials } = {}) =>
    fetch(`${server.address}/xapi/${path}`, {
      method,
      headers: { ...server.headers(key), ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      body: body === undefined ? null : JSON.stringify(body),
    });
  const headers = { "X-CSRF-Token": await signIn(page, OWNER.email, OWNER.password) };
  const made = async (scopes: string[]) => {
    const answer = await page.request.post(lrs.api("keys"), { data: { label: scopes.join(), scopes }, headers });
    return (await answer.json()) as Credentials;
  };
  const [reader, gone] = [await made(["statements/read"]), await made(["all"])];
  await page.request.delete(lrs.api(`keys/${gone.key}`), { headers });

  const [id, voiding, profile] = [randomUUID(), randomUUID(), `agents/profile?profileId=p&agent=${encodeURIComponent(JSON.stringify(ANA))}`];
  const voids = (target: string) => ({
    actor: ANA,
    verb: { id: "http://adlnet.gov/expapi/verbs/voided" },
    object: { objectType: "StatementRef", id: target },
  });
  await lrs.send([{ ...tell(ANA, "passed", "Spanish"), id }, { ...voids(randomUUID()), id: voiding }]);
  // One after the other: the answers to some follow from those before.
  const refused: [number, ...Parameters<typeof ask>][] = [
    [400, "POST", "statements", { body: { ...tell(ANA, "passed", "Spanish"), actor: {}, timestamp: "ayer" } }],
    [409, "POST", "statements", { body: { ...tell(BJORN, "failed", "Spanish"), id } }],
    [400, "POST", "statements", { body: voids(voiding) }],
    [400, "GET", "statements?limit=many"],
    [400, "GET", "statements", { headers: { "X-Experience-API-Version": "7.0" } }],
    [400, "POST", "statements?method=GET", { headers: { "X-Experience-API-Version": "2.0.0" } }],
    [403, "POST", "statements", { body: tell(ANA, "passed", "Spanish"), key: reader }],
    [401, "GET", "statements", { key: { key: lrs.key.key, secret: "wrong" } }],
    [401, "GET", "statements", { key: gone }],
    [405, "DELETE", "statements"],
    [400, "PUT", profile, { body: { a: 1 } }],
    [204, "PUT", profile, { body: { a: 1 }, headers: { "If-None-Match": "*" } }],
  ];
  for (const [status, ...request] of refused) expect((await ask(...request)).status).toBe(status);
  expect((await ask("PUT", profile, { body: { a: 2 }, headers: { "If-Match": '"another"' } })).status).toBe(412);
  expect((await ask("POST", profile, { body: [1] })).status).toBe(400);
  expect((await ask("PUT", profile, { body: { a: 2 } })).status).toBe(409);
}

test("the flight recorder says in Spanish why requests were refused", async ({ owner: page, server }) => {
  const lrs = await OwnLrs.create(server, "recorder-es");
  await beRefused(page, server, lrs);
  type Item = Said & { id: string };
  const list = async () => ((await (await page.request.get(lrs.api("refusals"))).json()) as { items: Item[] }).items;
  await expect.poll(async () => (await list()).length).toBe(14);
  const told = await list();
  expect(new Set(told.map(({ code }) => code)).size).toBeGreaterThanOrEqual(12);

  await page.goto(lrs.page("refusals"));
  await expect(page.getByRole("list", { name: es.nav_refusals }).getByRole("listitem")).toHaveCount(14);
  await checkSpanish(page, told);
  await expect(page.getByText(fill(es.rule_broken, { count: 1 }).split("{")[0] ?? "").first()).toBeVisible();
  await expect(page.getByText("se esperaba un entero desde 0; encontrado: \"many\" [Communication 2.1.3]")).toBeVisible();
  await expect(page.getByText(es.why_unknown)).toBeVisible();
  await expect(page.getByText(es.why_revoked)).toBeVisible();
  for (const refusal of told) {
    await page.goto(lrs.page(`refusals/${refusal.id}`));
    await expect(page.getByText(es.refusal_when, { exact: true })).toBeVisible();
    await checkSpanish(page, [refusal]);
  }
});

test("an import says in Spanish which lines were refused, and why it failed", async ({ owner: page, server }) => {
  const lrs = await OwnLrs.create(server, "import-es");
  const id = randomUUID();
  const lines = [
    { ...tell(ANA, "passed", "Import"), id },
    "no es JSON",
    { ...tell(ANA, "passed", "Import"), actor: { name: "Nadie" } },
    { ...tell(BJORN, "failed", "Import"), id },
  ].map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  await page.goto(lrs.page("operations"));
  const choose = async (name: string, text: string) =>
    page.locator("input[type=file]").setInputFiles({ name, mimeType: "application/x-ndjson", buffer: Buffer.from(text) });
  await choose("con-errores.ndjson", lines.join("\n"));
  const job = page.getByRole("listitem").filter({ hasText: "con-errores.ndjson" });
  await job.getByRole("button", { name: fill(es.refused_lines_other, { count: 3 }) }).click();
  await expect(page.getByRole("dialog").getByText(fill(es.line, { line: 4 }), { exact: true })).toBeVisible();
  type Jobs = { items: { id: string; name: string; problem: Said | null }[] };
  const jobs = async () => ((await (await page.request.get(lrs.api("jobs"))).json()) as Jobs).items;
  const refused = (await (await page.request.get(lrs.api(`jobs/${(await jobs())[0]?.id}/refused`))).json()) as { items: Said[] };
  expect(refused.items.map(({ code }) => code)).toEqual(["line_not_json", "invalid_statement", "statement_conflict"]);
  await checkSpanish(page, refused.items);
  await page.getByRole("dialog").getByRole("button", { name: es.close }).click();

  await choose("array-roto.json", "[{]");
  await expect(page.getByRole("listitem").filter({ hasText: "array-roto.json" })).toContainText(es.job_failed);
  const failed = (await jobs()).flatMap(({ problem }) => (problem === null ? [] : [problem]));
  expect(failed.map(({ code }) => code)).toEqual(["not_an_array"]);
  await checkSpanish(page, failed);
});

test("the audit log says in Spanish who did what", async ({ owner: page }) => {
  // By name: other tests act too, and these are the oldest acts of all.
  await page.goto("/audit?action=account.first");
  const first = page.getByRole("listitem").filter({ hasText: "account.first" });
  await expect(first.getByText(es.act_account_first, { exact: true })).toBeVisible();
  await page.goto("/audit?action=setup.offer");
  const offer = page.getByRole("listitem").filter({ hasText: "setup.offer" });
  await expect(offer).toContainText(es.audit_server);
  await expect(offer).toContainText(es.audit_first_account);
});

test("a form says in Spanish what is wrong with a field", async ({ owner: page }) => {
  await page.goto("/settings");
  await page.getByLabel(es.password_old).fill(OWNER.password);
  await page.getByLabel(es.new_password).fill(OWNER.email);
  await page.getByRole("button", { name: es.password_change }).click();
  await expect(page.getByText(es.rule_password_unguessable)).toBeVisible();

  await page.goto("/lrs/default/statements?since=ayer");
  await expect(page.getByRole("alert")).toContainText(fill(es.rule_instant, { name: "since" }));
});
