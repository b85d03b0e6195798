// The shapes of the admin API by the names that the app uses; made from the server's own description (`npm run api`).

import type { components } from "./schema";

/** A schema as it is answered: what may be absent is there as null, and a role is one of those that exist. */
type Told<T> = T extends (infer Item)[]
  ? Told<Item>[]
  : T extends object
    ? { [K in keyof T]-?: K extends "role" ? Role : undefined extends T[K] ? Told<Exclude<T[K], undefined>> | null : Told<T[K]> }
    : T;

type Schemas = { [Name in keyof components["schemas"]]: Told<components["schemas"][Name]> };

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
export type RefusedLine = Schemas["RefusedLine"];

/** One broken rule, as error answers name it. */
export interface Violation {
  index?: number | null;
  pointer: string;
  rule: string;
  expected: string;
  found: string;
}

export type Refusal = Omit<Schemas["RefusalPage"], "violations"> & { violations: Violation[] };

export interface Page<T> {
  items: T[];
  next: string | null;
}
