import { createConnectRouter, createContextValues } from "@connectrpc/connect";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { Fault, FAULTS, LIMITS } from "#model";
import type { Authenticate, Principal } from "../identity/principal.ts";
import type { Address } from "./address.ts";
import type { CallBudgets } from "./call-budgets.ts";
import { mayBeLarge, requestMayCome } from "./call-budgets.ts";
import type { Access } from "./access/access.ts";
import { addRoutes, CALLER } from "./connect-routes.ts";
import type { HttpCaller } from "./connect-routes.ts";
import { Connections } from "./connections.ts";
import type { ConnectionsOptions } from "./connections.ts";
import { toldFault, toldMessage } from "./fault-details.ts";
import { METADATA_BYTES, RECEIVE_TIMEOUT_MS } from "./gate.ts";
import type { OnCall } from "./call-watch.ts";
import { guestOf } from "./guests.ts";
import { listenOnLoopback } from "./listener.ts";
import type { MountedService } from "./service.ts";
import { answerPage } from "./side-pages.ts";
import type { MakePage, SidePages } from "./side-pages.ts";
import type { WebhookDoor } from "./webhooks/webhook-door.ts";

/** What the side port is given. */
export interface HttpSidePortOptions extends ConnectionsOptions {
  readonly address: Address;
  readonly services: readonly MountedService[];
  readonly budgets: CallBudgets;
  readonly authenticate: Authenticate;
  readonly access: Access;
  readonly onInternalError: (error: unknown, method: string) => void;
  /** What is read beside the methods, with the same checks. Default none. */
  readonly pages?: SidePages;
  /** What takes signed deliveries, which need no token; absent = nothing does. */
  readonly webhooks?: WebhookDoor;
  readonly onCall?: OnCall;
}

/** Serves browsers and `curl`: the Connect and gRPC-web protocols over HTTP/1.1. */
export interface HttpSidePort {
  /** `host:port`. */
  readonly address: string;
  /** Connections that are open. */
  readonly connections: number;
  /** Takes no new connections, waits for the calls that run, and cuts what is left after `graceMs`. */
  drain(options: { readonly graceMs: number }): Promise<void>;
}

/**
 * Starts the side port on a loopback address.
 * @throws {Fault} INVALID_CONFIGURATION for any other address, or if the system refuses.
 */
export async function startHttpSidePort(options: HttpSidePortOptions): Promise<HttpSidePort> {
  const { clock, onInternalError, webhooks } = options;
  const connections = new Connections(options);
  const served = servedPaths(options);
  const server = createServer(LIMITS_OF_HTTP, (request, response) => {
    const notLetIn = (error: unknown): void =>
      refuse(
        response,
        toldFault(error, (cause) => onInternalError(cause, request.url ?? "")),
      );
    const letIn = (principal: Principal): void => {
      if (response.destroyed) return; // while his credential was looked at
      const serve = served.get(pathOf(request));
      if (serve === undefined) throw new Fault("UNIMPLEMENTED", "There is no such method here.");
      const caller = enter({ request, response, principal }, options);
      const proceed = (): void => serve(request, response, caller);
      const line = mayBeLarge(request.headers) ? requestMayCome(caller.shares) : undefined;
      if (line === undefined) proceed();
      else void line.then(proceed); // answers whatever it meets
    };
    try {
      checkHost(request, allowedHosts);
      if (webhooks?.takes(request) === true) {
        void webhooks.answer(request, response); // answers whatever it meets
        return;
      }
      checkOrigin(request, allowedHosts);
      const identified = identify(request, options);
      if (identified instanceof Promise) identified.then(letIn).catch(notLetIn);
      else letIn(identified);
    } catch (error) {
      notLetIn(error);
    }
  });
  server.on("connection", (socket) => connections.take(socket));
  const address = await listenOnLoopback(server, options.address);
  const port = address.slice(address.lastIndexOf(":"));
  const allowedHosts: ReadonlySet<string> = new Set([address, `localhost${port}`, `127.0.0.1${port}`, `[::1]${port}`]);

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
  };
}

function identify(request: IncomingMessage, { authenticate, access }: HttpSidePortOptions) {
  const refused = (error: unknown): never => {
    access.refused(pathOf(request), error);
    throw error;
  };
  try {
    const identified = authenticate(request.headers.authorization);
    return identified instanceof Promise ? identified.catch(refused) : identified;
  } catch (error) {
    return refused(error);
  }
}

interface Identified {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly principal: Principal;
}

/** Lets a call in, or says why not. What it holds is given back when its answer is sent, or nobody waits for it any more. */
function enter({ request, response, principal }: Identified, { access, budgets }: HttpSidePortOptions): HttpCaller {
  guestOf(request)?.prove();
  const leave = access.enter(principal, pathOf(request));
  response.once("close", leave);
  const { shares, close } = budgets.open(() => response.destroy());
  response.once("close", close);
  request.once("end", () => shares.request.give());
  return { principal, peer: `${request.socket.remoteAddress}:${request.socket.remotePort}`, shares };
}

function pathOf({ url = "" }: IncomingMessage): string {
  return url.split("?", 1)[0] ?? "";
}

type Serve = (request: IncomingMessage, response: ServerResponse, caller: HttpCaller) => void;

/** What answers on each path: methods, and pages. */
function servedPaths(options: HttpSidePortOptions): ReadonlyMap<string, Serve> {
  const { services, clock, access, onInternalError, onCall, pages } = options;
  const { requestBytes: readMaxBytes, responseBytes: writeMaxBytes } = LIMITS;
  const router = createConnectRouter({ grpc: false, readMaxBytes, writeMaxBytes });
  for (const mounted of services) addRoutes(router, mounted, { clock, onInternalError, onCall });
  const served = new Map<string, Serve>();
  for (const [path, page] of pages ?? []) served.set(path, pageServer(page, onInternalError));
  for (const handler of router.handlers) served.set(handler.requestPath, methodServer(handler));
  access.requireRows(served.keys());
  return served;
}

type Handler = ReturnType<typeof createConnectRouter>["handlers"][number];

/** Connect's own listener would write to the console whenever a caller goes away. */
function methodServer(handler: Handler): Serve {
  return (request, response, caller) => {
    const values = createContextValues().set(CALLER, caller);
    handler(universalRequestFromNodeRequest(request, response, undefined, values))
      .then((answer) => universalResponseToNodeResponse(answer, response))
      .catch(() => response.destroy()); // the caller is gone: what a method throws has been answered before
  };
}

function pageServer(page: MakePage, onInternalError: HttpSidePortOptions["onInternalError"]): Serve {
  return (request, response, { principal, shares }) => {
    const told = (error: unknown): Fault => toldFault(error, (cause) => onInternalError(cause, pathOf(request)));
    if (principal.proven?.tenant !== undefined)
      return refuse(response, new Fault("PERMISSION_DENIED", "This page is closed where there are tenants."));
    answerPage(page, { request, response, shares }).catch((error: unknown) => refuse(response, told(error)));
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
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  UNIMPLEMENTED: 404,
  RESOURCE_EXHAUSTED: 429,
  UNAVAILABLE: 503,
};

function refuse(response: ServerResponse, fault: Fault): void {
  const code = FAULTS[fault.code];
  response.writeHead(HTTP_STATUS[code] ?? 500, {
    "content-type": "application/json",
    connection: "close",
    ...(fault.retryAfterMs !== undefined && { "retry-after": String(Math.ceil(fault.retryAfterMs / 1000)) }),
  });
  response.end(JSON.stringify({ code: code.toLowerCase(), message: toldMessage(fault.message) }));
}
