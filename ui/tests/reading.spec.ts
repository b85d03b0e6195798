// The parts of the app that need no browser: JSON with its places, addresses, names.

import { expect, test } from "@playwright/test";

import { readExplorerSearch } from "../src/lib/filters";
import { formatDuration } from "../src/lib/format";
import { layOut, lineOfPointer, linesOf, readPieces, sourceOfMember } from "../src/lib/json";
import { initialsOf, isWebAddress, nameFromIdentifier, nameFromIri } from "../src/lib/names";
import { isOwnPath } from "../src/lib/paths";

/** The line on which a pointer's value begins. */
function checkLine(text: string, pointer: string, line: string): void {
  const lines = linesOf(readPieces(layOut(text)));
  const found = lines[lineOfPointer(lines, pointer)] ?? [];
  expect(found.map((piece) => piece.text).join("").trim(), pointer).toBe(line);
}

test("a violation is shown at its place in the body", () => {
  const body = '[{"actor":{"mbox":"ana"},"tags":[1,{"a/b":2}]}]';
  checkLine(body, "/0/actor/mbox", '"mbox": "ana"');
  checkLine(body, "/0/tags/1/a~1b", '"a/b": 2');
  checkLine(body, "/0/tags/0", "1,");
  checkLine(body, "/0/actor/account/name", '"actor": {');
  checkLine(body, "/7", "[");
  checkLine("not json at all", "/actor", "not json at all");
});

test("laying out changes nothing but the space", () => {
  for (const text of ['{"n":1.500,"e":1E+2,"s":"\\u00e9 {,}","a":[],"o":{},"d":[{"x":null}]}', '"only a text"', "[1, 2", ""]) {
    const laidOut = layOut(text);
    if (text.startsWith("{")) expect(JSON.parse(laidOut)).toEqual(JSON.parse(text));
    expect(laidOut.replaceAll(/\s/g, "")).toBe(text.replaceAll(/\s/g, ""));
    expect(readPieces(text).map((piece) => piece.text).join("")).toBe(text);
  }
});

test("only paths of this app are followed after a sign-in", () => {
  for (const path of ["/", "/lrs/a/statements?text=x", "/docs#top"]) expect(isOwnPath(path), path).toBe(true);
  for (const path of ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "", "/a\nb", undefined]) {
    expect(isOwnPath(path), String(path)).toBe(false);
  }
});

test("only web addresses become links", () => {
  expect(isWebAddress("https://example.org")).toBe(true);
  for (const text of ["javascript:alert(1)", "data:text/html,x", " https://x", "mailto:a@b"]) expect(isWebAddress(text), text).toBe(false);
});

test("names for what has none", () => {
  expect(nameFromIri("http://adlnet.gov/expapi/verbs/completed")).toBe("completed");
  expect(nameFromIri("https://example.org/a%20b")).toBe("a b");
  expect(nameFromIri("https://example.org/%E0%A4%A")).toBe("%E0%A4%A");
  expect(nameFromIdentifier("mailto:ana@example.org")).toBe("ana@example.org");
  expect(nameFromIdentifier("mbox:mailto:ana@example.org")).toBe("ana@example.org");
  expect(nameFromIdentifier("account:https://moodle.example.org|ana")).toBe("ana");
  expect(initialsOf("Ana María Ruiz")).toBe("AR");
  expect(initialsOf("")).toBe("?");
});

test("durations as people say them", () => {
  expect(formatDuration("en", 40)).toBe("40 sec");
  expect(formatDuration("en", 720)).toBe("12 min");
  expect(formatDuration("en", 3900)).toBe("1 hr 5 min");
  expect(formatDuration("en", 59.7)).toBe("1 min");
  expect(formatDuration("en", 3590)).toBe("1 hr");
  expect(formatDuration("en", 7190)).toBe("2 hr");
});

test("an address that someone edited is read as far as it makes sense", () => {
  expect(readExplorerSearch({ text: "a", score_min: "50", related: "yes", verb: 7, nonsense: {}, live: true })).toEqual({
    text: "a",
    verb: "7",
    score_min: 50,
    live: true,
  });
});

test("a member of a document keeps its spelling", () => {
  const text = '{"a": {"statement":1}, "statement" : {"n":1.500,"e":[1E+2, 12345678901234567890],"statement":{"x":"}"}} , "statement2":2}';
  expect(sourceOfMember(text, "statement")).toBe('{"n":1.500,"e":[1E+2, 12345678901234567890],"statement":{"x":"}"}}');
  expect(sourceOfMember(text, "statement2")).toBe("2");
  expect(sourceOfMember(text, "nothing")).toBeUndefined();
});
