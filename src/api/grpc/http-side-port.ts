import { createConnectRouter, createContextValues } from "@connectrpc/connect";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Clock } from "#model";
import { Fault, FAULTS, LIMITS } from "#model";
import type { Address } from "./address.ts";
import { addressText, isLoopback } from "./address.ts";
import type { CallBudgets } from "./call-budgets.ts";
import { requestMayCome } from "./call-budgets.ts";
import type { Authenticate } from "./call-context.ts";
import { addRoutes, CALLER } from "./connect-routes.ts";
import type { HttpCaller } from "./connect-routes.ts";
import { Connections } from "./connections.ts";
import type { ConnectionsOptions } from "./connections.ts";
import { toldFault, toldMessage } from "./fault-details.ts";
import { METADATA_BYTES, RECEIVE_TIMEOUT_MS } from "./gate.ts";
import { guestOf } from "./guests.ts";
import { listenOnTcp } from "./listener.ts";
import { certifiedHosts, loopbackHosts } from "./own-hosts.ts";
import type { OwnHosts } from "./own-hosts.ts";
import { peerCertificateOf } from "./peer-certificate.ts";
import type { MountedService } from "./service.ts";
import type { ServerTls, TlsMaterial } from "./tls/tls-material.ts";
import { serverOptions } from "./tls/tls-options.ts";
import { requireSoundTls, secured } from "./tls/tls-server.ts";

/** What the side port is given. */
export interface HttpSidePortOptions extends ConnectionsOptions {
  readonly address: Address;
  readonly services: readonly MountedService[];
  readonly budgets: CallBudgets;
  /** Who calls. @throws {Fault} UNAUTHENTICATED */
  readonly authenticate: Authenticate;
  readonly onInternalError: (error: unknown, method: string) => void;
  /** Spoken off loopback, and there alone: on this machine, plain HTTP is what browsers and `curl` take as it is. */
  readonly tls?: ServerTls | undefined;
}

/** Serves browsers and `curl`: the Connect and gRPC-web protocols over HTTP/1.1. */
export interface HttpSidePort {
  /** `host:port`. */
  readonly address: string;
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
  const answer = answerer(options, () => own);
  const tls = isLoopback(where.host) ? undefined : options.tls;
  const { server, secure } = await serverOf(answer, tls, clock);
  let material = tls?.material;
  server.on("connection", (socket) => connections.take(socket));
  const address = await listenOnTcp(server, where);
  own = tls === undefined ? loopbackHosts(address) : certifiedHosts(address, () => material?.certificate ?? "");

  return {
    address,
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

/** Answers requests to a port by the names that it has by then. */
function answerer(options: HttpSidePortOptions, ownHosts: () => OwnHosts | undefined) {
  const { budgets, authenticate, onInternalError } = options;
  const serve = connectListener(options);
  return (request: IncomingMessage, response: ServerResponse): void => {
    try {
      const own = ownHosts();
      checkHost(request, own);
      checkOrigin(request, own);
      const certificate = peerCertificateOf(request);
      const principal = authenticate(request.headers.authorization, certificate);
      guestOf(request)?.prove();
      const peer = `${request.socket.remoteAddress}:${request.socket.remotePort}`;
      const { shares, close } = budgets.open(() => response.destroy());
      response.once("close", close);
      request.once("end", () => shares.request.give());
      const proceed = (): void => serve(request, response, { principal, peerCertificate: certificate, peer, shares });
      const line = requestMayCome(shares);
      if (line === undefined) proceed();
      else void line.then(proceed); // answers whatever it meets
    } catch (error) {
      refuse(
        response,
        toldFault(error, (cause) => onInternalError(cause, request.url ?? "")),
      );
    }
  };
}

type Serve = (request: IncomingMessage, response: ServerResponse, caller: HttpCaller) => void;

/** Connect's own listener would write to the console whenever a caller goes away. */
function connectListener({ services, clock, onInternalError }: HttpSidePortOptions): Serve {
  const { requestBytes: readMaxBytes, responseBytes: writeMaxBytes } = LIMITS;
  const router = createConnectRouter({ grpc: false, readMaxBytes, writeMaxBytes });
  for (const mounted of services) addRoutes(router, mounted, { clock, onInternalError });
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  return (request, response, caller) => {
    const handler = handlers.get(request.url?.split("?", 1)[0] ?? "");
    if (handler === undefined) {
      refuse(response, new Fault("UNIMPLEMENTED", "There is no such method here."));
      return;
    }
    const values = createContextValues().set(CALLER, caller);
    handler(universalRequestFromNodeRequest(request, response, undefined, values))
      .then((answer) => universalResponseToNodeResponse(answer, response))
      .catch(() => response.destroy()); // the caller is gone: what a method throws has been answered before
  };
}

const LIMITS_OF_HTTP = {
  maxHeaderSize: METADATA_BYTES,
  headersTimeout: LIMITS.unprovenSeconds * 1000,
  requestTimeout: RECEIVE_TIMEOUT_MS,
  connectionsCheckingInterval: 1000,
} as const;

function checkHost({ headers }: IncomingMessage, own: OwnHosts | undefined): void {
  if (headers.host !== undefined && own?.isOwn(headers.host) === true) return;
  throw new Fault("PERMISSION_DENIED", `The Host header must be ${own?.expected ?? "known"}.`);
}

/** A browser says which page calls; programs say nothing. */
function checkOrigin({ headers }: IncomingMessage, own: OwnHosts | undefined): void {
  const { origin } = headers;
  if (origin === undefined) return;
  const scheme = `${own?.scheme}://`;
  if (origin.startsWith(scheme) && own?.isOwn(origin.slice(scheme.length)) === true) return;
  throw new Fault("PERMISSION_DENIED", "Pages of other origins may not call this server.");
}

const HTTP_STATUS: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  UNIMPLEMENTED: 404,
  RESOURCE_EXHAUSTED: 429,
};

function refuse(response: ServerResponse, fault: Fault): void {
  const code = FAULTS[fault.code];
  response.writeHead(HTTP_STATUS[code] ?? 500, { "content-type": "application/json", connection: "close" });
  response.end(JSON.stringify({ code: code.toLowerCase(), message: toldMessage(fault.message) }));
}
