// What rules of xAPI ask for comes from the server in English: a Spanish reader reads it in Spanish, for every request that the project's own
// requirements refuse.

import { readdirSync, readFileSync } from "node:fs";

import { sayCoded, sayViolation, type BrokenRule, type Reader } from "../src/i18n/coded";
import { es, rules } from "../src/i18n/es";
import { fill, placesOf } from "../src/i18n/fill";
import { translateRule } from "../src/i18n/rules";
import { expect, test } from "./fixtures";
import { OwnLrs } from "./lrs";
import type { Server } from "./server";

/** Names, media types and what else is the same in both languages. */
const SAME = new Set(["JSON", "application/json", "binary", "multipart/mixed"]);
const isSame = (phrase: string) => SAME.has(phrase.replace(" (null stands only inside extensions)", "")) || /^"\w+"$/.test(phrase);
const toSpanish = (phrase: string) => translateRule(phrase, rules);

const CRATES = new URL("../../crates/", import.meta.url);
const VERSIONS = ["1.0.3", "2.0.0"];

function filesIn(folder: string, ending: string): string[] {
  const names = readdirSync(new URL(folder, CRATES)).filter((name) => name.endsWith(ending));
  return names.map((name) => readFileSync(new URL(`${folder}${name}`, CRATES), "utf8"));
}

type Json = Record<string, unknown>;
type Ask = { method: string; path: string; headers?: Record<string, string | null>; body?: string | undefined };

/** The statements that crates/xapi/tests/model/rules refuses: a complete one with a value at a pointer. */
function refusedStatements(): Ask[] {
  const texts = filesIn("xapi/tests/model/rules/", ".rs");
  const complete = texts.map((text) => /COMPLETE: &str = r#"([\s\S]*?)"#/.exec(text)?.[1]).find((text) => text !== undefined) ?? "";
  const cases = texts.flatMap((text) => [...text.matchAll(/\(\s*"(\/[^"]*)",\s*(?:r#"([\s\S]*?)"#|"([^"\\]*)"),\s*"/g)]);
  return cases.flatMap(([, pointer = "", raw, plain]) => {
    try {
      return [{ method: "POST", path: "/xapi/statements", body: JSON.stringify(put(complete, pointer, raw ?? plain ?? "")) }];
    } catch {
      // Other tables of those files look alike, and are no changes of the complete statement.
      return [];
    }
  });
}

/** The value at the pointer becomes this one; an empty text removes it. */
function put(json: string, pointer: string, value: string): Json {
  const root = JSON.parse(json) as Json;
  const names = pointer.slice(1).split("/").map((name) => name.replace("~1", "/").replace("~0", "~"));
  const last = names.pop() ?? "";
  const parent = names.reduce((at, name) => at[name] as Json, root);
  if (value === "") Reflect.deleteProperty(parent, last);
  else parent[last] = JSON.parse(value) as unknown;
  return root;
}

interface Step {
  send: string;
  status: number;
  query?: Json;
  headers?: Record<string, string | null>;
  statement?: Json;
  statements?: Json[];
  json?: unknown;
  text?: string;
  form?: Json;
}

const TEXT = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

/** The requests that crates/lrs-http/tests/requirements refuses, as its player sends them. */
function refusedRequests(): Ask[] {
  const steps = filesIn("lrs-http/tests/requirements/", ".json").flatMap((text) => (JSON.parse(text) as { steps: Step[] }[]).flatMap((one) => one.steps));
  const changed = (changes: Json): Json => ({
    actor: { objectType: "Agent", mbox: "mailto:ana@example.org" },
    verb: { id: "http://adlnet.gov/expapi/verbs/passed", display: { en: "passed" } },
    object: { objectType: "Activity", id: "http://example.org/quiz" },
    ...Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, value ?? undefined])),
  });
  const pairs = (values: Json) =>
    new URLSearchParams(
      Object.entries(values).map(([name, value]) => [name, TEXT(name === "content" && typeof value === "object" ? changed(value as Json) : value)]),
    ).toString();
  const withIds = (text: string) => text.replace(/\{id(\d)\}/g, "00000000-0000-4000-8000-00000000000$1");
  return steps
    // What an earlier step of a case made is not there.
    .filter(({ status, send }) => status === 400 && send.includes(" /xapi/"))
    .map(({ send, query = {}, headers, statement, statements, json, text, form }) => {
      const [method = "", path = ""] = withIds(send).split(" ");
      const asked = pairs(query);
      const sent = form ? pairs(form) : (text ?? JSON.stringify(statement ? changed(statement) : (statements?.map(changed) ?? json)));
      const type: Record<string, string | null> = form ? { "content-type": "application/x-www-form-urlencoded" } : text === undefined ? {} : { "content-type": null };
      return { method, path: withIds(asked === "" ? path : `${path}?${asked}`), headers: { ...type, ...headers }, body: sent && withIds(sent) };
    });
}

/** What the server finds broken in a request, in either version. */
async function violationsOf(server: Server, lrs: OwnLrs, asks: Ask[]): Promise<BrokenRule[]> {
  const found: BrokenRule[] = [];
  for (const { method, path, headers, body } of asks) {
    for (const version of VERSIONS) {
      const all = { ...server.headers(lrs.key), "X-Experience-API-Version": version, "Content-Type": "application/json" };
      const sent = new Headers(all);
      for (const [name, value] of Object.entries(headers ?? {})) {
        if (value === null) sent.delete(name);
        else if (!value.includes("{")) sent.set(name, value);
      }
      const bytes = method === "GET" || method === "HEAD" || body === undefined ? null : new TextEncoder().encode(body);
      const answer = await fetch(`${server.address}${path}`, { method, headers: sent, body: bytes });
      const text = await answer.text();
      if (answer.status !== 400 || text === "") continue;
      found.push(...((JSON.parse(text) as { error: { violations?: BrokenRule[] } }).error.violations ?? []));
    }
  }
  return found;
}

test("every rule that the project's requirements break is told in Spanish", { tag: "@once" }, async ({ server }) => {
  const lrs = await OwnLrs.create(server, "rules");
  const violations = await violationsOf(server, lrs, [...refusedStatements(), ...refusedRequests()]);
  const expected = new Set(violations.map((violation) => violation.expected));
  expect(expected.size).toBeGreaterThan(100);
  const untranslated = [...expected].filter((phrase) => toSpanish(phrase) === phrase && !isSame(phrase));
  expect(untranslated).toEqual([]);
  // What was found is JSON, in quotes, or in words.
  const inWords = violations.map(({ found }) => found).filter((found) => /^\p{Ll}[\p{L}-]* \p{L}/u.test(found) || /^line \d/.test(found));
  expect(new Set(inWords).size).toBeGreaterThan(10);
  expect([...new Set(inWords)].filter((found) => toSpanish(found) === found)).toEqual([]);
  for (const { found } of violations) if (/^["{[\d-]/.test(found) && !/^\d+ (member|part)/.test(found)) expect(toSpanish(found)).toBe(found);
});

test("every rule has the same places in Spanish, and stands in order", { tag: "@once" }, () => {
  const english = rules.map(([phrase]) => phrase);
  expect(english).toEqual([...new Set(english)].sort());
  for (const [phrase, spanish] of rules) {
    expect(placesOf(spanish), phrase).toEqual(placesOf(phrase));
    expect(spanish.trim(), phrase).not.toBe("");
    // A phrase finds itself, not another.
    const values = Object.fromEntries(placesOf(phrase).map((place) => [place, "x1"]));
    expect(toSpanish(fill(phrase, values)), phrase).toBe(fill(spanish, values));
  }
});

test("phrases stand in phrases, and what nobody knows stays", { tag: "@once" }, () => {
  const told = {
    "a UUID (null stands only inside extensions)": "un UUID (null solo puede estar dentro de extensions)",
    "one of the properties of an account (homePage, name)": "una de las propiedades de una cuenta (homePage, name)",
    "contextActivities as an object": "contextActivities como objeto",
    'line 2 column 7: duplicate key "actor"': 'línea 2, columna 7: clave repetida "actor"',
    "expected `:`, found 'x' at line 1 column 5": "se esperaba `:` y viene 'x', en la línea 1, columna 5",
    "line 12 column 1234: expected a property name in quotes, found the end of the t…":
      "línea 12, columna 1234: se esperaba un nombre de propiedad entre comillas y viene el fin del texto",
    "mbox and openid": "mbox y openid",
  };
  for (const [english, spanish] of Object.entries(told)) expect(toSpanish(english)).toBe(spanish);
  for (const unknown of ['"salt and pepper"', "No such file or directory (os error 2)", "", "…"]) expect(toSpanish(unknown)).toBe(unknown);
  expect(translateRule("a UUID", [])).toBe("a UUID");
});

test("sentences about broken rules have the rule in the reader's language", { tag: "@once" }, () => {
  const reader: Reader = { language: "es", t: (name, values) => fill(es[name], values), rule: toSpanish };
  const violation = { pointer: "/id", rule: "Data 2.4.1", expected: "a UUID", found: '"abc"' };
  const said = '/id: se esperaba un UUID; encontrado: "abc" [Data 2.4.1]';
  expect(sayViolation(violation, reader)).toBe(said);
  expect(sayCoded("failure", { code: "invalid_statement", values: { count: 1, violation } }, reader)).toContain(said);
  const inPart = { ...violation, pointer: "part 2, X-Experience-API-Hash" };
  expect(sayViolation(inPart, reader)).toContain("parte 2, X-Experience-API-Hash: se esperaba");
  const line = { code: "line_not_json", values: { line: 1, column: 3, reason: "expected a JSON value, found 'n'" } };
  expect(sayCoded("failure", line, reader)).toContain("se esperaba un valor JSON y viene 'n'");
});
