// Sign-in at a real OpenID provider, through its own pages.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { bareTest, expect, guardPage } from "./fixtures";
import { Server } from "./server";

const SCRIPT = "../crates/lyceum/tests/clients/run_openid_provider.mjs";

/** Starts the provider; it ends with the process that is given back. */
async function startProvider(people: string): Promise<{ process: ChildProcess; issuer: string }> {
  const child = spawn(process.execPath, [SCRIPT, people], { stdio: ["ignore", "pipe", "ignore"] });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("http")) {
      child.stdout.resume();
      return { process: child, issuer: line };
    }
  }
  throw new Error("the provider did not start: run `cargo xtask setup`");
}

bareTest("people sign in at their school's provider, and are told why when they may not", async ({ browser, store }) => {
  const folder = await mkdtemp(join(tmpdir(), "lyceum-openid-"));
  const people = join(folder, "people.json");
  const person = (name: string, groups: string[]) => ({ name, email: `${name.toLowerCase()}@example.org`, email_verified: true, groups });
  await writeFile(people, JSON.stringify({ olga: person("Olga", ["it"]), ben: person("Ben", []) }));
  const provider = await startProvider(people);
  await writeFile(join(folder, "secret"), "very secret");
  const settings = `[[provider]]
id = "school"
label = "School account"
issuer = "${provider.issuer}"
client_id = "lyceum"
client_secret_file = "secret"
roles_claim = "groups"
[[provider.role]]
value = "it"
owns_server = true
`;
  await writeFile(join(folder, "openid.toml"), settings);
  let server: Server | null = null;
  try {
    server = await Server.start(store, ["--openid", join(folder, "openid.toml")]);
    const { address } = server;
    const enter = async (login: string) => {
      const context = await browser.newContext({ baseURL: address });
      const page = await context.newPage();
      await page.goto("/accounts");
      await page.getByRole("link", { name: "Sign in with School account" }).click();
      await page.getByPlaceholder("Enter any login").fill(login);
      await page.getByPlaceholder("and password").fill("any");
      await page.getByRole("button", { name: "Sign-in" }).click();
      return { context, page };
    };
    const olga = await enter("olga");
    await expect(olga.page).toHaveURL(`${address}/accounts`);
    await expect(olga.page.getByRole("heading", { name: "Accounts" })).toBeVisible();
    const guard = guardPage(olga.page, address);
    await olga.page.reload();
    await expect(olga.page.getByText("olga@example.org").first()).toBeVisible();
    expect(guard.findings).toEqual([]);
    await olga.context.close();

    const ben = await enter("ben");
    await expect(ben.page.getByRole("alert")).toContainText("your groups there give you nothing to do here");
    await expect(ben.page.getByRole("link", { name: "Sign in with School account" })).toBeVisible();
    await ben.context.close();
  } finally {
    await server?.stop();
    provider.process.kill();
    await rm(folder, { recursive: true, force: true });
  }
});
