// Texts in the reader's language. A language's catalogue is loaded when it is chosen.

import { createContext, use, useEffect, useMemo, useState, type ReactNode } from "react";

import { setRequestLanguage } from "../api/client";
import { queryClient } from "../api/queries";
import { en } from "./en";
import { fill, type Catalogue, type PluralName, type TextName, type Values } from "./fill";

export const LANGUAGES = { en: "English", es: "Español" } as const;
export type Language = keyof typeof LANGUAGES;

const STORED_AS = "lyceum-language";

interface Text {
  language: Language;
  chooseLanguage: (language: Language) => void;
  /** A text by its name, with its values filled in. */
  t: (name: TextName, values?: Values) => string;
  /** A text that counts something. */
  n: (name: PluralName, count: number) => string;
}

const TextContext = createContext<Text | null>(null);

function isLanguage(text: string | null | undefined): text is Language {
  return text !== null && text !== undefined && text in LANGUAGES;
}

function firstLanguage(): Language {
  const stored = localStorage.getItem(STORED_AS);
  if (isLanguage(stored)) return stored;
  return navigator.languages.map((tag) => tag.split("-")[0]).find(isLanguage) ?? "en";
}

async function loadCatalogue(language: Language): Promise<Catalogue> {
  return language === "es" ? (await import("./es")).es : en;
}

/** Gives its children their texts, and loads the chosen language before it shows them. */
export function TextProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(firstLanguage);
  const [loaded, setLoaded] = useState<{ language: Language; catalogue: Catalogue } | null>(null);

  useEffect(() => {
    let current = true;
    void loadCatalogue(language).then((catalogue) => {
      if (!current) return;
      document.documentElement.lang = language;
      setRequestLanguage(language);
      setLoaded({ language, catalogue });
      // Names of verbs and activities come in the reader's language from the server.
      void queryClient.invalidateQueries({ queryKey: ["lrs"] });
    });
    return () => {
      current = false;
    };
  }, [language]);

  const text = useMemo(() => loaded && makeText(loaded.language, loaded.catalogue, setLanguage), [loaded]);
  return text && <TextContext value={text}>{children}</TextContext>;
}

function makeText(language: Language, catalogue: Catalogue, setLanguage: (language: Language) => void): Text {
  const rules = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language);
  return {
    language,
    chooseLanguage: (chosen) => {
      localStorage.setItem(STORED_AS, chosen);
      setLanguage(chosen);
    },
    t: (name, values) => fill(catalogue[name], values),
    n: (name, count) => {
      const form = rules.select(count) === "one" ? "one" : "other";
      return fill(catalogue[`${name}_${form}`], { count: numbers.format(count) });
    },
  };
}

export function useText(): Text {
  const text = use(TextContext);
  if (text === null) throw new Error("useText is used below TextProvider");
  return text;
}
