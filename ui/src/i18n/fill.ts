// The type of a catalogue, and how values get into its texts.

import type { en } from "./en";

export type TextName = keyof typeof en;
/** The names that have a form for one and a form for many. */
export type PluralName = TextName extends infer Name ? (Name extends `${infer Base}_other` ? Base : never) : never;
/** Every language has every text. */
export type Catalogue = Record<TextName, string>;
export type Values = Record<string, string | number>;

/** Puts values in the place of `{name}`. */
export function fill(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** The names of the values that a text takes. */
export function placesOf(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").sort();
}
