// Texts in the reader's language. A language's catalogue is loaded when it is chosen.

import { createContext, use, useEffect, useMemo, useState, type ReactNode } from "react";

import { setRequestLanguage } from "../api/client";
import { queryClient } from "../api/queries";
import { formatNumber, isOne } from "../lib/format";
import { firstLanguage, storeLanguage, type Language } from "../lib/language";
import { en } from "./en";
import { fill, type Catalogue, type PluralName, type TextName, type Values } from "./fill";
import { translateRule, type Rules } from "./rules";

interface Text {
  language: Language;
  chooseLanguage: (language: Language) => void;
  /** A text by its name, with its values filled in. */
  t: (name: TextName, values?: Values) => string;
  /** A text that counts something. */
  n: (name: PluralName, count: number) => string;
  /** What a rule of xAPI asks for, or what was found instead, from the server's English. */
  rule: (english: string) => string;
}

const TextContext = createContext<Text | null>(null);

interface Texts {
  catalogue: Catalogue;
  rules: Rules;
}

const ENGLISH: Texts = { catalogue: en, rules: [] };

async function loadTexts(language: Language): Promise<Texts> {
  if (language === "en") return ENGLISH;
  const { es, rules } = await import("./es");
  return { catalogue: es, rules };
}

// Asked for at once: nothing is shown without it.
const first = firstLanguage();
const firstTexts = loadTexts(first);
setRequestLanguage(first);

interface Loaded extends Texts {
  language: Language;
}

/** Gives its children their texts, and loads the chosen language before it shows them. */
export function TextProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(first);
  const [loaded, setLoaded] = useState<Loaded | null>(first === "en" ? { language: first, ...ENGLISH } : null);
  const shown = loaded?.language;

  useEffect(() => {
    if (shown === language) return;
    let current = true;
    const loading = language === first ? firstTexts : loadTexts(language);
    void loading.then((texts) => {
      if (!current) return;
      setRequestLanguage(language);
      setLoaded({ language, ...texts });
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

  const text = useMemo(() => loaded && makeText(loaded, setLanguage), [loaded]);
  return text && <TextContext value={text}>{children}</TextContext>;
}

function makeText({ language, catalogue, rules }: Loaded, setLanguage: (language: Language) => void): Text {
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
    rule: (english) => translateRule(english, rules),
  };
}

export function useText(): Text {
  const text = use(TextContext);
  if (text === null) throw new Error("useText is used below TextProvider");
  return text;
}
