// The browser tests: one worker, one browser, the real program.
import { defineConfig } from "@playwright/test";

import { browserUse } from "./tests/browser";

const MINUTE_MS = 60_000;

export default defineConfig({
  testDir: "tests",
  testMatch: "*.spec.ts",
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  reporter: [["list"]],
  outputDir: "test-results",
  // Generous: the machine may be busy with something else.
  timeout: 3 * MINUTE_MS,
  expect: { timeout: MINUTE_MS },
  use: { ...browserUse, actionTimeout: MINUTE_MS, navigationTimeout: MINUTE_MS },
});
