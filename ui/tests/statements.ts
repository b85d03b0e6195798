// Statements for the tests: real ones from Moodle and Open edX, and a few of people with names.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

type Json = Record<string, unknown>;

const FOLDER = join(import.meta.dirname, "../../../shared/data/statements");

/** Every valid statement that the plug-ins of Moodle and Open edX make in their own tests; one of them names no activity. */
export function realStatements(): Json[] {
  if (!existsSync(FOLDER)) throw new Error(`the real statements are expected in ${FOLDER}`);
  return ["moodle", "openedx"].flatMap((source) =>
    readdirSync(join(FOLDER, source))
      .filter((name) => name.endsWith(".json"))
      .sort()
      .flatMap((name) => {
        const read = JSON.parse(readFileSync(join(FOLDER, source, name), "utf8")) as Json | Json[];
        return Array.isArray(read) ? read : [read];
      })
      .filter((statement) => "id" in (statement["object"] as Json))
      .map((statement) => {
        // Each is stored once, whatever id its file gave it.
        const fresh = { ...statement };
        delete fresh["id"];
        return fresh;
      }),
  );
}

interface Told {
  name: string;
  mbox?: string;
  account?: { homePage: string; name: string };
}

export const ANA: Told = { name: "Ana Ruiz", mbox: "mailto:ana.ruiz@example.org" };
export const ANA_IN_MOODLE: Told = { name: "Ana Ruiz Gómez", account: { homePage: "https://moodle.example.org", name: "aruiz" } };
export const BJORN: Told = { name: "Björn Åkesson", mbox: "mailto:bjorn@example.org" };

const COURSE = {
  id: "https://example.org/courses/emergency",
  definition: { name: { en: "Emergency medicine", es: "Medicina de urgencias" }, type: "http://adlnet.gov/expapi/activities/course" },
};

export function tell(actor: Told, verb: string, object: string, result?: Json): Json {
  return {
    actor,
    verb: { id: `http://adlnet.gov/expapi/verbs/${verb}`, display: { en: verb } },
    object: {
      id: `https://example.org/lessons/${object.toLowerCase().replaceAll(" ", "-")}`,
      definition: { name: { en: object }, type: "http://adlnet.gov/expapi/activities/lesson" },
    },
    context: { contextActivities: { parent: [COURSE] } },
    ...(result && { result }),
  };
}

/** What the pages of the tests show. */
export const STORY = [
  tell(BJORN, "initialized", "Airway basics"),
  tell(BJORN, "failed", "Airway basics", { score: { scaled: 0.4 }, success: false, duration: "PT8M" }),
  tell(ANA_IN_MOODLE, "completed", "Chest compressions", { completion: true, duration: "PT20M" }),
  tell(ANA, "initialized", "Airway basics"),
  tell(ANA, "completed", "Airway basics", { score: { scaled: 0.85 }, success: true, completion: true, duration: "PT12M" }),
];
