// Makes the types of the API from the program's own description. LYCEUM_BINARY names the program.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import openapiTS, { astToString } from "openapi-typescript";

const binary = process.env.LYCEUM_BINARY;
if (!binary) throw new Error("LYCEUM_BINARY names the program, such as ../target/debug/lyceum");

const folder = await mkdtemp(join(tmpdir(), "lyceum-api-"));
const server = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--data", folder], { stdio: ["ignore", "pipe", "inherit"] });
try {
  const address = await readAddress(server);
  const description = await (await fetch(`${address}/openapi.json`)).json();
  nameOnce(description);
  const types = astToString(await openapiTS(description));
  const head = "// Made from /openapi.json by `npm run api`; not written by hand.\n\n";
  await writeFile(new URL("../src/api/schema.d.ts", import.meta.url), head + types);
} finally {
  server.kill();
  await rm(folder, { recursive: true, force: true });
}

/** Types are named by path and method; operations' own names need not be told apart. */
function nameOnce({ paths }) {
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) operation.operationId = `${method} ${path}`;
  }
}

/** The address that the server prints when it is ready. */
async function readAddress({ stdout }) {
  for await (const line of createInterface({ input: stdout })) {
    const ready = /Lyceum is ready.*?(http:\/\/[^\s/]+)/.exec(line);
    if (ready) return ready[1];
  }
  throw new Error("the server ended before it was ready");
}
