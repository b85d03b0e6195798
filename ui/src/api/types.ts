// The shapes of the admin API, by the names that the app uses.

export interface RoleGrant {
  lrs: string;
  role: Role;
  groups: string[];
}
export type Role = "owner" | "admin" | "analyst" | "instructor" | "viewer";
export interface Account {
  id: string;
  name: string;
  email: string;
  is_owner: boolean;
  disabled: boolean;
  created: string;
  last_seen: string | null;
  roles: RoleGrant[];
}
export interface Session {
  account: Pick<Account, "id" | "name" | "email" | "is_owner" | "roles">;
  csrf_token: string;
  expires: string;
  permissions: Record<string, string[]>;
}
export interface Invitation {
  id: string;
  email: string;
  roles: RoleGrant[];
  created: string;
  expires: string;
  link?: string;
}
export interface Token {
  id: string;
  name: string;
  created: string;
  expires: string | null;
  last_used: string | null;
}
export interface AuditEntry {
  id: number;
  when: string;
  account: { id: string; name: string } | null;
  /** Who, in words. */
  who: string;
  address: string;
  action: string;
  lrs: string | null;
  target: string;
  before: unknown;
  after: unknown;
}
export interface Lrs {
  name: string;
  created: string;
  statements: number;
  role: Role;
}
export interface LearnerGroup {
  id: string;
  name: string;
  members: string[];
}
export interface Key {
  key: string;
  label: string;
  scopes: string[];
  created: string;
  expires: string | null;
  revoked: string | null;
  requests_per_second_max: number | null;
  last_used: string | null;
  last_client: string | null;
  statements: number;
  refused: number;
  silent: boolean;
}
export interface NewKey {
  key: string;
  secret: string;
}
export interface StatementItem {
  seq: number;
  id: string;
  stored: string;
  timestamp: string;
  actor: { name: string; key: string | null; person: string | null };
  verb: { id: string; display: string };
  object: { kind: string; id: string | null; name: string; type: string | null };
  result: StatementResult | null;
  voided: boolean;
  attachments: Attachment[];
  authority: { name: string };
}
export interface StatementResult {
  score_percent: number | null;
  success: boolean | null;
  completion: boolean | null;
  duration_seconds: number | null;
  response: string | null;
}
export interface Attachment {
  sha2: string;
  content_type: string;
  length: number;
  display: string | null;
}
export interface StatementDetail {
  statement: unknown;
  item: StatementItem;
  seq: number;
  voided_by: string | null;
  voids: string | null;
}
export interface PersonItem {
  person: string;
  name: string;
  identifiers: string[];
  last_seen: string | null;
  statements: number;
}
export interface PersonPage {
  person: string;
  name: string;
  identifiers: { identifier: string; merged: boolean }[];
  first_seen: string | null;
  last_seen: string | null;
  statements: number;
  activities: PersonActivity[];
  documents: PersonDocument[];
}
export interface PersonActivity {
  id: string;
  name: string | null;
  attempts: number;
  best_score_percent: number | null;
  state: string;
  seconds: number;
  last_used: string | null;
}
export interface PersonDocument {
  kind: string;
  activity: string | null;
  id: string;
  content_type: string | null;
  updated: string | null;
  length: number | null;
}
export interface ActivityItem {
  id: string;
  name: string;
  type: string | null;
  statements: number;
  last_used: string | null;
  has_children: boolean;
}
export interface ActivityDetail extends Omit<ActivityItem, "has_children"> {
  description: string | null;
  more_info: string | null;
  parents: { id: string; name: string }[];
  people: number;
  definition: unknown;
}
export interface Violation {
  index?: number | null;
  pointer: string;
  rule: string;
  expected: string;
  found: string;
}
export interface RefusalItem {
  id: string;
  when: string;
  key: string;
  method: string;
  path: string;
  content_type: string;
  status: number;
  code: string;
  message: string;
  violation_count: number;
  bytes: number;
  /** So many like it came within a short time. */
  count: number;
  replayed: string | null;
}
export interface Refusal extends RefusalItem {
  violations: Violation[];
  body: string | null;
}
export interface Replayed {
  status: number;
  body: unknown;
}
export interface Operations {
  version: string;
  started: string;
  health: { ready: boolean; reason: string | null };
  store: {
    statements: number;
    size_bytes: number;
    attachment_bytes: number;
    documents: number;
    log_position: number;
    indexed_through: number;
  };
  growth: { day: string; statements: number }[];
  followers: { name: string; position: number; log_position: number }[];
  checks: { name: string; ok: boolean; detail: string }[];
}
export interface Job {
  id: string;
  kind: string;
  state: string;
  created: string;
  finished: string | null;
  done: number;
  total: number | null;
  detail: string | null;
  refused: number;
  download: string | null;
}
export interface RefusedLine {
  line: number;
  message: string;
  text: string;
}
export interface Page<T> {
  items: T[];
  next: string | null;
}
