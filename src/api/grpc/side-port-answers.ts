import { createConnectRouter, createContextValues } from "@connectrpc/connect";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Fault, FAULTS, LIMITS } from "#model";
import type { Principal } from "../identity/principal.ts";
import { principalKey } from "../identity/principal-name.ts";
import { isUnknown } from "./access/access.ts";
import { mayBeLarge, requestMayCome } from "./call-budgets.ts";
import { addRoutes, CALLER } from "./connect-routes.ts";
import { ConnectionAges } from "./connection-ages.ts";
import type { HttpCaller } from "./connect-routes.ts";
import { toldFault, toldMessage } from "./fault-details.ts";
import { guestOf } from "./guests.ts";
import type { HttpSidePortOptions } from "./http-side-port-options.ts";
import type { OwnHosts } from "./own-hosts.ts";
import { peerCertificateOf } from "./peer-certificate.ts";
import { answerPage } from "./side-pages.ts";
import type { MakePage } from "./side-pages.ts";

/** Answers requests to a port by the names that it has by then. */
export function sidePortAnswers(options: HttpSidePortOptions, ownHosts: () => OwnHosts | undefined): RequestListener {
  const { onInternalError, webhooks } = options;
  const served = servedPaths(options);
  const ages = new ConnectionAges(options.clock);
  return (request, response) => {
    // Behind an answer that is not sent yet it would never be said of this one that nobody waits for it.
    if (response.socket === null) {
      request.socket.destroy();
      return;
    }
    if (ages.isOld(request.socket)) response.setHeader("connection", "close");
    const notLetIn = (error: unknown): void =>
      refuse(
        response,
        toldFault(error, (cause) => onInternalError(cause, request.url ?? "")),
      );
    const letIn = (principal: Principal): void => {
      if (request.socket.destroyed) return; // while his credential was looked at
      const serve = served.get(pathOf(request));
      if (serve === undefined) throw new Fault("UNIMPLEMENTED", "There is no such method here.");
      const caller = enter({ request, response, principal }, options);
      const proceed = (): void => serve(request, response, caller);
      const line = mayBeLarge(request.headers) ? requestMayCome(caller.shares) : undefined;
      if (line === undefined) proceed();
      else void line.then(proceed).catch(notLetIn);
    };
    try {
      const own = ownHosts();
      checkHost(request, own);
      if (webhooks?.takes(request) === true) {
        void webhooks.answer(request, response); // answers whatever it meets
        return;
      }
      checkOrigin(request, own);
      const identified = identify(request, options);
      if (identified instanceof Promise) identified.then(letIn).catch(notLetIn);
      else letIn(identified);
    } catch (error) {
      notLetIn(error);
    }
  };
}

function identify(request: IncomingMessage, { authenticate, access }: HttpSidePortOptions) {
  const refused = (error: unknown): never => {
    if (isUnknown(error)) access.refused(pathOf(request), error, request.socket.remoteAddress);
    throw error;
  };
  try {
    const identified = authenticate(request.headers.authorization, peerCertificateOf(request));
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
  const { shares, close } = budgets.open(() => response.destroy(), principalKey(principal));
  response.once("close", close);
  request.once("end", () => shares.request.give());
  const peer = `${request.socket.remoteAddress}:${request.socket.remotePort}`;
  return { principal, peerCertificate: peerCertificateOf(request), peer, shares };
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
  return (request, response, { shares }) => {
    const told = (error: unknown): Fault => toldFault(error, (cause) => onInternalError(cause, pathOf(request)));
    answerPage(page, { request, response, shares }).catch((error: unknown) => refuse(response, told(error)));
  };
}

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
