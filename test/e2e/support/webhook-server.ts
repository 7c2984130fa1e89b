import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { startServer } from "../../support/server-process.ts";
import type { ServerProcess } from "../../support/server-process.ts";

/** What sender and server of the tests share. */
export const SECRET = "It's a Secret to Everybody";
/** Another one. */
export const OTHER_SECRET = "nobody has ever heard of it";

/** Something outside of the server that its effects arrive at. */
export interface Listener extends AsyncDisposable {
  readonly port: number;
  /** The bodies of what has come, in their order. */
  readonly came: readonly string[];
}

/** Counts what a server does, outside of it. */
export async function startListener(): Promise<Listener> {
  const came: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (piece: string) => (body += piece));
    request.once("end", () => {
      came.push(body);
      response.end("{}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, came, [Symbol.asyncDispose]: close };
}

function hooksFile(port: number): string {
  return `version: 1
entities:
  Ticket: { table: tickets, key: id, fields: { id: int, title: string } }
jobs:
  tell:
    input: Ticket
    capabilities: [http.post]
    effect: http.post
    with: { url: "http://localhost:${port}/told", json: { title: "\${trigger.title}" } }
  tell_gone:
    input: Ticket
    capabilities: [http.post]
    effect: http.post
    with: { url: "http://localhost:${port}/gone", json: { gone: "\${trigger.title}" } }
hooks:
  Ticket.after_create: [tell]
  Ticket.after_delete: [tell_gone]
`;
}

const SIGNED_BODY = {
  header: "X-Hub-Signature-256",
  scheme: "sha256-hex",
  prefix: "sha256=",
  delivery_header: "X-GitHub-Delivery",
  entity: "Ticket",
  operation: "create",
  secret: { environment: "TEST_WEBHOOK_SECRET" },
};

/** Endpoints of every kind: what GitHub signs, what has a time, what signs its id too, and one with small bounds. */
export const ENDPOINTS = {
  github: {
    ...SIGNED_BODY,
    path: "/webhooks/github",
    operation: { at: "/action", is: { opened: "create", deleted: "delete" } },
    record: "/issue",
  },
  timed: {
    ...SIGNED_BODY,
    path: "/webhooks/timed",
    header: "X-Signature",
    prefix: "v0=",
    delivery_header: "X-Request-Id",
    timestamp_header: "X-Timestamp",
    signed: "v0:{timestamp}:{body}",
    body_seconds: 2,
    secret: { environment: "TEST_WEBHOOK_SECRET_2" },
  },
  standard: {
    ...SIGNED_BODY,
    path: "/webhooks/standard",
    header: "webhook-signature",
    scheme: "sha256-base64",
    prefix: "v1,",
    delivery_header: "webhook-id",
    timestamp_header: "webhook-timestamp",
    signed: "{id}.{timestamp}.{body}",
    secret: { environment: "TEST_WEBHOOK_SECRET_3" },
  },
  small: {
    ...SIGNED_BODY,
    path: "/webhooks/small",
    max_bytes: 64,
    body_seconds: 0.5,
    once_per: "body",
    secret: { environment: "TEST_WEBHOOK_SECRET_4" },
  },
} as const;

/** The secret of each endpoint. */
export const SECRETS: Readonly<Record<keyof typeof ENDPOINTS, string>> = {
  github: SECRET,
  timed: `${SECRET} 2`,
  standard: `${SECRET} 3`,
  small: `${SECRET} 4`,
};

/** A server that takes webhooks. */
export interface WebhookServer {
  readonly server: ServerProcess;
  /** Of the side port. */
  readonly port: number;
  readonly token: string;
}

/** Starts a server that tells a listener of each ticket. */
export async function startWebhookServer(directory: string, listener: Listener): Promise<WebhookServer> {
  await writeFile(`${directory}/hooks.yaml`, hooksFile(listener.port));
  const server = await startServer({
    entry: "serve",
    state: `${directory}/state`,
    environment: Object.fromEntries(
      Object.values(SECRETS).map((secret, place) => [
        `TEST_WEBHOOK_SECRET${place === 0 ? "" : `_${place + 1}`}`,
        secret,
      ]),
    ),
    configuration: {
      reserve_bytes: 0,
      drain_seconds: 5,
      log_level: "debug",
      http: { listen: "127.0.0.1:0" },
      hooks: { file: `${directory}/hooks.yaml`, reload_seconds: 0 },
      steps: { "http.post": { hosts: [`localhost:${listener.port}`] } },
      webhooks: ENDPOINTS,
    },
  });
  const address = /"http_address":"([^"]+)"/.exec(server.log())?.[1] ?? "";
  const token = (await readFile(`${server.state}/token`, "utf8")).trim();
  return { server, port: Number(address.slice(address.lastIndexOf(":") + 1)), token };
}

/** The signature of a text, in hexadecimal. */
export function hexOf(secret: string, text: string): string {
  return createHmac("sha256", secret).update(text).digest("hex");
}

/** An answer as it came. */
export interface RawAnswer {
  /** 0 = the connection was closed without one. */
  readonly status: number;
  readonly body: string;
}

const ANSWER_MS = 20_000;

/** Sends bytes as they are, and reads until the other side closes the connection or the answer is whole. */
export async function exchange(port: number, pieces: readonly (string | Buffer)[]): Promise<RawAnswer> {
  const socket = connect(port, "127.0.0.1");
  socket.setTimeout(ANSWER_MS, () => socket.destroy());
  let text = "";
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  socket.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
    if (isWhole(text)) resolve();
  });
  socket.on("error", () => undefined); // the server may close while it is written to
  socket.once("close", () => resolve());
  for (const piece of pieces) socket.write(piece);
  await ended;
  socket.destroy();
  const [head = "", body = ""] = text.split("\r\n\r\n");
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), body };
}

function isWhole(text: string): boolean {
  const [head = "", body] = text.split("\r\n\r\n");
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  return body !== undefined && length !== undefined && Buffer.byteLength(body) >= Number(length);
}

/** A request, as it is sent. */
export interface RawRequest {
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly method?: string;
}

/** The head of a request, with just these headers and `Host`. */
export function headOf(port: number, { path, headers, method = "POST" }: RawRequest): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${lines}\r\n`;
}
