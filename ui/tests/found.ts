// Statements of which most can be told from all others, and the plain way to find some of them: looking at every one.

import { randomUUID } from "node:crypto";

import type { StatementFilters } from "../src/api/statements";
import { ANA, ANA_IN_MOODLE, BJORN, realStatements } from "./statements";

type Json = Record<string, unknown>;

const VERBS = ["initialized", "answered", "completed", "failed"];
export const REGISTRATIONS = ["6b1e1f2c-0f5d-4a37-8c52-7a1c1f0b2a11", "9f0e4d3b-6a58-4c1d-b1de-33a3f6a0c922"];
const MEI = { name: "陈美", mbox: "mailto:mei@example.org" };
const ACTORS = [ANA, ANA_IN_MOODLE, BJORN, MEI];
const COURSES = ["cardiology", "anaesthesia"];
const LESSONS = ["Électrocardiogramme", "Mitral valve", "Airway basics", "Chest compressions"];
const SCORES = [undefined, { scaled: 0.85 }, { scaled: -0.2 }, { raw: 8, min: 0, max: 20 }, { scaled: 1, raw: 3, max: 3 }];

export const verb = (name: string) => `http://adlnet.gov/expapi/verbs/${name}`;
export const lesson = (at: number) => `https://example.org/lessons/${at}`;
export const course = (name: string) => `https://example.org/courses/${name}`;

export interface Sent {
  id: string;
  /** What only this statement says; the real ones have none. */
  mark: string;
  /** When it was stored; empty until it was. */
  stored: string;
  statement: Json;
}

/** What stands for a statement without a mark. */
const REAL = "real";

/** The real statements, with ids. */
export function sentReal(): Sent[] {
  return realStatements().map((statement) => {
    const id = randomUUID();
    return { id, mark: REAL, stored: "", statement: { ...statement, id } };
  });
}

/** Statements that mix everything with everything, the same ones each time but for their ids. */
export function mix(count: number): Sent[] {
  let state = 20;
  const pick = <T>(from: T[]): T => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return from[Math.floor(state / 65536) % from.length] as T;
  };
  return Array.from({ length: count }, (_, at) => {
    const [actor, did, what, score] = [pick(ACTORS), pick(VERBS), pick(LESSONS), pick(SCORES)];
    const registration = pick([undefined, ...REGISTRATIONS]);
    const number = LESSONS.indexOf(what);
    const id = randomUUID();
    const mark = `mark${String(at).padStart(3, "0")}x`;
    const statement = {
      id,
      actor,
      verb: { id: verb(did), display: { en: did } },
      object: { id: lesson(number), definition: { name: { en: what } } },
      result: { response: mark, ...(score && { score }) },
      context: {
        contextActivities: { parent: [{ id: course(COURSES[number % 2] ?? "") }] },
        ...(registration !== undefined && { registration }),
      },
    };
    return { id, mark, stored: "", statement };
  });
}

/** What filters ask for; a person is all that it is known by: mailboxes, or names of accounts. */
export type Asked = Omit<StatementFilters, "person" | "agent"> & { person?: string[] };

function asObject(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

function asList(value: unknown): Json[] {
  return (Array.isArray(value) ? value : value === undefined ? [] : [value]) as Json[];
}

/** Everyone who acts, or is acted upon. */
function peopleOf(statement: Json): unknown[] {
  const agents = [statement["actor"], statement["object"]].map(asObject);
  const all = [...agents, ...agents.flatMap((agent) => asList(agent["member"]))];
  return all.map((agent) => agent["mbox"] ?? asObject(agent["account"])["name"]);
}

function activitiesOf(statement: Json, related: boolean): unknown[] {
  const context = asObject(asObject(statement["context"])["contextActivities"]);
  const around = related ? Object.values(context).flatMap(asList) : [];
  return [asObject(statement["object"]), ...around].map((activity) => activity["id"]);
}

function percentOf(statement: Json): number {
  const score = asObject(asObject(statement["result"])["score"]);
  const [scaled, raw, min, max] = ["scaled", "raw", "min", "max"].map((name) => score[name] as number | undefined);
  if (scaled !== undefined) return scaled * 100;
  return raw === undefined || max === undefined ? Number.NaN : ((raw - (min ?? 0)) / (max - (min ?? 0))) * 100;
}

const fold = (text: string) => text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();

function hasWords(statement: Json, text: string): boolean {
  const words = fold(JSON.stringify(statement)).split(/[^\p{L}\p{N}]+/u);
  const typed = fold(text).split(" ");
  return typed.every((word, at) => words.some((known) => (at === typed.length - 1 ? known.startsWith(word) : known === word)));
}

function isMet({ statement, stored }: Sent, asked: Asked): boolean {
  const percent = percentOf(statement);
  const registration = asObject(statement["context"])["registration"];
  return (
    (asked.person === undefined || peopleOf(statement).some((one) => asked.person?.includes(String(one)))) &&
    (asked.verb === undefined || asObject(statement["verb"])["id"] === asked.verb) &&
    (asked.activity === undefined || activitiesOf(statement, asked.related === true).includes(asked.activity)) &&
    (asked.registration === undefined || registration === asked.registration) &&
    (asked.since === undefined || Date.parse(stored) > Date.parse(asked.since)) &&
    (asked.until === undefined || Date.parse(stored) <= Date.parse(asked.until)) &&
    (asked.score_min === undefined || percent >= asked.score_min) &&
    (asked.score_max === undefined || percent <= asked.score_max) &&
    (asked.text === undefined || hasWords(statement, asked.text))
  );
}

/** Those that meet all that is asked, newest first: `all` is as it was sent. */
export function scan(all: Sent[], asked: Asked): Sent[] {
  return all.filter((sent) => isMet(sent, asked)).reverse();
}
