// How the browser is started: Debian's Chromium, without anything that calls home.

import type { Page } from "@playwright/test";

export const browserUse = {
  browserName: "chromium" as const,
  locale: "en-US",
  timezoneId: "Europe/Madrid",
  contextOptions: { reducedMotion: "reduce" as const },
  launchOptions: {
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  },
};

/** No page takes so long that has anything to show at once; what is still missing then is for the assertions to find. */
const OPENING_MS_MAX = 10_000;

/**
 * Makes `goto` and `reload` return when the app shows something other than that it loads. Assertions look only after 100, 250, 500 and
 * then each 1000 ms; this looks at each frame, which over hundreds of openings is minutes.
 */
export function waitWhenOpening(page: Page): Page {
  const open = page.goto.bind(page);
  const reload = page.reload.bind(page);
  page.goto = async (url, options) => {
    const response = await open(url, options);
    await waitForContent(page);
    return response;
  };
  page.reload = async (options) => {
    const response = await reload(options);
    await waitForContent(page);
    return response;
  };
  return page;
}

async function waitForContent(page: Page): Promise<void> {
  const shows = () => {
    const app = document.getElementById("root");
    return app === null || (app.querySelector("h1, h2, [role=alert]") !== null && app.querySelector('[role="status"][aria-label="Loading"]') === null);
  };
  await page.waitForFunction(shows, undefined, { timeout: OPENING_MS_MAX }).catch(() => {});
}
