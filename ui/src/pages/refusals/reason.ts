// Why a request was refused, in the reader's language.

import type { RefusalItem } from "../../api/types";
import { saySaid, type Reader } from "../../i18n/coded";

/** The sentence; where bodies are not kept, and it would quote one, its code. */
export function sayRefusal(refusal: RefusalItem, reader: Reader): string {
  return saySaid(refusal, reader) || reader.t("refusal_not_kept", { code: refusal.code });
}
