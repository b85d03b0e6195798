// How to send statements from common sources, with the reader's endpoint and key filled in.

import type { TextName } from "../../i18n/fill";

export interface Connection {
  endpoint: string;
  key: string;
  secret: string;
}

export interface Source {
  id: string;
  name: string;
  /** What to do, step by step. */
  steps: TextName[];
  /** What to paste, where there is something. */
  code?: (connection: Connection) => string;
}

const STATEMENT = {
  actor: { name: "Sally Glider", mbox: "mailto:sally@example.org" },
  verb: { id: "http://adlnet.gov/expapi/verbs/experienced", display: { en: "experienced" } },
  object: { id: "https://example.org/first-steps", definition: { name: { en: "First steps" } } },
};

const curl = ({ endpoint, key, secret }: Connection): string => `curl -u '${key}:${secret}' \\
  -H 'X-Experience-API-Version: 1.0.3' \\
  -H 'Content-Type: application/json' \\
  -d '${JSON.stringify(STATEMENT)}' \\
  ${endpoint}/statements`;

const javascript = ({ endpoint, key, secret }: Connection): string => `import XAPI from "@xapi/xapi";

const xapi = new XAPI({
  endpoint: "${endpoint}/",
  auth: XAPI.toBasicAuth("${key}", "${secret}"),
});
await xapi.sendStatement({
  statement: ${JSON.stringify(STATEMENT, null, 2).replaceAll("\n", "\n  ")},
});`;

const settings = ({ endpoint, key, secret }: Connection): string => `Endpoint   ${endpoint}
Username   ${key}
Password   ${secret}`;

const launch = ({ endpoint, key, secret }: Connection): string => {
  const parameters = new URLSearchParams({
    endpoint: `${endpoint}/`,
    auth: `Basic ${btoa(`${key}:${secret}`)}`,
    actor: JSON.stringify({ name: [STATEMENT.actor.name], mbox: [STATEMENT.actor.mbox] }),
  });
  return `https://your-site.example/course/story.html?${parameters.toString()}`;
};

export const SOURCES: Source[] = [
  { id: "curl", name: "curl", steps: ["source_curl_1"], code: curl },
  {
    id: "moodle",
    name: "Moodle",
    steps: ["source_moodle_1", "source_moodle_2", "source_moodle_3", "source_moodle_4"],
    code: settings,
  },
  { id: "storyline", name: "Articulate Storyline", steps: ["source_storyline_1", "source_storyline_2", "source_storyline_3"], code: launch },
  { id: "h5p", name: "H5P", steps: ["source_h5p_1", "source_h5p_2", "source_h5p_3"], code: settings },
  { id: "xapi-js", name: "@xapi/xapi", steps: ["source_js_1", "source_js_2"], code: javascript },
];
