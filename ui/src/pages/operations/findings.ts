// What the server found when it checked itself, in the reader's language.

import type { Operations } from "../../api/types";
import { sayCoded, type Reader } from "../../i18n/coded";

export type Check = Operations["checks"][number];

/** What was checked. */
export function saySubject({ subject }: Check, reader: Reader): string {
  return sayCoded("subject", subject, reader) ?? subject.code;
}

/** What was seen. */
export function saySeen({ seen }: Check, reader: Reader): string {
  return sayCoded("seen", seen, reader) ?? seen.code;
}

/** What to do; nothing when all is well. */
export function sayAdvice({ advice }: Check, reader: Reader): string | null {
  return advice && sayCoded("advice", advice, reader);
}
