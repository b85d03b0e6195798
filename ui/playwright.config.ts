// The browser tests: one browser, the real program, on the embedded store and, where a server is named, on PostgreSQL.
import { defineConfig } from "@playwright/test";

import { browserUse } from "./tests/browser";
import type { StoreOption } from "./tests/fixtures";
import { POSTGRES_VARIABLE } from "./tests/server";

const MINUTE_MS = 60_000;

/** What does not depend on the store, by its file or by its tag. */
const WITHOUT_STORE = { testIgnore: ["catalogue.spec.ts", "reading.spec.ts", "hostile.spec.ts", "every-page.spec.ts"], grepInvert: /@once/ };

export default defineConfig<object, StoreOption>({
  testDir: "tests",
  testMatch: "*.spec.ts",
  // One file after another in each: tests of a file share a server. More would be slower on two cores.
  workers: 2,
  fullyParallel: false,
  forbidOnly: true,
  reporter: [["list"]],
  outputDir: "test-results",
  // Generous: the machine may be busy with something else.
  timeout: 3 * MINUTE_MS,
  expect: { timeout: MINUTE_MS },
  use: { ...browserUse, actionTimeout: MINUTE_MS, navigationTimeout: MINUTE_MS },
  projects: [
    { name: "embedded", grepInvert: /@postgres/ },
    ...(process.env[POSTGRES_VARIABLE] === undefined
      ? []
      : [{ name: "postgres", use: { store: "postgres" as const }, ...WITHOUT_STORE }]),
  ],
});
