// Runs before anything else of the app is there: chooses the appearance, so that nobody who chose dark sees a white flash, and asks the
// server what the page will need, while the browser still loads the app.

import { firstLanguage } from "../lib/language";
import { readKept } from "../lib/storage";
import { firstQuestions } from "./questions";

showScheme();
askFirst();

function showScheme(): void {
  const chosen = readKept("lyceum-color-scheme");
  const dark = chosen === "dark" || (chosen !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
}

function askFirst(): void {
  const headers = { Accept: "application/json", "Accept-Language": firstLanguage() };
  window.lyceumAsked = new Map(
    firstQuestions(window.location.pathname, window.location.search).map((address) => {
      const asked = fetch(address, { headers });
      // Who takes the answer learns of the failure; without this line so would the console.
      asked.catch(() => {});
      return [address, asked];
    }),
  );
}
