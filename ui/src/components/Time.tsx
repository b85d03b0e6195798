// Instants as people say them, in the viewer's zone.

import { useSyncExternalStore } from "react";

import { useText } from "../i18n/text";
import { formatAgo, formatTime } from "../lib/format";

const TICK_MS = 15_000;
let now = Date.now();

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for all times of a page. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    listeners.forEach((tell) => tell());
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Whether an instant is over; false where there is none. */
export function useIsOver(time: string | null): boolean {
  return useSyncExternalStore(subscribe, () => time !== null && Date.parse(time) <= Date.now());
}

export function Ago({ time }: { time: string }) {
  const { language } = useText();
  const current = useSyncExternalStore(subscribe, () => now);
  return (
    <time dateTime={time} title={formatTime(language, time)}>
      {formatAgo(language, time, Math.max(current, Date.parse(time)))}
    </time>
  );
}

/** The same, with a word for what never was. */
export function AgoOrNever({ time }: { time: string | null | undefined }) {
  const { t } = useText();
  return time === null || time === undefined ? <>{t("never")}</> : <Ago time={time} />;
}

export function Instant({ time }: { time: string }) {
  const { language } = useText();
  return <time dateTime={time}>{formatTime(language, time)}</time>;
}
