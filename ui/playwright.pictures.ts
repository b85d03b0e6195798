// Pictures of each page, for looking at them and for the documentation.
import { defineConfig } from "@playwright/test";

import base from "./playwright.config";

export default defineConfig(base, { testMatch: "pictures.ts", timeout: 20 * 60_000 });
