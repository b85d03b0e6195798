// Texts in the reader's language. A language's catalogue is loaded when it is chosen.

import { createContext, use, useEffect, useMemo, useState, type ReactNode } from "react";

import { setRequestLanguage } from "../api/client";
import { queryClient } from "../api/queries";
import { formatNumber, isOne } from "../lib/format";
import { firstLanguage, storeLanguage, type Language } from "../lib/language";
import { en } from "./en";
import { fill, type Catalogue, type PluralName, type TextName, type Values } from "./fill";

interface Text {
  language: Language;
  chooseLanguage: (language: Language) => void;
  /** A text by its name, with its values filled in. */
  t: (name: TextName, values?: Values) => string;
  /** A text that counts something. */
  n: (name: PluralName, count: number) => string;
}

const TextContext = createContext<Text | null>(null);

async function loadCatalogue(language: Language): Promise<Catalogue> {
  return language === "es" ? (await import("./es")).es : en;
}

// Asked for at once: nothing is shown without it.
const first = firstLanguage();
const firstCatalogue = loadCatalogue(first);
setRequestLanguage(first);

interface Loaded {
  language: Language;
  catalogue: Catalogue;
}

/** Gives its children their texts, and loads the chosen language before it shows them. */
export function TextProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(first);
  const [loaded, setLoaded] = useState<Loaded | null>(first === "en" ? { language: first, catalogue: en } : null);
  const shown = loaded?.language;

  useEffect(() => {
    if (shown === language) return;
    let current = true;
    const loading = language === first ? firstCatalogue : loadCatalogue(language);
    void loading.then((catalogue) => {
      if (!current) return;
      setRequestLanguage(language);
      setLoaded({ language, catalogue });
      // Names of verbs and activities come in the reader's language from the server.
      if (shown !== undefined) void queryClient.invalidateQueries({ queryKey: ["lrs"] });
    });
    return () => {
      current = false;
    };
  }, [language, shown]);

  useEffect(() => {
    if (shown !== undefined) document.documentElement.lang = shown;
  }, [shown]);

  const text = useMemo(() => loaded && makeText(loaded.language, loaded.catalogue, setLanguage), [loaded]);
  return text && <TextContext value={text}>{children}</TextContext>;
}

function makeText(language: Language, catalogue: Catalogue, setLanguage: (language: Language) => void): Text {
  return {
    language,
    chooseLanguage: (chosen) => {
      storeLanguage(chosen);
      setLanguage(chosen);
    },
    t: (name, values) => fill(catalogue[name], values),
    n: (name, count) => {
      const form = isOne(language, count) ? "one" : "other";
      return fill(catalogue[`${name}_${form}`], { count: formatNumber(language, count) });
    },
  };
}

export function useText(): Text {
  const text = use(TextContext);
  if (text === null) throw new Error("useText is used below TextProvider");
  return text;
}
