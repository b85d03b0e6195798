// Every language has every text, with the same values in it.

import { expect, test } from "./fixtures";

import { en } from "../src/i18n/en";
import { es } from "../src/i18n/es";
import { fill, placesOf } from "../src/i18n/fill";

/** Words that are the same in both languages. */
const SAME = new Set(["roles", "role_instructor", "token", "language_name", "lrs"]);

test("Spanish has every text of English, with the same values", () => {
  expect(Object.keys(es).sort()).toEqual(Object.keys(en).sort());
  for (const name of Object.keys(en) as (keyof typeof en)[]) {
    expect(placesOf(es[name]), name).toEqual(placesOf(en[name]));
    expect(es[name].trim(), name).not.toBe("");
    const differs = es[name] !== en[name];
    expect(differs || SAME.has(name) || placesOf(en[name]).length > 0, `${name} is not translated`).toBe(true);
  }
});

test("values are filled in, and what is not known stays", () => {
  expect(fill("{a} and {b}", { a: "one" })).toBe("one and {b}");
  expect(fill("{a}", { a: "{a} $& $1" })).toBe("{a} $& $1");
});

interface Values {
  properties?: Record<string, unknown>;
  $ref?: string;
}

interface Schema extends Values {
  oneOf: { properties: { code: { enum: string[] }; values?: Values } }[];
}

/** What the server describes as codes, by the beginning of the names of their texts. */
const CODED: [kind: string, schemas: string[], all: boolean][] = [
  ["subject", ["CheckSubject"], true],
  ["seen", ["CheckSeen"], true],
  ["advice", ["CheckAdvice"], true],
  ["obstacle", ["Obstacle"], true],
  ["rule", ["Rule"], true],
  ["limit", ["Limit"], true],
  ["why", ["Refusal"], true],
  // What is said to programs is not always said to people.
  ["failure", ["Problem", "HttpProblem"], false],
];

/** Says nothing to people of what a library of the server says to programs. */
const SAYS_LESS = new Set(["rule_as_asked"]);

test("everything that the server describes as a code has its sentence, with no other values than the server sends", async ({ request }) => {
  const { components } = (await (await request.get("/openapi.json")).json()) as { components: { schemas: Record<string, Schema> } };
  const valuesOf = (values?: Values) => {
    const named = values?.$ref === undefined ? values : components.schemas[values.$ref.split("/").at(-1) ?? ""];
    return Object.keys(named?.properties ?? {}).sort();
  };
  for (const [kind, schemas, all] of CODED) {
    const described = schemas.flatMap((schema) => components.schemas[schema]?.oneOf ?? []);
    expect(described.length, kind).toBeGreaterThan(2);
    const names = described.map(({ properties }) => {
      const name = `${kind}_${properties.code.enum[0]}`;
      const text = (en as Record<string, string>)[name] ?? "";
      expect(text, name).not.toBe("");
      const [places, values] = [placesOf(text), valuesOf(properties.values)];
      expect(all && !SAYS_LESS.has(name) ? values : values.filter((value) => places.includes(value)), name).toEqual(places);
      return name;
    });
    const told = Object.keys(en).filter((name) => name.startsWith(`${kind}_`));
    expect(told.sort(), `no text of ${kind} is left over`).toEqual(names.sort());
  }
});
