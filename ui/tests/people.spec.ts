// People and activities: finding, one person's page, two that are one, the tree.

import type { Page } from "@playwright/test";

import { expect, test } from "./fixtures";
import { OwnLrs } from "./lrs";
import { ANA, ANA_IN_MOODLE, BJORN } from "./statements";

const iri = (name: string) => `https://example.org/${name}`;
const COURSE = { id: iri("courses/emergency"), definition: { name: { en: "Emergency medicine" } } };
const PROGRAMME = { id: iri("programmes/nursing"), definition: { name: { en: "Nursing" } } };
const REGISTRATIONS = ["6b1e1f2c-0f5d-4a37-8c52-7a1c1f0b2a11", "9f0e4d3b-6a58-4c1d-b1de-33a3f6a0c922"];

interface Done {
  result?: object;
  registration?: string;
}

function did(actor: object, verb: string, name: string, { result, registration }: Done = {}): object {
  return {
    actor,
    verb: { id: `http://adlnet.gov/expapi/verbs/${verb}`, display: { en: verb } },
    object: {
      id: iri(`lessons/${name.toLowerCase().replaceAll(" ", "-")}`),
      definition: { name: { en: name }, description: { en: `All about ${name}.` }, type: "http://adlnet.gov/expapi/activities/lesson" },
    },
    context: {
      contextActivities: { parent: [COURSE], grouping: [PROGRAMME] },
      ...(registration !== undefined && { registration }),
    },
    ...(result && { result }),
  };
}

const [FIRST, SECOND] = REGISTRATIONS;
const DONE = [
  did(BJORN, "initialized", "Airway basics"),
  did(BJORN, "failed", "Airway basics", { result: { score: { scaled: 0.2 }, success: false, duration: "PT90S" } }),
  did(ANA_IN_MOODLE, "attempted", "Chest compressions", { result: { score: { scaled: 0.3 }, duration: "PT5M" } }),
  did(ANA_IN_MOODLE, "completed", "Wound care", { result: { completion: true, duration: "PT1H5M" } }),
  did(ANA, "initialized", "Airway basics", { registration: FIRST }),
  did(ANA, "failed", "Airway basics", { registration: FIRST, result: { score: { scaled: 0.4 }, success: false, duration: "PT8M" } }),
  did(ANA, "initialized", "Airway basics", { registration: SECOND }),
  did(ANA, "passed", "Airway basics", { registration: SECOND, result: { score: { raw: 17, min: 0, max: 20 }, success: true, duration: "PT12M" } }),
  did(ANA, "attempted", "Chest compressions"),
  did(ANA, "attempted", "Chest compressions"),
  did(ANA, "completed", "Chest compressions"),
];

let lrs: OwnLrs;

test.beforeAll(async ({ server }) => {
  lrs = await OwnLrs.create(server, "people");
  for (const one of DONE) await lrs.send(one);
  const agent = encodeURIComponent(JSON.stringify({ mbox: ANA.mbox }));
  const activity = encodeURIComponent(iri("lessons/airway-basics"));
  const state = (id: string, rest = "") => `activities/state?activityId=${activity}&agent=${agent}&stateId=${id}${rest}`;
  const json = { contentType: "application/json" };
  await lrs.xapi("PUT", state("bookmark"), { ...json, body: '{"page":7}' });
  await lrs.xapi("PUT", state("suspend", `&registration=${FIRST}`), { ...json, body: '{"slide":3}' });
  await lrs.xapi("POST", `agents/profile?agent=${agent}&profileId=preferences`, { contentType: "text/plain", body: "large letters" });
});

/** The list of people, once it has seen everything that was sent. */
async function openPeople(page: Page): Promise<void> {
  await expect
    .poll(async () => {
      const answer = await page.request.get(lrs.api("people"));
      const { items } = (await answer.json()) as { items: { statements: number }[] };
      return items.reduce((sum, person) => sum + person.statements, 0);
    })
    .toBe(DONE.length);
  await page.goto(lrs.page("people"));
}

const names = (page: Page) => page.getByRole("list", { name: "People" }).getByRole("listitem");

test("a learner is found by a name that is not spelt well, by mailbox, by account", async ({ owner: page }) => {
  await openPeople(page);
  await expect(names(page)).toHaveText([/Ana Ruiz.*7 statements/, /Ana Ruiz Gómez.*2 statements/, /Björn Åkesson.*2 statements/]);
  const box = page.getByRole("searchbox", { name: "Search people" });
  for (const [typed, found] of [
    ["bjorn akeson", [/Björn Åkesson/]],
    ["Akesson, Bjrön", [/Björn Åkesson/]],
    ["anna riuz", [/Ana Ruiz/, /Ana Ruiz Gómez/]],
    ["gomes", [/Ana Ruiz Gómez/]],
    ["ana.ruiz@example.org", [/Ana Ruiz.*7 statements/]],
    ["aruiz", [/Ana Ruiz Gómez/]],
    ["zzzz", []],
  ] as const) {
    await box.fill(typed);
    if (found.length === 0) await expect(page.getByRole("heading", { name: "Nobody found" })).toBeVisible();
    else await expect(names(page), typed).toHaveText([...found]);
  }
  await page.reload();
  await expect(box).toHaveValue("zzzz");
  await box.fill("");
  await expect(names(page)).toHaveCount(3);
});

/** The cells of a table's rows. */
function cells(page: Page, label: string): Promise<string[][]> {
  return page
    .getByRole("table", { name: label })
    .locator("tbody tr")
    .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll("td")].map((cell) => (cell as HTMLElement).innerText.trim().replaceAll(/\s+/g, " "))));
}

const figure = (page: Page, label: string) => page.getByRole("main").getByText(label, { exact: true }).first().locator("xpath=..");

test("a person's page tells what they did, how well, for how long, and what content keeps of them", async ({ owner: page }) => {
  await openPeople(page);
  await names(page).first().click();
  await expect(page.getByRole("heading", { name: "Ana Ruiz", level: 1 })).toBeVisible();
  await expect(figure(page, "Statements")).toContainText("7");
  await expect(figure(page, "Time spent")).toContainText("20 min");
  await expect(page.locator("[class*=Timeline-itemTitle]")).toHaveText([
    "Ana Ruiz completed Chest compressions",
    "Ana Ruiz attempted Chest compressions",
    "Ana Ruiz attempted Chest compressions",
    "Ana Ruiz passed Airway basics with 85%, 12 min",
    "Ana Ruiz initialized Airway basics",
    "Ana Ruiz failed Airway basics with 40%, not passed, 8 min",
    "Ana Ruiz initialized Airway basics",
  ]);

  await page.getByRole("tab", { name: "Activities (2)" }).click();
  await expect.poll(() => cells(page, "Activities").then((rows) => rows.map((row) => row.slice(0, 5)))).toEqual([
    ["Chest compressions", "COMPLETED", "2", "–", "–"],
    ["Airway basics", "PASSED", "2", "85%", "20 min"],
  ]);
  await page.getByRole("tab", { name: "Documents (3)" }).click();
  const documents = (await cells(page, "Documents")).map((row) => row.slice(0, 4));
  expect(documents.sort((one, other) => ((one[0] ?? "") < (other[0] ?? "") ? -1 : 1))).toEqual([
    ["bookmark application/json", "State", "airway-basics", "10 bytes"],
    ["preferences text/plain", "Profile", "–", "13 bytes"],
    ["suspend", "State", "airway-basics", "–"],
  ]);

  await page.getByRole("tab", { name: "Timeline" }).click();
  await page.getByRole("link", { name: "Show statement" }).first().click();
  await expect(page.getByRole("dialog", { name: "Statement" })).toContainText("Chest compressions");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("list", { name: "Active filters" })).toContainText("Person: Ana Ruiz");
  await expect(page.locator("[data-row]")).toHaveCount(7);
});

/** What the explorer shows of a person. */
async function checkExplorer(page: Page, person: string, count: number): Promise<void> {
  await page.goto(lrs.page("statements", { person }));
  await expect(page.getByText(`${count} entries, that is all`)).toBeVisible();
  await expect(page.locator("[data-row]")).toHaveCount(count);
}

test("two that are one are merged, everywhere, and taken apart again", async ({ owner: page }) => {
  await openPeople(page);
  const personAt = async (name: string) => {
    await page.goto(lrs.page("people"));
    await names(page).filter({ hasText: name }).first().click();
    await expect(page).toHaveURL(/people\/[^/?]+$/);
    return new URL(page.url()).pathname.split("/").at(-1) ?? "";
  };
  const inMoodle = await personAt("aruiz");
  await expect(figure(page, "Statements")).toContainText("2");
  const ana = await personAt("ana.ruiz@example.org");
  expect(ana).not.toBe(inMoodle);
  await checkExplorer(page, ana, 7);
  await checkExplorer(page, inMoodle, 2);

  await page.goto(lrs.page(`people/${ana}`));
  await page.getByRole("tab", { name: "Identifiers (1)" }).click();
  await page.getByRole("combobox", { name: "Person to merge with" }).fill("gomez");
  await page.getByRole("option", { name: /Ana Ruiz Gómez/ }).click();
  const question = page.getByRole("dialog", { name: "Merge with another person" });
  await expect(question).toContainText("Ana Ruiz Gómez becomes a part of Ana Ruiz.");
  await question.getByRole("button", { name: "Merge" }).click();
  await expect(page.getByRole("tab", { name: "Identifiers (2)" })).toBeVisible();

  for (const person of [ana, inMoodle]) {
    await page.goto(lrs.page(`people/${person}`));
    await expect(figure(page, "Statements")).toContainText("9");
    await expect(figure(page, "Time spent")).toContainText("1 hr 30 min");
    await page.getByRole("tab", { name: "Activities (3)" }).click();
    const rows = (await cells(page, "Activities")).map((row) => row.slice(0, 5)).sort();
    expect(rows).toEqual([
      ["Airway basics", "PASSED", "2", "85%", "20 min"],
      ["Chest compressions", "COMPLETED", "3", "30%", "5 min"],
      ["Wound care", "COMPLETED", "1", "–", "1 hr 5 min"],
    ]);
    await checkExplorer(page, person, 9);
  }
  await page.goto(lrs.page("people"));
  await expect(names(page)).toHaveText([/Ana Ruiz.*aruiz.*9 statements/, /Björn Åkesson/]);

  await names(page).first().click();
  await page.getByRole("tab", { name: "Identifiers (2)" }).click();
  await page.getByRole("button", { name: "Undo the merge of aruiz" }).click();
  await expect(page.getByRole("tab", { name: "Identifiers (1)" })).toBeVisible();
  await expect(page.getByRole("button", { name: /Undo the merge/ })).toHaveCount(0);
  for (const [person, count] of [
    [ana, 7],
    [inMoodle, 2],
  ] as const) {
    await page.goto(lrs.page(`people/${person}`));
    await expect(figure(page, "Statements")).toContainText(String(count));
    await checkExplorer(page, person, count);
  }
});

test("activities are a tree with counts, and each has a page", async ({ owner: page }) => {
  await openPeople(page);
  await page.goto(lrs.page("activities"));
  const tree = page.getByRole("list", { name: "Activities" });
  const node = (name: string) => tree.getByRole("listitem").filter({ has: page.getByRole("link", { name, exact: true }) }).last();
  await expect(tree.getByRole("link")).toHaveText(["Nursing"]);
  await page.getByRole("button", { name: "Activities in Nursing" }).click();
  await page.getByRole("button", { name: "Activities in Emergency medicine" }).click();
  for (const [name, count] of [["Airway basics", 6], ["Chest compressions", 4], ["Wound care", 1]] as const) {
    await expect(node(name), name).toContainText(count === 1 ? "1 statement ·" : `${count} statements`);
  }
  await expect(node("Airway basics")).toContainText("lesson");

  await page.getByRole("searchbox", { name: "Search activities" }).fill("compr");
  await expect(tree.getByRole("link")).toHaveText(["Chest compressions"]);
  await page.getByRole("searchbox", { name: "Search activities" }).fill("nothing like it");
  await expect(page.getByRole("heading", { name: "Nothing with this name" })).toBeVisible();

  await page.goto(lrs.page("activity", { id: iri("lessons/airway-basics") }));
  await expect(page.getByRole("heading", { name: "Airway basics", level: 1 })).toBeVisible();
  await expect(page.getByText("All about Airway basics.", { exact: true })).toBeVisible();
  await expect(figure(page, "Statements")).toContainText("6");
  await expect(figure(page, "People")).toContainText("2");
  await expect(page.getByRole("region", { name: "Definition" })).toContainText('"All about Airway basics."');
  await page.getByRole("link", { name: "Show statements" }).click();
  await expect(page.locator("[data-row]")).toHaveCount(6);
  await page.goBack();
  await page.getByRole("main").getByRole("link", { name: "Emergency medicine" }).click();
  await expect(page.getByRole("heading", { name: "Emergency medicine", level: 1 })).toBeVisible();
  await expect(page.getByRole("main").getByRole("link", { name: "Wound care" })).toBeVisible();
});
