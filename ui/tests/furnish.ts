// Makes a server look lived in, for its pictures: sources, people, courses, a refused request, an import.

import type { Browser } from "@playwright/test";

import { Person } from "./people";
import type { Credentials, Server } from "./server";
import { ANA, BJORN, tell } from "./statements";

const PEOPLE = [
  { name: "Chidi Okafor", mbox: "mailto:chidi.okafor@example.org" },
  { name: "Mei Lin", mbox: "mailto:mei.lin@example.org" },
  { name: "Fatima Zahra", mbox: "mailto:fatima@example.org" },
  { name: "Tomás Herrera", mbox: "mailto:tomas@example.org" },
  ANA,
  BJORN,
];
const LESSONS = ["Airway basics", "Chest compressions", "Stroke signs", "Hand hygiene"];

/** A course as a ward goes through it. */
function course() {
  return LESSONS.flatMap((lesson, at) =>
    PEOPLE.flatMap((person, who) => {
      const scaled = 0.55 + ((at * 7 + who * 11) % 45) / 100;
      const success = scaled >= 0.7;
      return [
        tell(person, "initialized", lesson),
        tell(person, success ? "passed" : "failed", lesson, { score: { scaled }, success, completion: true, duration: `PT${6 + who + at}M` }),
      ];
    }),
  );
}

export async function furnish(server: Server, browser: Browser): Promise<void> {
  const owner = await Person.owner(browser, server);
  const key = (label: string, scopes: string[], requests_per_second_max: number | null = null) =>
    owner.must<Credentials>("POST", "/lrss/default/keys", { label, scopes, requests_per_second_max });
  const moodle = await key("Moodle of the clinic", ["statements/write"], 50);
  const storyline = await key("Storyline: first aid", ["statements/write", "state"]);
  const simulator = await key("Simulator, room 4", ["statements/write"]);
  await key("Reports of the quality team", ["statements/read"]);
  await server.pretendUse(simulator.key, { daysUsed: 12, pauseSeconds: 7200, lastUsed: new Date(Date.now() - 4 * 86_400_000) });
  await server.send(course(), moodle);
  await server.send(course().slice(0, 9), storyline);
  const wrong = tell(ANA, "answered", "First question");
  await server.send([{ ...wrong, result: { score: { scaled: 85 } } }], moodle);
  await server.send([{ ...wrong, verb: { id: "answered" }, context: { registration: "abc" } }], storyline);

  const night = await owner.must<{ id: string }>("POST", "/lrss/default/groups", { name: "Night shift", members: ["ana.ruiz@example.org", "mei.lin@example.org"] });
  await owner.must("POST", "/lrss/default/groups", { name: "New nurses", members: PEOPLE.map(({ mbox }) => mbox) });
  await owner.must("POST", "/lrss", { name: "school" });
  const roles = [
    ["Lise Meitner", "lise@example.org", { lrs: "default", role: "instructor", groups: [night.id] }],
    ["Emmy Noether", "emmy@example.org", { lrs: "default", role: "analyst" }],
    ["Ada Lovelace", "ada@example.org", { lrs: "default", role: "admin" }],
  ] as const;
  for (const [name, email, role] of roles) {
    const grant = { ...role, groups: "groups" in role ? [...role.groups] : [] };
    await (await owner.bring(browser, server, name, email, [grant])).leave();
  }
  await owner.must("POST", "/invitations", { email: "marie@example.org", roles: [{ lrs: "school", role: "owner", groups: [] }] });

  const lines = [...course().map((statement) => JSON.stringify(statement)), "this is no statement"];
  const headers = { "Content-Type": "application/octet-stream", "X-CSRF-Token": owner.csrf };
  await owner.context.request.post("/api/v1/lrss/default/jobs/import?name=last-year.ndjson", { headers, data: lines.join("\n") });
  await owner.leave();
}
