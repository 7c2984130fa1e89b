import type { RequestListener } from "node:http";
import { createServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Clock } from "#model";
import { Fault, LIMITS } from "#model";
import type { Address } from "./address.ts";
import { addressText, isLoopback } from "./address.ts";
import { Connections } from "./connections.ts";
import { METADATA_BYTES, RECEIVE_TIMEOUT_MS } from "./gate.ts";
import type { HttpSidePortOptions } from "./http-side-port-options.ts";
import { listenOnTcp } from "./listener.ts";
import { certifiedHosts, loopbackHosts } from "./own-hosts.ts";
import type { OwnHosts } from "./own-hosts.ts";
import { sidePortAnswers } from "./side-port-answers.ts";
import type { ServerTls, TlsMaterial } from "./tls/tls-material.ts";
import { serverOptions } from "./tls/tls-options.ts";
import { requireSoundTls, secured } from "./tls/tls-server.ts";

/** Serves browsers and `curl`: the Connect and gRPC-web protocols over HTTP/1.1. */
export interface HttpSidePort {
  /** `host:port`. */
  readonly address: string;
  /** Connections that are open. */
  readonly connections: number;
  /** Takes no new connections, waits for the calls that run, and cuts what is left after `graceMs`. */
  drain(options: { readonly graceMs: number }): Promise<void>;
  /** Has the handshakes from now on made with other files. @throws {Fault} INVALID_CONFIGURATION; then nothing has changed. */
  replaceTls(material: TlsMaterial): void;
}

/**
 * Starts the side port on a loopback address, or with TLS on any.
 * @throws {Fault} INVALID_CONFIGURATION for any other address, for files that TLS cannot be spoken with, or if the system refuses.
 */
export async function startHttpSidePort(options: HttpSidePortOptions): Promise<HttpSidePort> {
  const { clock } = options;
  const where = requireTcp(options);
  const connections = new Connections(options);
  let own: OwnHosts | undefined;
  const answer = sidePortAnswers(options, () => own);
  const tls = isLoopback(where.host) ? undefined : options.tls;
  const { server, secure } = await serverOf(answer, tls, clock);
  let material = tls?.material;
  server.on("connection", (socket) => connections.take(socket));
  const address = await listenOnTcp(server, where);
  own = tls === undefined ? loopbackHosts(address) : certifiedHosts(address, () => material?.certificate ?? "");

  return {
    address,
    get connections() {
      return connections.size;
    },
    async drain({ graceMs }) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const stopTimer = clock.after(graceMs, () => connections.cut());
      await closed;
      stopTimer();
    },
    replaceTls(next) {
      secure?.replace(next);
      material = next;
    },
  };
}

async function serverOf(answer: RequestListener, tls: ServerTls | undefined, clock: Clock) {
  if (tls === undefined) return { server: createServer(LIMITS_OF_HTTP, answer), secure: undefined };
  const server = createHttpsServer({ ...LIMITS_OF_HTTP, ...serverOptions(tls, "http/1.1") }, answer);
  return { server, secure: await secured(server, { tls, clock, protocol: "http/1.1" }) };
}

/** Plain HTTP stays on this machine, whatever is said aloud: which names it has elsewhere, nobody has told it. */
function requireTcp({ address, tls, clock }: HttpSidePortOptions): Address & { kind: "tcp" } {
  const isPlain = tls === undefined;
  if (address.kind === "unix" || (isPlain && !isLoopback(address.host))) {
    const text = `HTTP cannot be served at ${addressText(address)}, which is not a loopback address. Use 127.0.0.1:port, [::1]:port or localhost:port; elsewhere it needs tls.`;
    const violations = [{ field: "address", description: "expected a loopback address, or tls" }];
    throw new Fault("INVALID_CONFIGURATION", text, { violations });
  }
  if (!isPlain) requireSoundTls(tls, clock);
  return address;
}

const LIMITS_OF_HTTP = {
  maxHeaderSize: METADATA_BYTES,
  headersTimeout: LIMITS.unprovenSeconds * 1000,
  requestTimeout: RECEIVE_TIMEOUT_MS,
  connectionsCheckingInterval: 1000,
} as const;
