// How the browser is started: Debian's Chromium, without anything that calls home.

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
