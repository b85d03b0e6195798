// The reader's language: the one that was chosen, else the first of the browser's that there is.

import { keep, readKept } from "./storage";

export const LANGUAGES = { en: "English", es: "Español" } as const;
export type Language = keyof typeof LANGUAGES;

const STORED_AS = "lyceum-language";

function isLanguage(text: string | null | undefined): text is Language {
  return text !== null && text !== undefined && text in LANGUAGES;
}

export function firstLanguage(): Language {
  const stored = readKept(STORED_AS);
  if (isLanguage(stored)) return stored;
  return navigator.languages.map((tag) => tag.split("-")[0]).find(isLanguage) ?? "en";
}

export function storeLanguage(language: Language): void {
  keep(STORED_AS, language);
}
