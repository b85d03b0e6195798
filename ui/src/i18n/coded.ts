// What the server says as a code with values, in the reader's language: the catalogue has the sentences, named by what they are about and by
// the code.

import type { components } from "../api/schema";
import { formatBytes, formatDuration, formatNumber, formatTime } from "../lib/format";
import { en } from "./en";
import { placesOf, type TextName, type Values } from "./fill";

type Schemas = components["schemas"];

/** A code of the server, with its values if it has any. */
export interface Coded {
  code: string;
  values?: object | null;
}

/** A code with the server's own sentence, for those who know neither code nor language. */
export interface Said extends Coded {
  message: string;
}

export interface Reader {
  language: string;
  t: (name: TextName, values?: Values) => string;
  rule: (english: string) => string;
}

/** A broken rule of xAPI, as far as it is said in a sentence. */
export type BrokenRule = Pick<Schemas["BrokenRule"], "pointer" | "rule" | "expected" | "found">;

interface Kinds {
  advice: Schemas["CheckAdvice"];
  failure: Schemas["AnyProblem"];
  limit: Schemas["Limit"];
  obstacle: Schemas["Obstacle"];
  rule: Schemas["Rule"];
  seen: Schemas["CheckSeen"];
  subject: Schemas["CheckSubject"];
  why: Schemas["Refusal"];
}
export type Kind = keyof Kinds;

type CodedText = { [K in Kind]: `${K}_${Kinds[K]["code"]}` }[Kind];
/** Does not compile when the server has a code without a text. */
type Checked<Text extends TextName> = Text;

function textOf(kind: Kind, code: string): Checked<CodedText> | null {
  const name = `${kind}_${code}`;
  return name in en ? (name as CodedText) : null;
}

/** The sentence of a code; nothing when this app has none for it: what an older release kept has fewer values, a later one more codes. */
export function sayCoded(kind: Kind, coded: Coded, reader: Reader): string | null {
  const name = textOf(kind, coded.code);
  if (name === null) return null;
  const values = valuesOf(coded, reader);
  return placesOf(en[name]).every((place) => place in values) ? reader.t(name, values) : null;
}

/** Why something failed or was refused. */
export function saySaid(said: Said, reader: Reader): string {
  return sayCoded("failure", said, reader) ?? said.message;
}

/** What a rule asks for, and what stands there; of all that was sent, if it names no place. */
export function sayViolation({ pointer, rule, expected, found }: BrokenRule, reader: Reader): string {
  // A place outside a statement is told in words, such as `part 2`.
  const values = { pointer: reader.rule(pointer), rule, expected: reader.rule(expected), found: reader.rule(found) };
  return reader.t(pointer === "" ? "violation_whole" : "violation", values);
}

/** The values that can be said. */
function valuesOf({ values }: Coded, reader: Reader): Values {
  const said = Object.entries(values ?? {}).map(([name, value]) => [name, sayValue(name, value, reader)] as const);
  return Object.fromEntries(said.filter((entry): entry is [string, string] => entry[1] !== null));
}

const KINDS: Record<string, Kind> = { advice: "advice", limit: "limit", obstacle: "obstacle", rule: "rule", why: "why" };

/** The end of a number's name says its unit; the name of a code what it is about. */
function sayValue(name: string, value: unknown, reader: Reader): string | null {
  const { language } = reader;
  if (typeof value === "string") {
    if (name.endsWith("_at")) return formatTime(language, value);
    // Mostly the words of another program; those of the reader of JSON are known.
    return name === "reason" ? reader.rule(value) : value;
  }
  if (typeof value === "number") {
    if (name.endsWith("bytes")) return formatBytes(language, value);
    if (name.endsWith("seconds")) return formatDuration(language, value);
    return formatNumber(language, value);
  }
  if (Array.isArray(value)) return value.map((item) => sayCoded("seen", item as Coded, reader) ?? "").join(", ");
  if (name === "violation") return sayViolation(value as BrokenRule, reader);
  const kind = KINDS[name];
  return kind === undefined ? null : sayCoded(kind, value as Coded, reader);
}
