// The parts of a raw statement that its page shows. A statement is someone else's JSON: nothing in it is taken for granted.

import { nameFromIdentifier, nameFromIri } from "../../lib/names";

type Json = Record<string, unknown>;

export interface NamedThing {
  name: string;
  id: string;
}

export interface StatementAttachment {
  sha2: string;
  contentType: string;
  length: number;
  display: string;
  fileUrl: string | null;
}

export interface StatementParts {
  actor: NamedThing;
  verb: NamedThing;
  object: NamedThing & { kind: string };
  registration: string | null;
  platform: string | null;
  timestamp: string | null;
  stored: string | null;
  authority: NamedThing | null;
  attachments: StatementAttachment[];
}

function asObject(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function asText(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** A language map's text in one of the browser's languages, else its first. */
function readLanguageMap(value: unknown): string | null {
  const map = asObject(value);
  const wanted = [document.documentElement.lang, ...navigator.languages].map((tag) => tag.split("-")[0]);
  const tags = Object.keys(map);
  const tag = wanted.map((want) => tags.find((tag) => tag.split("-")[0] === want)).find((found) => found !== undefined);
  return asText(map[tag ?? tags[0] ?? ""]);
}

export function identifierOf(agent: Json): string {
  const account = asObject(agent["account"]);
  const name = asText(account["name"]);
  const accountKey = name === null ? null : `${asText(account["homePage"]) ?? ""}|${name}`;
  const direct = ["mbox", "openid"].map((member) => asText(agent[member])).find((text) => text !== null);
  const digest = asText(agent["mbox_sha1sum"]);
  return direct ?? accountKey ?? (digest === null ? "" : `sha1:${digest}`);
}

function readAgent(value: unknown): NamedThing {
  const agent = asObject(value);
  const id = identifierOf(agent);
  return { id, name: asText(agent["name"]) ?? (nameFromIdentifier(id) || "?") };
}

function readObject(value: unknown): NamedThing & { kind: string } {
  const object = asObject(value);
  const kind = asText(object["objectType"]) ?? "Activity";
  if (kind === "Agent" || kind === "Group") return { ...readAgent(object), kind };
  const id = asText(object["id"]) ?? "";
  return { id, kind, name: readLanguageMap(asObject(object["definition"])["name"]) ?? (nameFromIri(id) || kind) };
}

function readAttachment(value: unknown): StatementAttachment {
  const attachment = asObject(value);
  return {
    sha2: asText(attachment["sha2"]) ?? "",
    contentType: asText(attachment["contentType"]) ?? "application/octet-stream",
    length: typeof attachment["length"] === "number" ? attachment["length"] : 0,
    display: readLanguageMap(attachment["display"]) ?? "",
    fileUrl: asText(attachment["fileUrl"]),
  };
}

export function readStatement(raw: unknown): StatementParts {
  const statement = asObject(raw);
  const verb = asObject(statement["verb"]);
  const verbId = asText(verb["id"]) ?? "";
  const context = asObject(statement["context"]);
  const attachments = statement["attachments"];
  return {
    actor: readAgent(statement["actor"]),
    verb: { id: verbId, name: readLanguageMap(verb["display"]) ?? nameFromIri(verbId) },
    object: readObject(statement["object"]),
    registration: asText(context["registration"]),
    platform: asText(context["platform"]),
    timestamp: asText(statement["timestamp"]),
    stored: asText(statement["stored"]),
    authority: statement["authority"] === undefined ? null : readAgent(statement["authority"]),
    attachments: Array.isArray(attachments) ? attachments.map(readAttachment) : [],
  };
}

/** Where a statement that voids another one says why, as the server writes it. */
const REASON = "https://lyceum.invalid/extensions/reason";

export function readReason(raw: unknown): string | null {
  return asText(asObject(asObject(asObject(raw)["context"])["extensions"])[REASON]);
}
