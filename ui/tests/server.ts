// The real program on a data folder or a database of its own, and what tests send to it without the browser.

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where a server keeps its records: in a data folder, or in a database of PostgreSQL. */
export type Store = "embedded" | "postgres";

/** Names a PostgreSQL server whose user may create databases, as for the tests in Rust. */
export const POSTGRES_VARIABLE = "LYCEUM_TEST_POSTGRES";

function program(): string {
  const binary = process.env["LYCEUM_BINARY"];
  if (binary === undefined) throw new Error("LYCEUM_BINARY names the program, such as ../target/debug/lyceum");
  return binary;
}

export interface Credentials {
  key: string;
  secret: string;
}

export const OWNER = { name: "Grace Hopper", email: "grace@example.org", password: "a sentence is easy to keep" };

export class Server {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    private readonly database: Database | null,
    readonly address: string,
    /** The one-time link of the first start. */
    readonly setupLink: string,
    readonly key: Credentials,
  ) {}

  /** Starts the program; `settings` go to `lyceum serve`. */
  static async start(store: Store, settings: string[] = []): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), "lyceum-ui-"));
    const database = store === "postgres" ? await Database.create() : null;
    const where = ["--log", "warn", "--listen", "127.0.0.1:0", "--data", folder, ...(database === null ? [] : ["--store", database.url])];
    const child = spawn(program(), ["serve", ...where, ...settings], { stdio: ["ignore", "pipe", "inherit"] });
    const printed = await readUntilReady(child).catch(async (error: unknown) => {
      child.kill();
      await rm(folder, { recursive: true, force: true });
      await database?.drop();
      throw error;
    });
    const find = (pattern: RegExp) => pattern.exec(printed)?.[1] ?? "";
    return new Server(child, folder, database, find(/Endpoint: (http:\/\/[^\s/]+)/), find(/(http\S+\/setup#token=\S+)/), {
      key: find(/Key\s+(\S+)/),
      secret: find(/Secret\s+(\S+)/),
    });
  }

  /** Runs a command of the program until it ends; gives back what it printed. */
  static async run(command: string[]): Promise<string> {
    return (await run(program(), command, { maxBuffer: 64 << 20 })).stdout;
  }

  /** Runs a command beside this server, on the same records. */
  command(...command: string[]): Promise<string> {
    return Server.run([...command, "--data", this.folder, ...(this.database === null ? [] : ["--store", this.database.url])]);
  }

  /** Starts the program for the time of `use`, with its first account and these statements. */
  static async during(store: Store, statements: unknown[], use: (server: Server) => Promise<void>): Promise<void> {
    const server = await Server.start(store);
    try {
      await server.createOwner();
      await server.sendAll(statements);
      await use(server);
    } finally {
      await server.stop();
    }
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill();
    await ended;
    await rm(this.folder, { recursive: true, force: true });
    await this.database?.drop();
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

  /** The headers of a source. */
  headers({ key, secret }: Credentials = this.key): Record<string, string> {
    return { "X-Experience-API-Version": "1.0.3", Authorization: `Basic ${btoa(`${key}:${secret}`)}` };
  }

  /** Sends statements as a source does; gives back the answer. */
  async send(body: unknown, credentials: Credentials = this.key): Promise<Response> {
    return fetch(`${this.address}/xapi/statements`, {
      method: "POST",
      headers: { ...this.headers(credentials), "Content-Type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  }

  async sendAll(statements: unknown[]): Promise<void> {
    const response = await this.send(statements);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  }

  /** Writes down that a key, unused so far, was used like this. */
  async pretendUse(key: string, { daysUsed, pauseSeconds, lastUsed }: PretendedUse): Promise<void> {
    const columns = "(key, last_used, last_client, statements, refused, days_used, usual_pause_s)";
    const rest = `${lastUsed.getTime() * 1000}, 'sensor', ${daysUsed * 24}, 0, ${daysUsed}, ${pauseSeconds}`;
    if (this.database === null) await sqlite(join(this.folder, "lyceum.db"), `INSERT INTO key_usage ${columns} VALUES ('${key}', ${rest})`);
    else await sql(this.database.url, `INSERT INTO lyceum.key_usage ${columns} VALUES (convert_to('${key}', 'UTF8'), ${rest})`);
  }
}

/** How a key was used, for tests of what takes days. */
export interface PretendedUse {
  daysUsed: number;
  pauseSeconds: number;
  lastUsed: Date;
}

/** A new database on the server of the tests. */
class Database {
  private constructor(
    private readonly server: string,
    private readonly name: string,
    readonly url: string,
  ) {}

  static async create(): Promise<Database> {
    const server = process.env[POSTGRES_VARIABLE];
    if (server === undefined) throw new Error(`${POSTGRES_VARIABLE} names a PostgreSQL server, such as postgres://postgres@localhost/postgres`);
    const name = `lyceum_browser_${process.pid}_${randomBytes(4).toString("hex")}`;
    await sql(server, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
    return new Database(server, name, server.replace(/[^/?]+(\?.*)?$/, `${name}$1`));
  }

  async drop(): Promise<void> {
    await sql(this.server, `DROP DATABASE IF EXISTS ${this.name} WITH (FORCE)`);
  }
}

/** Runs SQL in the embedded store's file, as the server itself does. */
async function sqlite(file: string, command: string): Promise<void> {
  const program = "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1], timeout=30) as store: store.execute(sys.argv[2])";
  await run("python3", ["-c", program, file, command]);
}

async function sql(url: string, command: string): Promise<void> {
  await run("psql", ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname", url, "--command", command]);
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
