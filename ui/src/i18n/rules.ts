// Rules of xAPI in the reader's language. The server says in English what a rule asks for and what stands there instead; a language has a
// list of these phrases.

import { fill } from "./fill";

/** English phrases with their translations. A place `{phrase…}` holds a phrase of the list, `{word…}` one word, any other whatever the server put there. */
export type Rules = readonly (readonly [english: string, translated: string])[];

interface Compiled {
  exact: Map<string, string>;
  patterns: { matcher: RegExp; translated: string }[];
}

const PLACE = /\{(\w+)\}/;
const compiled = new WeakMap<Rules, Compiled>();

/** The phrase in the language of the rules; as it is when they have none for it. */
export function translateRule(english: string, rules: Rules): string {
  const { exact, patterns } = compile(rules);
  const known = exact.get(english) ?? (english.endsWith("…") ? complete(english, exact) : undefined);
  if (known !== undefined) return known;
  for (const { matcher, translated } of patterns) {
    const places = matcher.exec(english)?.groups;
    if (places === undefined) continue;
    const values = Object.entries(places).map(([name, value]) => [name, name.startsWith("phrase") ? translateRule(value, rules) : value]);
    return fill(translated, Object.fromEntries(values) as Record<string, string>);
  }
  return english;
}

/** The server cuts what it found: the only phrase that begins so is meant. */
function complete(cut: string, exact: Map<string, string>): string | undefined {
  const meant = [...exact].filter(([english]) => english.startsWith(cut.slice(0, -1)));
  return meant.length === 1 ? meant[0]?.[1] : undefined;
}

function compile(rules: Rules): Compiled {
  const known = compiled.get(rules);
  if (known !== undefined) return known;
  const made: Compiled = { exact: new Map(rules.filter(([english]) => !PLACE.test(english))), patterns: [] };
  // First what goes around another phrase, then what says most itself.
  const rank = (english: string) => (english.startsWith("{phrase") ? 1000 : 0) + english.split(PLACE).filter(isText).join("").length;
  const patterns = rules.filter(([english]) => PLACE.test(english)).sort(([a], [b]) => rank(b) - rank(a));
  made.patterns = patterns.map(([english, translated]) => ({ matcher: matcherOf(english), translated }));
  compiled.set(rules, made);
  return made;
}

/** A split at its places leaves text and names in turn. */
const isText = (_: string, index: number) => index % 2 === 0;

function matcherOf(english: string): RegExp {
  const pieces = english.split(PLACE).map((piece, index) => {
    if (isText(piece, index)) return piece.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    return `(?<${piece}>${piece.startsWith("word") ? "\\w+" : ".+?"})`;
  });
  return new RegExp(`^${pieces.join("")}$`, "s");
}
