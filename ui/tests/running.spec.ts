// Running an LRS: keys, the flight recorder, import, operations.

import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";

import { es } from "../src/i18n/es";
import { fill } from "../src/i18n/fill";
import { findViolations } from "./axe";
import { expect, test } from "./fixtures";
import type { Credentials, Server } from "./server";
import { ANA, BJORN, tell } from "./statements";

const LRS = "/lrs/default";

/** The card of a key. */
const card = (page: Page, label: string) => page.getByRole("article", { name: label, exact: true });

/** Fills and sends the form of a new key; the key as the page shows it, this once. */
async function createKey(page: Page, label: string, more?: (page: Page) => Promise<void>): Promise<Credentials> {
  await page.goto(`${LRS}/keys`);
  await page.getByRole("button", { name: "New key" }).click();
  const dialog = page.getByRole("dialog", { name: "New key" });
  await dialog.getByLabel("Name of the source").fill(label);
  await more?.(page);
  await dialog.getByRole("button", { name: "Create key" }).click();
  await expect(dialog.getByText("Shown only now")).toBeVisible();
  await expect(dialog.locator("[data-secret=Endpoint]")).toHaveText(`${new URL(page.url()).origin}/xapi`);
  const made = await readSecret(page);
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText(made.secret)).toHaveCount(0);
  return made;
}

async function readSecret(page: Page): Promise<Credentials> {
  const read = (name: string) => page.getByRole("dialog").locator(`[data-secret="${name}"]`).innerText();
  return { key: await read("Key"), secret: await read("Secret") };
}

/** What a key gets for one statement. */
const statusOf = async (server: Server, credentials: Credentials) => (await server.send(tell(BJORN, "attempted", "Key check"), credentials)).status;

test("a key is made with scope, limit and end, used, changed, and its use is shown", async ({ owner: page, server }) => {
  const key = await createKey(page, "Moodle of the clinic", async () => {
    await page.getByRole("checkbox", { name: "statements/read", exact: true }).check();
    await page.getByLabel("Requests a second").fill("50");
    await page.getByLabel("Expires").fill("2099-12-31T10:30");
  });
  const moodle = card(page, "Moodle of the clinic");
  await expect(moodle).toContainText(key.key);
  await expect(moodle).toContainText("Never used");
  await expect(moodle).toContainText("50 a second");
  await expect(moodle).toContainText("Dec 31, 2099, 10:30:00 AM");
  await expect(moodle.getByText("statements/write", { exact: true })).toBeVisible();
  await expect(moodle.getByText("statements/read", { exact: true })).toBeVisible();

  expect(await statusOf(server, key)).toBe(200);
  expect((await server.send([tell(ANA, "attempted", "Key check"), tell(ANA, "passed", "Key check")], key)).status).toBe(200);
  expect((await server.send({ nonsense: true }, key)).status).toBe(400);
  const document = await fetch(`${server.address}/xapi/agents/profile?agent={}&profileId=x`, { headers: server.headers(key) });
  expect(document.status).toBe(403);

  await page.reload();
  await expect(moodle).toContainText("Active");
  await expect(moodle).toContainText("node");
  await expect(moodle.getByText("Statements", { exact: true }).locator("xpath=..")).toContainText("3");
  const refused = moodle.getByText("Refused", { exact: true }).locator("xpath=..");
  await expect(refused).toContainText("2");
  await refused.getByRole("link").click();
  await expect(page).toHaveURL(new RegExp(`/refusals\\?key=${key.key}`));
  await expect(page.getByRole("listitem").filter({ hasText: "Moodle of the clinic" })).toHaveCount(2);

  await page.goto(`${LRS}/keys`);
  await moodle.getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog", { name: "Moodle of the clinic" });
  await expect(dialog.getByLabel("Expires")).toHaveValue("2099-12-31T10:30");
  await dialog.getByLabel("Name of the source").fill("Moodle, second floor");
  await dialog.getByLabel("Requests a second").fill("");
  await dialog.getByRole("checkbox", { name: "statements/write", exact: true }).uncheck();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(card(page, "Moodle, second floor")).toContainText("no limit");
  expect(await statusOf(server, key)).toBe(403);
});

test("a key of one request a second is told to wait", { tag: "@once" }, async ({ owner: page, server }) => {
  const key = await createKey(page, "Impatient", async () => page.getByLabel("Requests a second").fill("1"));
  const answers = await Promise.all(Array.from({ length: 12 }, () => statusOf(server, key)));
  expect(answers).toContain(200);
  expect(answers).toContain(429);
});

test("a new secret works at once, the old one as long as was chosen", async ({ owner: page, server }) => {
  const first = await createKey(page, "Rotating");
  const rotate = async (grace: string) => {
    await card(page, "Rotating").getByRole("button", { name: "New secret" }).click();
    const dialog = page.getByRole("dialog", { name: "New secret for Rotating" });
    await dialog.getByRole("combobox", { name: "The old secret keeps working for" }).click();
    await page.getByRole("option", { name: grace }).click();
    await dialog.getByRole("button", { name: "New secret" }).click();
    await expect(dialog.getByText("Shown only now")).toBeVisible();
    const made = await readSecret(page);
    await dialog.getByRole("button", { name: "Done" }).click();
    await expect(dialog).toBeHidden();
    return made;
  };
  const second = await rotate("One hour");
  expect(second.key).toBe(first.key);
  expect(second.secret).not.toBe(first.secret);
  await expect(card(page, "Rotating")).toContainText("The old secret works until");
  expect([await statusOf(server, first), await statusOf(server, second)]).toEqual([200, 200]);

  const third = await rotate("No time at all");
  await expect(card(page, "Rotating")).not.toContainText("The old secret works until");
  expect([await statusOf(server, first), await statusOf(server, second), await statusOf(server, third)]).toEqual([401, 401, 200]);
});

test("a revoked key opens nothing any more", async ({ owner: page, server }) => {
  const key = await createKey(page, "To be revoked");
  expect(await statusOf(server, key)).toBe(200);
  await card(page, "To be revoked").getByRole("button", { name: "Revoke" }).click();
  const dialog = page.getByRole("dialog", { name: "Revoke To be revoked?" });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog).toBeHidden();
  expect(await statusOf(server, key)).toBe(200);
  await card(page, "To be revoked").getByRole("button", { name: "Revoke" }).click();
  await dialog.getByRole("button", { name: "Revoke" }).click();
  await expect(card(page, "To be revoked")).toContainText("Revoked");
  await expect(card(page, "To be revoked").getByRole("button", { name: "New secret" })).toHaveCount(0);
  expect(await statusOf(server, key)).toBe(401);

  // Whoever goes on trying is seen.
  await page.goto(`${LRS}/refusals?key=${key.key}`);
  await expect(page.getByRole("listitem").filter({ hasText: "The key was revoked." })).toBeVisible();
});

test("a source that fell silent is marked", async ({ owner: page, server }) => {
  const key = await createKey(page, "Sensor in the hall");
  await page.goto(`${LRS}/keys`);
  await expect(card(page, "Sensor in the hall")).toContainText("Never used");
  // It sent each hour for five days, until three days ago.
  await server.pretendUse(key.key, { daysUsed: 5, pauseSeconds: 3600, lastUsed: new Date(Date.now() - 3 * 86_400_000) });
  await page.reload();
  await expect(card(page, "Sensor in the hall")).toContainText("Silent");
  await expect(card(page, "Sensor in the hall")).toContainText("3 days ago");
  await expect(page.getByRole("note", { name: "1 source fell silent" })).toBeVisible();
  expect(await statusOf(server, key)).toBe(200);
  await page.reload();
  await expect(card(page, "Sensor in the hall")).toContainText("Active");
  await expect(page.getByText(/fell silent/)).toHaveCount(0);
});

/** The page of the one request of a key that was refused. */
async function openRefusal(page: Page, key: Credentials, row: RegExp): Promise<void> {
  await page.goto(`${LRS}/refusals?key=${key.key}`);
  await page.getByRole("listitem").filter({ hasText: row }).getByRole("link").click();
}

test("a refused statement shows every broken rule at its place, is mended and sent again", async ({ owner: page, server }) => {
  const key = await createKey(page, "Storyline");
  const good = tell(ANA, "completed", "Wound care");
  const bad = { ...good, actor: { ...ANA, mbox: "ana.ruiz" }, verb: { id: "completed" }, context: { registration: "abc" } };
  const refused = await server.send([tell(BJORN, "completed", "Wound care"), bad], key);
  expect(refused.status).toBe(400);

  await openRefusal(page, key, /3 broken rules/);
  await expect(page.getByRole("heading", { name: "3 broken rules", level: 1 })).toBeVisible();
  const body = page.getByRole("region", { name: "What was sent" });
  const notes = body.getByRole("note");
  await expect(notes).toHaveCount(3);
  // Each note stands right below the line that breaks the rule.
  for (const [pointer, line] of [
    ["/actor/mbox", '"mbox": "ana.ruiz"'],
    ["/verb/id", '"id": "completed"'],
    ["/context/registration", '"registration": "abc"'],
  ] as const) {
    const note = notes.filter({ hasText: `${pointer}: expected` });
    await expect(note).toBeVisible();
    await expect(note.locator("xpath=preceding-sibling::*[1]")).toContainText(line);
  }

  await page.getByRole("tab", { name: "Mend and send again" }).click();
  const editor = page.getByLabel("Body to send");
  const text = await editor.inputValue();
  // Half mended, it is refused again and says why.
  await editor.fill(text.replace('"ana.ruiz"', '"mailto:ana.ruiz@example.org"'));
  await page.getByRole("button", { name: "Send again" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Refused again, with 400" })).toContainText("/verb/id");
  await page.getByRole("button", { name: "Undo my changes" }).click();
  await expect(editor).toHaveValue(text);

  await editor.fill(
    text.replace('"ana.ruiz"', '"mailto:ana.ruiz@example.org"')
      .replace('"id": "completed"', '"id": "http://adlnet.gov/expapi/verbs/completed", "display": { "en": "completed" }')
      .replace('"abc"', '"5f0c3a52-4b3e-4a39-9a4e-0d1c2b3a4f5e"'),
  );
  await page.getByRole("button", { name: "Send again" }).click();
  // Not the refusal of before, which says that nothing was stored.
  await expect(page.getByRole("status").getByText("Stored", { exact: true })).toBeVisible();

  await page.goto(`${LRS}/refusals?key=${key.key}`);
  await expect(page.getByRole("listitem").filter({ hasText: "Sent again" })).toBeVisible();
  await page.goto(`${LRS}/statements?registration=5f0c3a52-4b3e-4a39-9a4e-0d1c2b3a4f5e`);
  await expect(page.getByRole("button", { name: /Ana Ruiz completed Wound care/ })).toBeVisible();
});

test("a rule broken deep in a long batch is shown too", { tag: "@once" }, async ({ owner: page, server }) => {
  const key = await createKey(page, "Long batches");
  const batch = Array.from({ length: 300 }, () => tell(BJORN, "attempted", "Long batch"));
  batch[290] = { ...batch[290], timestamp: "yesterday" };
  expect((await server.send(batch, key)).status).toBe(400);
  await openRefusal(page, key, /1 broken rule/);
  const note = page.getByRole("region", { name: "What was sent" }).getByRole("note");
  await expect(note).toContainText("/timestamp");
  await expect(note.locator("xpath=preceding-sibling::*[1]")).toContainText('"timestamp": "yesterday"');
});

/** Drops a file onto the box for imports, as a mouse does. */
async function dropFile(page: Page, name: string, text: string): Promise<void> {
  const data = await page.evaluateHandle(
    ([name, text]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text ?? ""], name ?? "", { type: "application/x-ndjson" }));
      return transfer;
    },
    [name, text],
  );
  const box = page.getByRole("region", { name: "Import statements" });
  await box.dispatchEvent("dragover", { dataTransfer: data });
  await box.dispatchEvent("drop", { dataTransfer: data });
}

test("a dropped file is imported, with its progress and the lines that were refused", async ({ owner: page }) => {
  const lines = Array.from({ length: 400 }, (_, at) => JSON.stringify(tell(ANA, "experienced", `Imported ${at}`)));
  lines[10] = "this is no JSON";
  lines[20] = JSON.stringify({ ...tell(ANA, "experienced", "Imported 20"), actor: { name: "Nobody" } });

  await page.goto(`${LRS}/operations`);
  // The upload waits until its progress was seen.
  let goOn = () => {};
  const seen = new Promise<void>((resolve) => (goOn = resolve));
  await page.route("**/jobs/import**", async (route) => {
    await seen;
    await route.continue();
  });
  await dropFile(page, "from-the-old-lrs.ndjson", lines.join("\n"));
  await expect(page.getByRole("progressbar", { name: "Import statements" })).toHaveAttribute("aria-valuenow", /\d/);
  await expect(page.getByRole("status").filter({ hasText: "Sending the file" })).toBeVisible();
  goOn();

  const job = page.getByRole("list", { name: "Jobs" }).getByRole("listitem").filter({ hasText: "from-the-old-lrs.ndjson" });
  await expect(job).toContainText("Done");
  await expect(job).toContainText("398 statements accepted");
  await job.getByRole("button", { name: "2 refused lines" }).click();
  const report = page.getByRole("dialog", { name: "Refused lines" });
  await expect(report.getByText("Line 11", { exact: true })).toBeVisible();
  await expect(report.getByText("this is no JSON")).toBeVisible();
  await expect(report.getByText("Line 21", { exact: true })).toBeVisible();
  await expect(report.getByText(/\/actor/).first()).toBeVisible();
  await report.getByRole("button", { name: "Close" }).click();

  await page.goto(`${LRS}/statements?text=${encodeURIComponent("Imported 399")}`);
  await expect(page.getByRole("button", { name: /Ana Ruiz experienced Imported 399/ })).toBeVisible();
});

test("a file can be chosen too, and one that is no statements says so", { tag: "@once" }, async ({ owner: page }) => {
  await page.goto(`${LRS}/operations`);
  const choose = page.getByRole("region", { name: "Import statements" }).locator("input[type=file]");
  await choose.setInputFiles({ name: "photo.json", mimeType: "application/json", buffer: readFileSync(new URL(import.meta.url)) });
  const job = page.getByRole("list", { name: "Jobs" }).getByRole("listitem").filter({ hasText: "photo.json" });
  await expect(job).toContainText("0 statements accepted");
  await expect(job.getByRole("button", { name: /refused lines/ })).toBeVisible();
  await choose.setInputFiles({ name: "broken.json", mimeType: "application/json", buffer: Buffer.from("[{]") });
  const broken = page.getByRole("list", { name: "Jobs" }).getByRole("listitem").filter({ hasText: "broken.json" });
  await expect(broken).toContainText("Failed");
  await expect(broken).toContainText("begins as a JSON array and is none");
});

/** The server of the tests may run without `fsync`, and then Lyceum warns of that. */
const HEALTH = /All is well|Setting fsync: off/;

test("operations show health, size, growth, followers and checks", async ({ owner: page, server, store }) => {
  await page.goto(`${LRS}/operations`);
  await expect(page.getByText(HEALTH).first()).toBeVisible();
  const figure = (name: string) => page.getByRole("main").getByText(name, { exact: true }).locator("xpath=..");
  const before = Number((await figure("Statements").innerText()).replace(/\D/g, ""));
  expect(before).toBeGreaterThan(20);
  await expect(figure("Size of the store")).toContainText(/\d (kB|MB)/);
  await expect(page.getByText("Checks", { exact: true })).toBeVisible();
  await expect(page.getByRole("img", { name: "In order" }).first()).toBeVisible();
  if (store === "embedded") await expect(page.getByRole("img", { name: "Needs attention" })).toHaveCount(0);

  // It follows what happens, without being asked again.
  await server.sendAll([tell(ANA, "attempted", "Operations")]);
  await expect.poll(async () => Number((await figure("Statements").innerText()).replace(/\D/g, ""))).toBe(before + 1);
  await expect(page.getByRole("progressbar", { name: "Names, words and figures" })).toHaveAttribute("aria-valuenow", "100");
  await expect(page.getByText("Up to date")).toBeVisible();
  await page.getByText("Show the numbers").click();
  const today = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date());
  await expect(page.getByRole("listitem").filter({ hasText: `${today}: ${before + 1}` })).toBeVisible();
});

test("operations are asked for again after the server was away", { tag: "@once" }, async ({ owner: page }) => {
  await page.route("**/api/v1/**/operations", (route) => route.abort());
  await page.goto(`${LRS}/operations`);
  await expect(page.getByRole("alert")).toContainText("The server cannot be reached");
  await page.unroute("**/api/v1/**/operations");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText(HEALTH).first()).toBeVisible();
});

test("a failure is told in the reader's language by its code, and in the server's words where the code is not known", { tag: "@once" }, async ({ owner: page }) => {
  await page.addInitScript(() => localStorage.setItem("lyceum-language", "es"));
  const failures = [
    ["corrupt_data", es.failure_corrupt_data],
    ["not_found", es.failure_not_found],
    ["store_unavailable", fill(es.failure_store_unavailable, { obstacle: es.obstacle_database_disk_full }), { obstacle: { code: "database_disk_full" } }],
    ["too_large", fill(es.failure_too_large, { max: "1.048.576", limit: es.limit_bytes_of_document }), { max: 1048576, limit: { code: "bytes_of_document" } }],
    ["too_many_requests", "The disk is full.", { a_value_of_later: 1 }],
    ["invalid_request", "The disk is full.", { rule: { code: "a_rule_of_later" } }],
    ["a_code_of_later", "The disk is full."],
  ] as const;
  for (const [code, text, values] of failures) {
    await page.route("**/api/v1/**/operations", (route) =>
      route.fulfill({ status: 404, json: { error: { status: 404, code, values, message: "The disk is full.", request_id: "r-1" } } }),
    );
    await page.goto(`${LRS}/operations`);
    await expect(page.getByRole("alert")).toContainText(text);
    await expect(page.getByRole("alert")).toContainText(fill(es.error_request, { id: "r-1" }));
    await page.unroute("**/api/v1/**/operations");
  }
});

interface ToldCheck {
  ok: boolean;
  error: boolean;
  detail: string;
  subject: { code: string };
  seen: { code: string };
  advice: { code: string } | null;
}

test("what the server found when it checked itself is told in the reader's language", async ({ owner: page, store }) => {
  await page.addInitScript(() => localStorage.setItem("lyceum-language", "es"));
  const answer = page.waitForResponse((response) => new URL(response.url()).pathname === "/api/v1/lrss/default/operations");
  await page.goto(`${LRS}/operations`);
  const { checks } = (await (await answer).json()) as { checks: ToldCheck[] };
  expect(checks.length).toBeGreaterThan(3);
  const panel = page.getByRole("heading", { name: es.checks_title }).locator("xpath=..");
  await expect(panel).toContainText(es.checks_text);
  for (const { subject, seen, advice, ok, detail } of checks) {
    expect([subject.code, seen.code, advice?.code], detail).not.toContain("in_words");
    expect(advice === null, detail).toBe(ok);
    // A sentence that holds nothing but a value, such as a setting's, is the same in both languages.
    if (seen.code !== "setting_value" && seen.code !== "server_version") await expect(panel).not.toContainText(detail);
  }
  await expect(panel).toContainText(store === "embedded" ? es.seen_pages_sound : es.seen_no_dead_rows);
  await expect(panel.locator("[lang]")).toHaveCount(0);
  await expect(page.getByText(es.jobs_text)).toBeVisible();
});

test("trouble is told with what to do, numbers and sizes as the reader writes them", { tag: "@once" }, async ({ owner: page }) => {
  const check = (error: boolean, subject: object, seen: object, advice: object) => ({ name: "x", ok: false, error, detail: "x", subject, seen, advice });
  const first = [
    { code: "attachment_resized", values: { path: "/a", found_bytes: 1_234_000, expected_bytes: 5 } },
    { code: "file_unreadable", values: { path: "/b", reason: "No such file" } },
  ];
  const checks = [
    check(true, { code: "disk_space" }, { code: "disk_full", values: { free_bytes: 12_345_678 } }, { code: "free_space" }),
    check(true, { code: "attachments" }, { code: "faults", values: { count: 4321, first } }, { code: "bring_attachments_back" }),
    check(false, { code: "clock" }, { code: "clock_wrong", values: { seen_at: "2026-11-28T09:00:00Z", stored_at: "2027-01-02T09:00:00Z" } }, { code: "set_clock" }),
    check(false, { code: "long_transactions" }, { code: "longest_transaction", values: { open_seconds: 7_260.4 } }, { code: "end_transaction" }),
    check(true, { code: "setting", values: { name: "fsync" } }, { code: "setting_value", values: { value: "off" } }, { code: "set_setting", values: { setting: "fsync", value: "on" } }),
  ];
  await page.route("**/api/v1/**/operations", async (route) => {
    const response = await route.fetch();
    const told = (await response.json()) as object;
    await route.fulfill({ response, json: { ...told, checks, health: { ready: false, reason: "disk space: x" } } });
  });
  await page.addInitScript(() => localStorage.setItem("lyceum-language", "es"));
  await page.goto(`${LRS}/operations`);
  const panel = page.getByRole("heading", { name: es.checks_title }).locator("xpath=..");
  const words = async (place: typeof panel) => (await place.innerText()).replaceAll("\u00a0", " ");
  await expect(page.getByRole("alert")).toContainText(es.subject_disk_space);
  expect(await words(page.getByRole("alert"))).toContain("Quedan 12,3 MB libres: pronto no se podrá escribir.");
  const shown = await words(panel);
  for (const text of [
    "Quedan 12,3 MB libres: pronto no se podrá escribir.",
    es.advice_free_space,
    "Fallos: 4321. Los primeros: /a tiene 1,2 MB en lugar de 5 bytes, /b: No such file",
    es.advice_bring_attachments_back,
    "2 ene 2027",
    "La más larga lleva abierta 2 h 1 min.",
    "Ajuste fsync",
    "Ponga fsync = on en postgresql.conf",
  ]) {
    expect(shown).toContain(text);
  }
  expect(await findViolations(page)).toEqual([]);
});
