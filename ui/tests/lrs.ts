// An LRS of a test's own, on the server that all tests share: nothing is in it but what the test sent.

import { createHash, randomUUID } from "node:crypto";
import { request } from "@playwright/test";

import { signIn } from "./fixtures";
import { OWNER, type Credentials, type Server } from "./server";

/** An attachment with its bytes. */
export interface Attached {
  display: string;
  contentType: string;
  bytes: Buffer;
}

export class OwnLrs {
  private constructor(
    private readonly server: Server,
    readonly name: string,
    readonly key: Credentials,
  ) {}

  /** Makes an LRS, and a key that may do everything in it. */
  static async create(server: Server, name: string): Promise<OwnLrs> {
    const api = await request.newContext({ baseURL: server.address });
    const headers = { "X-CSRF-Token": await signIn({ request: api }, OWNER.email, OWNER.password) };
    const post = async (path: string, data: unknown): Promise<unknown> => {
      const response = await api.post(path, { data, headers });
      if (!response.ok()) throw new Error(`${path}: ${response.status()} ${await response.text()}`);
      return response.json();
    };
    await post("/api/v1/lrss", { name });
    const key = (await post(`/api/v1/lrss/${name}/keys`, { label: name, scopes: ["all"] })) as Credentials;
    await api.dispose();
    return new OwnLrs(server, name, key);
  }

  /** The path of a page of this LRS. */
  page(path: string, query: Record<string, string> = {}): string {
    const text = new URLSearchParams(query).toString();
    return `/lrs/${this.name}/${path}${text === "" ? "" : `?${text}`}`;
  }

  /** The path of the API for this LRS. */
  api(path: string): string {
    return `/api/v1/lrss/${this.name}/${path}`;
  }

  async send(statements: unknown): Promise<void> {
    const response = await this.server.send(statements, this.key);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  }

  /** Sends a statement with its attachments; gives back its id. */
  async sendAttached(statement: Record<string, unknown>, attached: Attached[], further: unknown[] = []): Promise<string> {
    const id = randomUUID();
    const digest = ({ bytes }: Attached) => createHash("sha256").update(bytes).digest("hex");
    const attachments = attached.map((one) => ({
      usageType: "http://id.tincanapi.com/attachment/supporting_media",
      display: { en: one.display },
      contentType: one.contentType,
      length: one.bytes.length,
      sha2: digest(one),
    }));
    const boundary = randomUUID();
    const part = (headers: string[], body: Buffer) => [Buffer.from(`--${boundary}\r\n${headers.join("\r\n")}\r\n\r\n`), body, Buffer.from("\r\n")];
    const whole = { ...statement, id, attachments: [...attachments, ...further] };
    const body = Buffer.concat([
      ...part(["Content-Type: application/json"], Buffer.from(JSON.stringify(whole))),
      ...attached.flatMap((one) =>
        part([`Content-Type: ${one.contentType}`, "Content-Transfer-Encoding: binary", `X-Experience-API-Hash: ${digest(one)}`], one.bytes),
      ),
      Buffer.from(`--${boundary}--\r\n`),
    ]);
    await this.xapi("POST", "statements", { body, contentType: `multipart/mixed; boundary=${boundary}` });
    return id;
  }

  /** Asks the xAPI endpoint as a source does. */
  async xapi(method: string, path: string, sent?: { body: Uint8Array<ArrayBuffer> | string; contentType: string }): Promise<Response> {
    const response = await fetch(`${this.server.address}/xapi/${path}`, {
      method,
      headers: {
        "X-Experience-API-Version": "1.0.3",
        Authorization: `Basic ${btoa(`${this.key.key}:${this.key.secret}`)}`,
        ...(sent && { "Content-Type": sent.contentType }),
      },
      ...(sent && { body: sent.body }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }
}
