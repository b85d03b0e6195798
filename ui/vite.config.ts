// How the app is built: hashed names, one chunk for each page, no inline script or style.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { firstScript } from "./scripts/first-script.ts";

const server = process.env["LYCEUM_SERVER"] ?? "http://127.0.0.1:8080";
const proxied = ["/api", "/xapi", "/openapi.json", "/health"];

export default defineConfig({
  plugins: [react(), firstScript()],
  build: {
    target: "es2022",
    // Browsers that know light-dark(), which the styles use for both appearances.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: "manifest.json",
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        // What every visit needs comes in two files, of which the libraries stay in caches from one release to the next.
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: "libraries", tags: ["$initial"], test: /node_modules/ },
            { name: "frame", tags: ["$initial"] },
          ],
        },
      },
    },
  },
  server: { proxy: Object.fromEntries(proxied.map((path) => [path, { target: server }])) },
});
