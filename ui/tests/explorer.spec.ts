// The explorer against a plain look at every statement that was sent.

import { readFileSync } from "node:fs";
import type { Download, Page } from "@playwright/test";

import { expect, test } from "./fixtures";
import { course, lesson, mix, REGISTRATIONS, scan, sentReal, verb, type Asked, type Sent } from "./found";
import { OwnLrs } from "./lrs";
import { ANA, BJORN, tell } from "./statements";

let lrs: OwnLrs;
/** In the order in which they were stored. */
let all: Sent[];
/** Ids of people by their mailbox. */
const people = new Map<string, string>();

const MAILBOX = { ana: "mailto:ana.ruiz@example.org", bjorn: "mailto:bjorn@example.org" };

test.beforeAll(async ({ server }) => {
  lrs = await OwnLrs.create(server, "explorer");
  const mixed = mix(130);
  const batches = [sentReal(), mixed.slice(0, 80), mixed.slice(80)];
  for (const batch of batches) await lrs.send(batch.map((sent) => sent.statement));
  all = batches.flat();
  const stored = new Map<string, string>();
  for (let more: string | undefined = "statements?limit=500"; more !== undefined && more !== ""; ) {
    const page = (await (await lrs.xapi("GET", more)).json()) as { statements: { id: string; stored: string }[]; more?: string };
    for (const statement of page.statements) stored.set(statement.id, statement.stored);
    more = page.more?.replace("/xapi/", "");
  }
  all = all.map((sent) => ({ ...sent, stored: stored.get(sent.id) ?? "never" }));
});

/** The rows of the list as marks. */
function readMarks(page: Page): Promise<string[]> {
  return page.locator("[data-row]").evaluateAll((rows) => rows.map((row) => /mark\d+x/.exec(row.textContent)?.[0] ?? "real"));
}

/** The list shows exactly these, in this order; it is long enough for several pages. */
async function checkList(page: Page, expected: Sent[], what = ""): Promise<void> {
  if (expected.length === 0) {
    await expect(page.getByRole("heading", { name: "Nothing matches these filters" }), what).toBeVisible();
    return;
  }
  const marks = expected.map((sent) => sent.mark);
  await expect
    .poll(
      async () => {
        const shown = await readMarks(page);
        const more = page.getByRole("button", { name: "Show more" });
        // Whatever button is there at this moment: waiting for one would be for ever, once the last rows are here.
        if (shown.length < marks.length && shown.every((mark, at) => mark === marks[at])) await more.evaluateAll((found: HTMLElement[]) => found.forEach((button) => button.click()));
        return shown;
      },
      { message: what, intervals: [50, 100, 200] },
    )
    .toEqual(marks);
  const count = expected.length === 1 ? "1 entry, that is all" : `${expected.length} entries, that is all`;
  await expect(page.getByText(count), what).toBeVisible();
}

/** Waits until the directory of names and words has seen everything, and learns who is who. */
async function followLog(page: Page): Promise<void> {
  for (const mailbox of Object.values(MAILBOX)) {
    const wanted = scan(all, { person: [mailbox] }).length;
    await expect
      .poll(async () => {
        const answer = await page.request.get(lrs.api(`people?text=${mailbox.replace("mailto:", "")}`));
        const { items } = (await answer.json()) as { items: { person: string; identifiers: string[]; statements: number }[] };
        const found = items.find((person) => person.identifiers.some((identifier) => identifier.includes(mailbox)));
        if (found !== undefined) people.set(mailbox, found.person);
        return found?.statements;
      })
      .toBe(wanted);
  }
}

/** The filters as the app and its API have them. */
function queryOf(asked: Asked): Record<string, string> {
  const { person, ...rest } = asked;
  const query = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)]));
  return person === undefined ? query : { ...query, person: people.get(person[0] ?? "") ?? "nobody" };
}

test("every combination of filters finds what a look at every statement finds", async ({ owner: page }) => {
  await followLog(page);
  const middle = all.find((sent) => sent.mark === "mark079x")?.stored;
  const choices: [keyof Asked, Asked[keyof Asked][]][] = [
    ["person", [undefined, undefined, [MAILBOX.ana], [MAILBOX.bjorn]]],
    ["verb", [undefined, undefined, verb("completed"), verb("answered"), "http://id.tincanapi.com/verb/viewed"]],
    ["activity", [undefined, undefined, lesson(1), course("cardiology")]],
    ["related", [undefined, true]],
    ["registration", [undefined, undefined, undefined, ...REGISTRATIONS]],
    ["since", [undefined, undefined, middle]],
    ["until", [undefined, undefined, middle]],
    ["score_min", [undefined, undefined, undefined, 0, 40, 85.5]],
    ["score_max", [undefined, undefined, undefined, 84.9, 100, -20]],
    ["text", [undefined, undefined, "mitral", "electrocard", "ruiz compr", "mark07"]],
  ];
  let state = 7;
  const pick = <T>(from: T[]): T | undefined => from[(state = (state * 48271) % 2147483647) % from.length];
  let nonempty = 0;
  for (let round = 0; round < 200; round += 1) {
    const asked = Object.fromEntries(choices.map(([name, values]) => [name, pick(values)]).filter(([, value]) => value !== undefined)) as Asked;
    const expected = scan(all, asked).map((sent) => sent.id);
    const found: string[] = [];
    for (let cursor = ""; ; ) {
      const query = new URLSearchParams({ ...queryOf(asked), limit: "60", ...(cursor !== "" && { cursor }) });
      const answer = await page.request.get(lrs.api(`statements?${query.toString()}`));
      expect(answer.status(), await answer.text()).toBe(200);
      const { items, next } = (await answer.json()) as { items: { id: string }[]; next: string | null };
      found.push(...items.map((item) => item.id));
      if (next === null) break;
      cursor = next;
    }
    expect(found, JSON.stringify(asked)).toEqual(expected);
    if (found.length > 0) nonempty += 1;
  }
  expect(nonempty).toBeGreaterThan(50);
});

test("each filter is set by hand, stands in the address, and is taken away again", async ({ owner: page, context }) => {
  await followLog(page);
  await page.goto(lrs.page("statements"));
  await page.getByRole("button", { name: "Filters" }).click();
  const pills = page.getByRole("list", { name: "Active filters" });
  let asked: Asked = {};
  const add = async (next: Asked, act: () => Promise<void>, pill: string) => {
    await act();
    asked = { ...asked, ...next };
    await checkList(page, scan(all, asked), JSON.stringify(asked));
    await expect(pills.getByRole("listitem").filter({ hasText: pill })).toBeVisible();
    for (const [name, value] of Object.entries(queryOf(next))) {
      await expect.poll(() => new URL(page.url()).searchParams.get(name)?.replaceAll('"', "")).toBe(value);
    }
  };
  const remove = async (names: (keyof Asked)[], label: string) => {
    await pills.getByRole("button", { name: `Stop filtering by ${label}` }).click();
    for (const name of names) delete asked[name];
    await checkList(page, scan(all, asked), JSON.stringify(asked));
  };

  await add(
    { person: [MAILBOX.ana] },
    async () => {
      await page.getByRole("combobox", { name: "Person" }).fill("Anna Riuz");
      await page.getByRole("option", { name: /ana\.ruiz@example\.org/ }).click();
    },
    "Person: Ana Ruiz",
  );
  await add(
    { verb: verb("completed") },
    async () => {
      // Verbs that were used are offered by their names; any other is typed as it is.
      await page.getByRole("combobox", { name: "Verb" }).fill("Compl");
      await page.getByRole("option", { name: /completed/ }).click();
    },
    "Verb: completed",
  );
  await add({ score_min: 40 }, () => page.getByLabel("Score at least", { exact: true }).pressSequentially("40"), "Score at least: 40");
  await remove(["verb"], "Verb");
  await expect(page.getByRole("combobox", { name: "Verb" })).toHaveValue("");
  const typeVerb = async () => {
    await page.getByRole("combobox", { name: "Verb" }).fill(verb("failed"));
    await page.getByRole("combobox", { name: "Verb" }).press("Enter");
  };
  await add({ verb: verb("failed") }, typeVerb, "Verb: failed");
  await remove(["verb"], "Verb");
  await add({ score_max: 85 }, () => page.getByLabel("Score at most", { exact: true }).pressSequentially("85"), "Score at most: 85");
  await remove(["person"], "Person");
  await expect(page.getByRole("combobox", { name: "Person" })).toHaveValue("");
  await add({ registration: REGISTRATIONS[0] }, () => page.getByLabel("Registration", { exact: true }).fill(REGISTRATIONS[0] ?? ""), "Registration:");
  await remove(["score_min"], "Score at least");
  await expect(page.getByLabel("Score at least", { exact: true })).toHaveValue("");
  await add({ text: "airway" }, () => page.getByRole("searchbox", { name: "Search statements" }).fill("airway"), "Text: airway");

  // The same elsewhere: after a reload, and for whom the address was sent.
  await page.reload();
  await checkList(page, scan(all, asked));
  const other = await context.newPage();
  await other.goto(page.url());
  await checkList(other, scan(all, asked));
  await expect(other.getByRole("searchbox", { name: "Search statements" })).toHaveValue("airway");
  await other.close();
  // And back.
  await page.goBack();
  delete asked.text;
  await checkList(page, scan(all, asked), "back");
  await page.getByRole("button", { name: "Clear all" }).click();
  await checkList(page, all.toReversed(), "cleared");
});

test("an activity, what stands in its context, and times", async ({ owner: page }) => {
  await followLog(page);
  await page.goto(lrs.page("statements"));
  await page.getByRole("button", { name: "Filters" }).click();
  await page.getByRole("combobox", { name: "Activity" }).fill("mitral");
  await page.getByRole("option", { name: /Mitral valve/ }).click();
  await checkList(page, scan(all, { activity: lesson(1) }), "activity");
  await page.getByRole("button", { name: "Stop filtering by Activity" }).click();
  await page.getByRole("combobox", { name: "Activity" }).fill(course("cardiology"));
  await page.getByRole("combobox", { name: "Activity" }).press("Enter");
  await checkList(page, scan(all, { activity: course("cardiology") }), "course");
  await page.getByLabel("Also what belongs to the activity").check();
  await checkList(page, scan(all, { activity: course("cardiology"), related: true }), "related");
  await page.getByRole("button", { name: "Clear all" }).click();

  await page.getByLabel("Since", { exact: true }).fill("2099-01-01T10:30");
  await expect(page.getByRole("heading", { name: "Nothing matches these filters" })).toBeVisible();
  // Tests run in Madrid's zone.
  expect(new URL(page.url()).searchParams.get("since")).toContain("2099-01-01T09:30:00");
  await page.getByLabel("Since", { exact: true }).fill("2020-01-01T10:30");
  await checkList(page, all.toReversed(), "since");
  await page.getByLabel("Until", { exact: true }).fill("2020-01-02T10:30");
  await expect(page.getByRole("heading", { name: "Nothing matches these filters" })).toBeVisible();
  const middle = all.find((sent) => sent.mark === "mark079x")?.stored ?? "";
  for (const asked of [{ since: middle }, { until: middle }] as Asked[]) {
    await page.goto(lrs.page("statements", queryOf(asked)));
    await checkList(page, scan(all, asked), JSON.stringify(asked));
  }
});

/** A file that the browser was given. */
async function download(page: Page, item: string): Promise<{ text: string; file: Download }> {
  await page.getByRole("button", { name: "Download" }).click();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: item }).click()]);
  return { text: readFileSync(await file.path(), "utf8"), file };
}

test("what is filtered is downloaded, as statements and as a table", async ({ owner: page }) => {
  await followLog(page);
  const asked: Asked = { text: "valve", person: [MAILBOX.ana], score_min: -50 };
  const expected = scan(all, asked);
  expect(expected.length).toBeGreaterThan(2);
  await page.goto(lrs.page("statements", queryOf(asked)));
  await checkList(page, expected);

  const statements = await download(page, "As statements (NDJSON)");
  expect(statements.file.suggestedFilename()).toBe("explorer-statements.ndjson");
  const lines = statements.text.trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map((line) => line["id"])).toEqual(expected.map((sent) => sent.id));
  lines.forEach((line, at) => expect(line).toMatchObject({ ...expected[at]?.statement, stored: expected[at]?.stored }));

  const table = await download(page, "As a table (CSV)");
  expect(table.file.suggestedFilename()).toBe("explorer-statements.csv");
  const [head, ...rows] = table.text.trimEnd().split("\r\n").map((line) => line.split(","));
  expect(head?.slice(0, 4)).toEqual(["id", "stored", "timestamp", "actor"]);
  const column = (name: string) => rows.map((row) => row[head?.indexOf(name) ?? -1]);
  expect(column("id")).toEqual(expected.map((sent) => sent.id));
  expect(column("stored")).toEqual(expected.map((sent) => sent.stored));
  expect(column("response")).toEqual(expected.map((sent) => sent.mark));
  expect(new Set(column("actor"))).toEqual(new Set(["Ana Ruiz"]));
  expect(new Set(column("object_id"))).toEqual(new Set([lesson(1)]));
});

test("sentences, keys, and the statement as it was sent one click away", async ({ owner: page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await lrs.send([tell(BJORN, "failed", "Splinting", { score: { scaled: 0.4 }, success: false, duration: "PT8M" })]);
  // Numbers that JavaScript would spell, or round, in another way.
  const written = JSON.stringify(tell(ANA, "answered", "Dosage", { response: "12 mg", score: { raw: 5, min: 0, max: 10 } }))
    .replace('"raw":5', '"raw":5.00')
    .replace('"response":"12 mg"', '"response":"12 mg","extensions":{"https://example.org/serial":12345678901234567890}');
  await lrs.send(written);
  await page.goto(lrs.page("statements"));
  const rows = page.locator("[data-row]");
  await expect(rows.first()).toContainText("Ana Ruiz answered Dosage with 50%, answer “12 mg”");
  await expect(rows.nth(1)).toContainText("Björn Åkesson failed Splinting with 40%, not passed, 8 min");

  await page.keyboard.press("j");
  await expect(rows.first()).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("j");
  await expect(rows.nth(2)).toBeFocused();
  await page.keyboard.press("End");
  await expect(rows.last()).toBeFocused();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowUp");
  await expect(rows.first()).toBeFocused();
  await page.keyboard.press("Enter");

  const dialog = page.getByRole("dialog", { name: "Statement" });
  await expect(dialog).toContainText("score 50% · answer “12 mg”");
  const json = dialog.getByRole("region", { name: "The statement as JSON" });
  await expect(json).toContainText('"raw": 5.00');
  await expect(json).toContainText('"https://example.org/serial": 12345678901234567890');
  const colours = await json.evaluate((box) => {
    const colour = (text: string) => {
      const piece = [...box.querySelectorAll("span span")].find((span) => span.textContent === text);
      return piece && getComputedStyle(piece).color;
    };
    return [colour('"raw"'), colour("5.00"), colour('"12 mg"')];
  });
  expect(new Set(colours).size).toBe(3);
  expect(colours).not.toContain(undefined);
  await dialog.getByRole("button", { name: "Copy JSON" }).click();
  await expect(dialog.getByRole("button", { name: "Copied" })).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain("12345678901234567890");
  expect(JSON.parse(copied)).toMatchObject(JSON.parse(written) as Record<string, unknown>);

  // Letters are the dialog's now; Escape leads back to the row.
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(rows.first()).toBeFocused();
  await expect(page).not.toHaveURL(/statement=/);

  // More of the same, from a fact.
  await rows.nth(1).click();
  await dialog.getByRole("button", { name: "Show only Splinting" }).click();
  await expect(dialog).toBeHidden();
  await expect(rows).toHaveCount(1);
  await expect(page.getByRole("list", { name: "Active filters" })).toContainText("Activity: splinting");
});

test("statements slide in as they arrive, with filters too", async ({ owner: page, context }) => {
  await page.goto(lrs.page("statements"));
  await expect(page.locator("[data-row]").first()).toBeVisible();
  // This one arrives between the list and the live view.
  await lrs.send([tell(BJORN, "attempted", "Before live")]);
  let loads = 0;
  page.on("load", () => (loads += 1));
  await page.getByRole("switch", { name: "Live" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Live: 0 statements arrived" })).toBeVisible();
  await expect(page.locator("[data-row]").first()).toContainText("Björn Åkesson attempted Before live");

  const filtered = await context.newPage();
  const opened = filtered.waitForResponse((response) => response.url().includes("/live?"));
  await filtered.goto(lrs.page("statements", { verb: verb("attempted"), text: "tourniquet", score_min: "50", live: "true" }));
  expect((await opened).status()).toBe(200);
  await expect(filtered.getByRole("heading", { name: "Nothing matches these filters" })).toBeVisible();

  await lrs.send([
    tell(ANA, "attempted", "Tourniquet", { score: { scaled: 0.4 } }),
    tell(BJORN, "attempted", "Tourniquet", { score: { scaled: 0.6 } }),
    tell(BJORN, "completed", "Tourniquet", { score: { scaled: 0.7 } }),
    tell(ANA, "attempted", "Suture", { score: { scaled: 0.8 } }),
  ]);
  await expect(page.getByRole("status").filter({ hasText: "Live: 4 statements arrived" })).toBeVisible();
  const rows = page.locator("[data-row]");
  for (const [at, text] of ["Ana Ruiz attempted Suture", "Björn Åkesson completed Tourniquet", "Björn Åkesson attempted Tourniquet"].entries()) {
    await expect(rows.nth(at)).toContainText(text);
  }
  await expect(filtered.getByRole("status").filter({ hasText: "Live: 1 statement arrived" })).toBeVisible();
  await expect(filtered.locator("[data-row]")).toHaveCount(1);
  await expect(filtered.locator("[data-row]")).toContainText("Björn Åkesson attempted Tourniquet with 60%");
  // One that arrived is opened like any other.
  await rows.nth(2).click();
  await expect(page.getByRole("dialog", { name: "Statement" })).toContainText("attempted");
  expect(loads).toBe(0);
  await filtered.close();
});

test("a statement is voided with a reason, and shown as voided", async ({ owner: page }) => {
  await lrs.send([tell(ANA, "passed", "By mistake")]);
  await page.goto(lrs.page("statements"));
  const row = page.getByRole("button", { name: /Ana Ruiz passed By mistake/ });
  await row.click();
  const dialog = page.getByRole("dialog", { name: "Statement" });
  await dialog.getByRole("button", { name: "Void statement" }).click();
  const question = page.getByRole("dialog", { name: "Void statement" });
  await expect(question.getByRole("button", { name: "Void", exact: true })).toBeDisabled();
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect(question).toBeHidden();
  await dialog.getByRole("button", { name: "Void statement" }).click();
  await question.getByLabel("Reason").fill("It was a rehearsal.");
  await question.getByRole("button", { name: "Void", exact: true }).click();
  await expect(question).toBeHidden();
  await expect(dialog.getByText("This statement is voided")).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Void statement" })).toHaveCount(0);
  await expect(dialog).toContainText("It was a rehearsal.");
  const id = new URL(page.url()).searchParams.get("statement") ?? "";
  expect((await lrs.xapi("GET", `statements?voidedStatementId=${id}`)).status).toBe(200);

  await page.keyboard.press("Escape");
  await expect(row).toHaveCount(0);
  const voiding = page.locator("[data-row]").first();
  await expect(voiding).toContainText(`voided ${id}`);
  await voiding.click();
  await expect(dialog).toContainText(`Voids ${id}`);
  await expect(dialog.getByRole("region", { name: "The statement as JSON" })).toContainText("It was a rehearsal.");
});

const PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

test("attachments are previewed, and nothing in them runs", async ({ owner: page }) => {
  const script = "<script>alert(1)</script>";
  await lrs.sendAttached(
    tell(ANA, "attached", "Portfolio"),
    [
      { display: "A picture", contentType: "image/png", bytes: PIXEL },
      { display: "A note", contentType: "text/plain; charset=utf-8", bytes: Buffer.from(`Größe ${script}`) },
      { display: "A page", contentType: "text/html", bytes: Buffer.from(`<h1>Page</h1>${script}`) },
      { display: "A drawing", contentType: "image/svg+xml", bytes: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${script}</svg>`) },
      { display: "A certificate", contentType: "application/pdf", bytes: Buffer.from("%PDF-1.4 certificate") },
    ],
    [
      {
        usageType: "http://example.org/elsewhere",
        display: { en: "Kept elsewhere" },
        contentType: "image/png",
        length: 10,
        sha2: "0".repeat(64),
        fileUrl: "https://files.example.org/a.png",
      },
    ],
  );
  await page.goto(lrs.page("statements"));
  const row = page.getByRole("button", { name: /Ana Ruiz attached Portfolio/ });
  await expect(row).toContainText("6 attachments");
  await row.click();
  const dialog = page.getByRole("dialog", { name: "Statement" });
  const picture = dialog.getByRole("img", { name: "A picture" });
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1);
  await expect(dialog.getByLabel("A note")).toHaveText(`Größe ${script}`);
  await expect(dialog.getByLabel("A page")).toHaveText(`<h1>Page</h1>${script}`);
  await expect(dialog.getByRole("img", { name: "A drawing" })).toHaveCount(0);

  const links = { "A certificate": "attachment", "A page": "attachment", "A drawing": "attachment", "A picture": "inline" };
  for (const [name, disposition] of Object.entries(links)) {
    const link = dialog.getByRole("link", { name });
    await expect(link).toHaveAttribute("download", "");
    const answer = await page.request.get((await link.getAttribute("href")) ?? "");
    expect(answer.status(), name).toBe(200);
    const headers = answer.headers();
    expect(headers["content-disposition"], name).toContain(disposition);
    expect(headers["content-security-policy"], name).toContain("sandbox");
    expect(headers["x-content-type-options"], name).toBe("nosniff");
    expect(headers["content-type"], name).toBe(name === "A picture" ? "image/png" : "application/octet-stream");
  }
  const [file] = await Promise.all([page.waitForEvent("download"), dialog.getByRole("link", { name: "A certificate" }).click()]);
  expect(readFileSync(await file.path(), "utf8")).toBe("%PDF-1.4 certificate");
  // What another host keeps is only a link: nothing is asked of that host by itself.
  await expect(dialog.getByRole("link", { name: "https://files.example.org/a.png" })).toHaveAttribute("rel", "noopener noreferrer");
  await expect(dialog.getByRole("img", { name: "Kept elsewhere" })).toHaveCount(0);
});
