import { createConnectRouter, createContextValues } from "@connectrpc/connect";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { Fault, FAULTS, LIMITS } from "#model";
import type { Address } from "./address.ts";
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
import { listenOnLoopback } from "./listener.ts";
import { peerCertificateOf } from "./peer-certificate.ts";
import type { MountedService } from "./service.ts";

/** What the side port is given. */
export interface HttpSidePortOptions extends ConnectionsOptions {
  readonly address: Address;
  readonly services: readonly MountedService[];
  readonly budgets: CallBudgets;
  /** Who calls. @throws {Fault} UNAUTHENTICATED */
  readonly authenticate: Authenticate;
  readonly onInternalError: (error: unknown, method: string) => void;
}

/** Serves browsers and `curl`: the Connect and gRPC-web protocols over HTTP/1.1. */
export interface HttpSidePort {
  /** `host:port`. */
  readonly address: string;
  /** Takes no new connections, waits for the calls that run, and cuts what is left after `graceMs`. */
  drain(options: { readonly graceMs: number }): Promise<void>;
}

/**
 * Starts the side port on a loopback address.
 * @throws {Fault} INVALID_CONFIGURATION for any other address, or if the system refuses.
 */
export async function startHttpSidePort(options: HttpSidePortOptions): Promise<HttpSidePort> {
  const { clock, budgets, authenticate, onInternalError } = options;
  const connections = new Connections(options);
  const serve = connectListener(options);
  const server = createServer(LIMITS_OF_HTTP, (request, response) => {
    try {
      checkHost(request, allowedHosts);
      checkOrigin(request, allowedHosts);
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
  });
  server.on("connection", (socket) => connections.take(socket));
  const address = await listenOnLoopback(server, options.address);
  const port = address.slice(address.lastIndexOf(":"));
  const allowedHosts: ReadonlySet<string> = new Set([address, `localhost${port}`, `127.0.0.1${port}`, `[::1]${port}`]);

  return {
    address,
    async drain({ graceMs }) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const stopTimer = clock.after(graceMs, () => connections.cut());
      await closed;
      stopTimer();
    },
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

/** A page of another site that has its name point to this machine calls it by that name. */
function checkHost({ headers }: IncomingMessage, allowed: ReadonlySet<string>): void {
  if (headers.host !== undefined && allowed.has(headers.host.toLowerCase())) return;
  throw new Fault("PERMISSION_DENIED", `The Host header must be one of ${[...allowed].join(", ")}.`);
}

/** A browser says which page calls; programs say nothing. */
function checkOrigin({ headers }: IncomingMessage, allowed: ReadonlySet<string>): void {
  const { origin } = headers;
  if (origin === undefined) return;
  if (origin.startsWith("http://") && allowed.has(origin.slice("http://".length).toLowerCase())) return;
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
