// Every page of the app, for the tests that look at all of them.

import type { Page } from "@playwright/test";

export interface Place {
  name: string;
  /** Where it is, or how to get there. */
  open: string | ((page: Page) => Promise<void>);
  /** What shows that it is there. */
  heading: string | RegExp;
  signedIn: boolean;
}

const LRS = "/lrs/default";

/** Opens a list, then its first entry. */
const follow = (path: string) => async (page: Page) => {
  await page.goto(path);
  await page.locator("[data-row]").first().click();
};

export const PLACES: Place[] = [
  { name: "sign-in", open: "/sign-in", heading: "Sign in to Lyceum", signedIn: false },
  { name: "setup", open: "/setup", heading: "Already set up", signedIn: false },
  { name: "invitation", open: "/invitation#token=x", heading: "You are invited to Lyceum", signedIn: false },
  { name: "reset", open: "/reset#token=x", heading: "A new password", signedIn: false },
  { name: "reset-incomplete", open: "/reset", heading: "A new password", signedIn: false },
  { name: "reference", open: "/docs", heading: "API reference", signedIn: false },
  { name: "not-found", open: "/nothing/here", heading: "There is nothing here", signedIn: false },
  { name: "welcome", open: `${LRS}/welcome`, heading: "Connect a source", signedIn: true },
  { name: "statements", open: `${LRS}/statements`, heading: "Statements", signedIn: true },
  { name: "statement", open: follow(`${LRS}/statements?text=airway`), heading: "The statement as JSON", signedIn: true },
  { name: "nothing-found", open: `${LRS}/statements?text=zzzz`, heading: "Nothing matches these filters", signedIn: true },
  { name: "people", open: `${LRS}/people`, heading: "People", signedIn: true },
  { name: "person", open: follow(`${LRS}/people?text=ana.ruiz`), heading: /Ana Ruiz/, signedIn: true },
  { name: "activities", open: `${LRS}/activities`, heading: "Activities", signedIn: true },
  {
    name: "activity",
    open: `${LRS}/activity?id=${encodeURIComponent("https://example.org/lessons/airway-basics")}`,
    heading: "Airway basics",
    signedIn: true,
  },
  { name: "keys", open: `${LRS}/keys`, heading: "Keys and sources", signedIn: true },
  { name: "refusals", open: `${LRS}/refusals`, heading: "Flight recorder", signedIn: true },
  { name: "refusal", open: follow(`${LRS}/refusals`), heading: /broken rule/, signedIn: true },
  { name: "operations", open: `${LRS}/operations`, heading: "Operations", signedIn: true },
  { name: "groups", open: `${LRS}/groups`, heading: "Learner groups", signedIn: true },
  { name: "lrss", open: "/lrss", heading: "All LRSs", signedIn: true },
  { name: "accounts", open: "/accounts", heading: "Accounts", signedIn: true },
  { name: "audit", open: "/audit", heading: "Audit log", signedIn: true },
  { name: "settings", open: "/settings", heading: "Settings", signedIn: true },
];

/** Opens a page and waits until it has what it asked for. */
export async function openPlace(page: Page, place: Place): Promise<void> {
  if (typeof place.open === "string") await page.goto(place.open);
  else await place.open(page);
  await page.getByRole("heading", { name: place.heading }).first().waitFor();
  await page.waitForFunction(() => document.querySelector('[role="status"][aria-label="Loading"]') === null);
}
