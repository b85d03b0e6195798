// The shapes of the admin API by the names that the app uses; made from the server's own description (`npm run api`).

import type { components, paths } from "./schema";

/** One broken rule, as error answers name it. */
export interface Violation {
  index?: number | null;
  pointer: string;
  rule: string;
  expected: string;
  found: string;
}

/** Members of which the description says less than holds. */
interface Exact {
  role: Role;
  violations: Violation[];
}

/** A schema as it is answered: what may be absent is there as null, and a list as an empty one. */
export type Told<T> = T extends (infer Item)[]
  ? Told<Item>[]
  : T extends object
    ? { [K in keyof T]-?: K extends keyof Exact ? Exact[K] : undefined extends T[K] ? ToldOptional<Exclude<T[K], undefined>> : Told<T[K]> }
    : T;

type ToldOptional<T> = T extends unknown[] ? Told<T> : Told<T> | null;

type Schemas = { [Name in keyof components["schemas"]]: Told<components["schemas"][Name]> };

/** What a request may send. */
export type Sendable<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** The members of a query. */
export type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } } ? NonNullable<Query> : never;

export type Role = "owner" | "admin" | "analyst" | "instructor" | "viewer";
export type RoleGrant = Schemas["Grant"];
export type Account = Schemas["Account"];
export type Session = Schemas["Session"];
export type Invitation = Schemas["Invitation"];
export type Token = Schemas["Token"];
export type AuditEntry = Schemas["AuditEntry"];
export type Lrs = Schemas["Lrs"];
export type LearnerGroup = Schemas["Group"];
export type Key = Schemas["Key"];
/** A key as its form has it. */
export type KeyDraft = Required<Sendable<"NewKeyRequest">>;
export type NewKey = Schemas["KeyWithSecret"];
export type StatementItem = Schemas["StatementItem"];
export type StatementDetail = Schemas["StatementPage"];
export type PersonItem = Schemas["PersonItem"];
export type PersonPage = Schemas["PersonPage"];
export type PersonActivity = Schemas["PersonActivity"];
export type PersonDocument = Schemas["PersonDocument"];
export type ActivityItem = Schemas["ActivityItem"];
export type ActivityDetail = Schemas["ActivityPage"];
export type RefusalItem = Schemas["RefusalItem"];
export type Replayed = Schemas["ReplayView"];
export type Operations = Schemas["OperationsView"];
/** Work that goes on behind a page. */
export type Job = Schemas["JobReport"];
export type Backup = Schemas["BackupView"];
export type RefusedLine = Schemas["RefusedLine"];

export type Refusal = Schemas["RefusalPage"];

export interface Page<T> {
  items: T[];
  next: string | null;
}
