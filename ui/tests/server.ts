// The real program on a data folder of its own, and what tests send to it without the browser.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface Credentials {
  key: string;
  secret: string;
}

export const OWNER = { name: "Grace Hopper", email: "grace@example.org", password: "a sentence is easy to keep" };

export class Server {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    readonly address: string,
    /** The one-time link of the first start. */
    readonly setupLink: string,
    readonly key: Credentials,
  ) {}

  static async start(): Promise<Server> {
    const binary = process.env["LYCEUM_BINARY"];
    if (binary === undefined) throw new Error("LYCEUM_BINARY names the program, such as ../target/debug/lyceum");
    const folder = await mkdtemp(join(tmpdir(), "lyceum-ui-"));
    const child = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--data", folder], { stdio: ["ignore", "pipe", "inherit"] });
    const printed = await readUntilReady(child);
    const find = (pattern: RegExp) => pattern.exec(printed)?.[1] ?? "";
    return new Server(child, folder, find(/Endpoint: (http:\/\/[^\s/]+)/), find(/(http\S+\/setup#token=\S+)/), {
      key: find(/Key\s+(\S+)/),
      secret: find(/Secret\s+(\S+)/),
    });
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill();
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Makes the first account, as the link that the server printed would. */
  async createOwner(): Promise<void> {
    const token = new URL(this.setupLink).hash.replace("#token=", "");
    const response = await fetch(`${this.address}/api/v1/setup`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token, ...OWNER }),
    });
    if (!response.ok) throw new Error(`setup: ${response.status} ${await response.text()}`);
  }

  /** Sends statements as a source does; gives back the answer. */
  async send(body: unknown, { key, secret }: Credentials = this.key): Promise<Response> {
    return fetch(`${this.address}/xapi/statements`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "X-Experience-API-Version": "1.0.3",
        Authorization: `Basic ${btoa(`${key}:${secret}`)}`,
      },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  }

  async sendAll(statements: unknown[]): Promise<void> {
    const response = await this.send(statements);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  }
}

async function readUntilReady(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("standard output is a pipe");
  let printed = "";
  for await (const line of createInterface({ input: child.stdout })) {
    printed += `${line}\n`;
    if (line.includes("Lyceum is ready")) {
      // Nothing more is read: a full pipe must not stop the server.
      child.stdout.resume();
      return printed;
    }
  }
  throw new Error(`the server ended before it was ready:\n${printed}`);
}
