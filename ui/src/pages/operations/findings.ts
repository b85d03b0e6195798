// What the server found when it checked itself, in the reader's language: it sends codes with values, and the catalogue has the sentences.

import type { Operations } from "../../api/types";
import type { TextName, Values } from "../../i18n/fill";
import { formatBytes, formatDuration, formatNumber, formatTime } from "../../lib/format";

export type Check = Operations["checks"][number];
type Seen = Check["seen"];
/** A code of the server, with its values if it has any. */
interface Coded {
  code: string;
  values?: Record<string, string | number | Seen[]> | null;
}

interface Reader {
  language: string;
  t: (name: TextName, values?: Values) => string;
}

/** What was checked. */
export function saySubject({ subject }: Check, reader: Reader): string {
  return reader.t(`subject_${subject.code}`, valuesOf(subject, reader));
}

/** What was seen. */
export function saySeen({ seen }: { seen: Seen }, reader: Reader): string {
  return reader.t(`seen_${seen.code}`, valuesOf(seen, reader));
}

/** What to do; nothing when all is well. */
export function sayAdvice({ advice }: Check, reader: Reader): string | null {
  return advice && reader.t(`advice_${advice.code}`, valuesOf(advice, reader));
}

function valuesOf({ values }: Coded, reader: Reader): Values {
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, sayValue(name, value, reader)]));
}

/** The end of a value's name says its unit. */
function sayValue(name: string, value: string | number | Seen[], reader: Reader): string {
  const { language } = reader;
  if (typeof value === "string") return name.endsWith("_at") ? formatTime(language, value) : value;
  if (typeof value === "object") return value.map((seen) => saySeen({ seen }, reader)).join(", ");
  if (name.endsWith("_bytes")) return formatBytes(language, value);
  if (name.endsWith("_seconds")) return formatDuration(language, value);
  return formatNumber(language, value);
}
