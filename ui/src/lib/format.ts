// Numbers, times, sizes and durations for people; times in the viewer's zone.

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The unit that says how long ago something was, and from how many seconds on. */
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * DAY],
  ["month", 30 * DAY],
  ["day", DAY],
  ["hour", HOUR],
  ["minute", MINUTE],
  ["second", 1],
];

/** Making a format is a hundred times as much work as using it; there are few, one for each language and use. */
function once<Format>(make: (language: string) => Format): (language: string) => Format {
  const made = new Map<string, Format>();
  return (language) => {
    const known = made.get(language) ?? make(language);
    made.set(language, known);
    return known;
  };
}

const ago = once((language) => new Intl.RelativeTimeFormat(language, { numeric: "auto" }));
const instant = once((language) => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }));
const longDay = once((language) => new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long", year: "numeric" }));
const shortDay = once((language) => new Intl.DateTimeFormat(language, { day: "numeric", month: "short" }));
const number = once((language) => new Intl.NumberFormat(language, { maximumFractionDigits: 1 }));
const share = once((language) => new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 }));

const plural = once((language) => new Intl.PluralRules(language));

const DURATION_UNITS = ["hour", "minute", "second"] as const;
type DurationUnit = (typeof DURATION_UNITS)[number];
const durations = once((language) => {
  const format = (unit: DurationUnit) => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 0 });
  return Object.fromEntries(DURATION_UNITS.map((unit) => [unit, format(unit)])) as Record<DurationUnit, Intl.NumberFormat>;
});

export function formatAgo(language: string, time: string, now: number): string {
  const seconds = Math.round((Date.parse(time) - now) / 1000);
  const [unit, size] = STEPS.find(([, step]) => Math.abs(seconds) >= step) ?? ["second", 1];
  return ago(language).format(Math.trunc(seconds / size), unit);
}

/** A time for people; what is none, as from a mistyped address, stays as it is. */
export function formatTime(language: string, time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : instant(language).format(date);
}

export function formatDay(language: string, time: string): string {
  return longDay(language).format(new Date(time));
}

export function formatShortDay(language: string, time: string): string {
  return shortDay(language).format(new Date(time));
}

export function formatNumber(language: string, value: number): string {
  return number(language).format(value);
}

/** Whether so many are spoken of as one. */
export function isOne(language: string, count: number): boolean {
  return plural(language).select(count) === "one";
}

export function formatPercent(language: string, percent: number): string {
  return share(language).format(percent / 100);
}

const BYTE_UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

export function formatBytes(language: string, bytes: number): string {
  const power = Math.min(BYTE_UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log(bytes) / Math.log(1000)));
  const unit = BYTE_UNITS[power] ?? "byte";
  const options = { style: "unit", unit, unitDisplay: power === 0 ? "long" : "short", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(language, options).format(bytes / 1000 ** power);
}

/** "12 min", "1 h 5 min", "40 s". */
export function formatDuration(language: string, seconds: number): string {
  const unit = (value: number, name: DurationUnit) => durations(language)[name].format(value);
  if (Math.round(seconds) < MINUTE) return unit(Math.round(seconds), "second");
  // Rounded before it is divided: an hour has no sixtieth minute.
  const all = Math.round(seconds / MINUTE);
  if (all < 60) return unit(all, "minute");
  const [hours, minutes] = [Math.floor(all / 60), all % 60];
  return minutes === 0 ? unit(hours, "hour") : `${unit(hours, "hour")} ${unit(minutes, "minute")}`;
}

/** What `datetime-local` shows for an instant, and the instant for what it shows: both in the viewer's zone. */
export function toLocalInput(instant: string | undefined): string {
  if (instant === undefined || Number.isNaN(Date.parse(instant))) return "";
  const date = new Date(instant);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function fromLocalInput(text: string): string | undefined {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
