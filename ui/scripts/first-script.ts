// For Vite: makes of what runs first a script of its own without modules, so that it runs before the rest of the app has arrived.
import { createHash } from "node:crypto";

import { build, type Plugin, type Rolldown } from "vite";

const SOURCE = "/src/first/first.ts";
const TAG = `<script type="module" src="${SOURCE}"></script>`;
const DIGEST_CHARACTERS = 8;

export function firstScript(): Plugin {
  let path = "";
  return {
    name: "first-script",
    apply: "build",
    async buildStart() {
      const code = await bundle();
      path = `assets/first-${createHash("sha256").update(code).digest("base64url").slice(0, DIGEST_CHARACTERS)}.js`;
      this.emitFile({ type: "asset", fileName: path, source: code });
    },
    transformIndexHtml: {
      order: "pre",
      handler: (html) => {
        if (!html.includes(TAG)) throw new Error(`index.html has no ${TAG}`);
        return html.replace(TAG, `<script src="/${path}" vite-ignore></script>`);
      },
    },
  };
}

async function bundle(): Promise<string> {
  const made = (await build({
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    build: { write: false, target: "es2022", lib: { entry: `.${SOURCE}`, formats: ["iife"], name: "first" } },
  })) as Rolldown.RolldownOutput[];
  const code = made[0]?.output[0].code;
  if (code === undefined) throw new Error(`${SOURCE} made nothing`);
  return code;
}
