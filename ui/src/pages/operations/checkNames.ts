// The checks of both stores by the names that the server gives them, in the reader's language.

import type { TextName } from "../../i18n/fill";

const NAMES: Record<string, TextName> = {
  attachments: "check_attachments",
  bloat: "check_bloat",
  clock: "check_clock",
  database: "check_database",
  "database pages": "check_pages",
  "disk space": "check_disk",
  documents: "check_documents",
  files: "check_files",
  index: "check_index",
  "index against the log": "check_index",
  indexes: "check_indexes",
  log: "check_log",
  "long transactions": "check_transactions",
  permissions: "check_permissions",
  "positions of the log": "check_log",
  "replication lag": "check_replication",
  "replication slots": "check_slots",
  schema: "check_schema",
  "server version": "check_version",
  "voided statements": "check_voided",
  "write-ahead log": "check_wal",
};

const SETTING = "setting ";

/** What was checked, in words; what a later server checks is shown as it says it. */
export function nameOfCheck(name: string, t: (name: TextName, values?: Record<string, string>) => string): string {
  if (name.startsWith(SETTING)) return t("check_setting", { name: name.slice(SETTING.length) });
  const known = NAMES[name];
  return known === undefined ? name : t(known);
}
