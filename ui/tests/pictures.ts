// Pictures of every page: desktop and phone, light and dark. `PICTURES` names the folder.

import { join } from "node:path";

import { signIn, test } from "./fixtures";
import { openPlace, PLACES } from "./pages";
import { OWNER } from "./server";
import { ANA, tell } from "./statements";

const FOLDER = process.env["PICTURES"] ?? "pictures";
const SIZES = { desktop: { width: 1280, height: 860 }, phone: { width: 360, height: 740 } };

test("pictures of every page", async ({ page, server }) => {
  await server.send([{ ...tell(ANA, "answered", "First question"), verb: { id: "answered" }, context: { registration: "abc" } }]);
  for (const signedIn of [false, true]) {
    if (signedIn) await signIn(page, OWNER.email, OWNER.password);
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      for (const appearance of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: appearance, reducedMotion: "reduce" });
        for (const place of PLACES.filter((candidate) => candidate.signedIn === signedIn)) {
          await openPlace(page, place);
          await page.evaluate(() => document.fonts.ready);
          await page.screenshot({ path: join(FOLDER, `${place.name}-${size}-${appearance}.png`) });
        }
      }
    }
  }
});
