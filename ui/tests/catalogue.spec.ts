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

interface Schema {
  oneOf: { properties: { code: { enum: string[] }; values?: { properties: Record<string, unknown> } } }[];
}

test("every finding that the server describes has its sentence, with no other values than the server sends", async ({ request }) => {
  const { components } = (await (await request.get("/openapi.json")).json()) as { components: { schemas: Record<string, Schema> } };
  const kinds = { CheckSubject: "subject", CheckSeen: "seen", CheckAdvice: "advice" };
  for (const [schema, prefix] of Object.entries(kinds)) {
    const described = components.schemas[schema]?.oneOf ?? [];
    expect(described.length, schema).toBeGreaterThan(15);
    const names = described.map(({ properties }) => {
      const name = `${prefix}_${properties.code.enum[0]}`;
      const text = (en as Record<string, string>)[name] ?? "";
      expect(text, name).not.toBe("");
      expect(placesOf(text), name).toEqual(Object.keys(properties.values?.properties ?? {}).sort());
      return name;
    });
    const told = Object.keys(en).filter((name) => name.startsWith(`${prefix}_`));
    expect(told.sort(), `no text of ${schema} is left over`).toEqual(names.sort());
  }
});
