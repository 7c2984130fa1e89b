import type { Metadata, ServerInterceptingCallInterface, ServerInterceptor } from "@grpc/grpc-js";
import { ServerInterceptingCall, status as statusCodes } from "@grpc/grpc-js";
import { constants } from "node:http2";
import type { ServerHttp2Stream } from "node:http2";
import type { Clock } from "#model";
import { Fault } from "#model";
import type { CallBudgets, CallShares, OpenCall } from "./call-budgets.ts";
import { watchCall } from "./call-watch.ts";
import type { OnCall } from "./call-watch.ts";
import { holdLargeRequest } from "./large-request.ts";
import type { Authenticate, Principal } from "../identity/principal.ts";
import { principalKey } from "../identity/principal-name.ts";
import type { Access } from "./access/access.ts";
import { isUnknown } from "./access/access.ts";
import { statusOf } from "./errors.ts";
import { toldFault } from "./fault-details.ts";
import { guestOf } from "./guests.ts";
import type { PeerCertificate } from "./peer-certificate.ts";
import { peerCertificateOf } from "./peer-certificate.ts";

/** Largest metadata of a call in bytes, counted as HTTP/2 counts: name, value and 32 for each. */
export const METADATA_BYTES = 8 * 1024;

/** Longest time that a request may take to come once it may, milliseconds. */
export const RECEIVE_TIMEOUT_MS = 20_000;

/** How long a caller has to read an answer that came before his request was whole, milliseconds. */
const ANSWERED_EARLY_MS = 1000;

/** So much of a request is thrown away behind such an answer, bytes; then its caller is held back. */
const ANSWERED_EARLY_BYTES = 128 * 1024;

/** How long a caller who was held back has to read his answer, milliseconds: as long, others on his connection may wait for room. */
const HELD_BACK_MS = 100;

/** What the gate is given. */
export interface GateOptions {
  readonly clock: Clock;
  readonly budgets: CallBudgets;
  readonly authenticate: Authenticate;
  /** Who may call what. */
  readonly access: Pick<Access, "enter" | "refused">;
  /** The certificate that the other end of a connection has proven to hold; default what its handshake has proven. */
  readonly certificateOf?: CertificateOf;
  /** Default {@link RECEIVE_TIMEOUT_MS}. */
  readonly receiveTimeoutMs?: number;
  readonly onInternalError: (error: unknown, method: string) => void;
  /** Told of each call that ends, whether it was let in or not; absent = nobody asks. */
  readonly onCall?: OnCall;
}

/** Tells of the connection that a call came by. The one place where identities meet the transport's own proofs. */
export type CertificateOf = typeof peerCertificateOf;

/** What is known of a call that was let in. */
export interface LetIn {
  readonly principal: Principal;
  readonly peerCertificate: PeerCertificate | undefined;
  readonly shares: CallShares;
  /** Has `ended` called when the call is cut, because its client has left others waiting. */
  readonly onCut: (ended: () => void) => void;
}

/** Lets calls in, before one byte of their request is read. */
export interface Gate {
  readonly interceptor: ServerInterceptor;
  /** What is known of the call with this metadata. */
  readonly letIn: (metadata: object) => LetIn;
}

/** Makes the gate of one server. */
export function createGate(options: GateOptions): Gate {
  const known = new WeakMap<object, LetIn>();
  const { clock, receiveTimeoutMs = RECEIVE_TIMEOUT_MS } = options;

  const interceptor: ServerInterceptor = (method, call) => {
    let stopTimer: (() => void) | undefined;
    let open: LetIn | undefined;
    let whole = false;
    let over = false;
    const { refuse, cancel, sendStatus } = answersOf(call, method.path, options);
    const goesOn = (): void => {
      if (over || whole) return; // what has come needs no more time
      stopTimer = clock.after(receiveTimeoutMs, () => {
        refuse(new Fault("DEADLINE_PASSED", `The request was not received within ${receiveTimeoutMs} ms.`));
        transportOf(call)?.session?.destroy();
      });
    };
    return new ServerInterceptingCall(call, {
      sendStatus,
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, proceed) => {
            const letIn = (principal: Principal): void => {
              if (over) return; // while his credential was looked at
              open = enter({ call, principal, path: method.path }, options);
              known.set(metadata, open);
              goesOn();
              holdLargeRequest(transportOf(call), open.shares, { waits: () => stopTimer?.(), goesOn });
              proceed(metadata);
            };
            // A throw in here would end the process.
            try {
              const identified = identify({ call, metadata, path: method.path }, options);
              if (identified instanceof Promise) identified.then(letIn).catch(refuse);
              else letIn(identified);
            } catch (error) {
              refuse(error);
            }
          },
          onReceiveMessage: (message, proceed) => {
            if (method.requestStream) {
              whole = true; // what comes behind the first one has its own time
              stopTimer?.();
              open?.shares.request.close();
            }
            proceed(message);
          },
          onReceiveHalfClose: (proceed) => {
            whole = true;
            stopTimer?.();
            open?.shares.request.close(); // it may stand in line yet
            proceed();
          },
          onCancel: () => {
            over = true;
            cancel();
            stopTimer?.();
            if (!whole) closeSoon(call, clock);
          },
        });
      },
    });
  };

  return {
    interceptor,
    letIn(metadata) {
      const letIn = known.get(metadata);
      if (letIn === undefined) throw new Error("a call passed that the gate has not seen");
      return letIn;
    },
  };
}

type Answer = Parameters<ServerInterceptingCallInterface["sendStatus"]>[0];

/** The ends that a call can come to, each of which is told; only the first counts. */
function answersOf(
  call: Pick<ServerInterceptingCallInterface, "sendStatus">,
  path: string,
  { clock, onCall, onInternalError }: GateOptions,
) {
  const end = watchCall({ transport: "grpc", method: path.slice(1) }, { clock, onCall });
  return {
    refuse: (error: unknown): void => {
      const answer = statusOf(toldFault(error, (cause) => onInternalError(cause, path)));
      end(codeName(answer.code));
      call.sendStatus(answer);
    },
    sendStatus: (answer: Answer, next: (answer: Answer) => void): void => {
      end(codeName(answer.code));
      next(answer);
    },
    /** The library says so behind an answer too. */
    cancel: (): void => end("CANCELLED"),
  };
}

function codeName(code: number | undefined): string {
  return statusCodes[code ?? statusCodes.UNKNOWN] ?? "UNKNOWN";
}

interface Arriving {
  readonly call: object;
  readonly metadata: Metadata;
  readonly path: string;
}

/** Says who calls: at once, or when his credential has been looked at. */
function identify({ call, metadata, path }: Arriving, options: GateOptions): Principal | Promise<Principal> {
  const { authenticate, access, certificateOf = peerCertificateOf } = options;
  const session = transportOf(call)?.session;
  checkSize(metadata);
  const certificate = certificateOf(session);
  const refused = (error: unknown): never => {
    if (isUnknown(error)) {
      guestOf(session)?.refuse();
      access.refused(path, error, session?.socket?.remoteAddress);
    }
    throw error;
  };
  try {
    const identified = authenticate(authorizationOf(metadata), certificate);
    return identified instanceof Promise ? identified.catch(refused) : identified;
  } catch (error) {
    return refused(error);
  }
}

interface Identified {
  readonly call: object;
  readonly principal: Principal;
  readonly path: string;
}

/** Lets a call in, or says why not. What it holds is given back when its stream is closed: until then bytes of it may wait. */
function enter(
  { call, principal, path }: Identified,
  { access, budgets, certificateOf = peerCertificateOf }: GateOptions,
): LetIn {
  const stream = transportOf(call);
  guestOf(stream?.session)?.prove();
  const leave = access.enter(principal, path);
  let ended: (() => void) | undefined;
  let open: OpenCall;
  try {
    open = budgets.open(() => {
      ended?.();
      stream?.close(constants.NGHTTP2_ENHANCE_YOUR_CALM); // clients read it as RESOURCE_EXHAUSTED
    }, principalKey(principal));
  } catch (error) {
    leave();
    throw error;
  }
  const over = (): void => {
    open.close();
    leave();
  };
  if (stream?.closed === true) over(); // it says so once, and that was before
  else stream?.once("close", over);
  return {
    principal,
    peerCertificate: certificateOf(stream?.session),
    shares: open.shares,
    onCut: (listener) => {
      ended = listener;
    },
  };
}

/**
 * A call that was answered before its request was whole would otherwise stay open for as long as its caller likes, and be read to
 * its end: the library throws away what comes behind an answer, and makes room for more.
 */
function closeSoon(call: object, clock: Clock): void {
  const stream = transportOf(call);
  if (stream === undefined || stream.destroyed) return;
  const closeAfter = (milliseconds: number): void => {
    stream.once(
      "close",
      clock.after(milliseconds, () => stream.close(constants.NGHTTP2_NO_ERROR)),
    );
  };
  closeAfter(ANSWERED_EARLY_MS);
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= ANSWERED_EARLY_BYTES || stream.isPaused()) return;
    stream.pause();
    closeAfter(HELD_BACK_MS);
  });
}

/** The HTTP/2 stream of a call: a private member of the library, without which nobody is rid of a stalled call. A test holds it. */
function transportOf(call: object): ServerHttp2Stream | undefined {
  return "stream" in call ? (call.stream as ServerHttp2Stream) : undefined; // private, so its type is not told
}

function authorizationOf(metadata: Metadata): string | undefined {
  const value = metadata.get("authorization")[0];
  return typeof value === "string" ? value : undefined;
}

function checkSize(metadata: Metadata): void {
  let bytes = 0;
  for (const [name, value] of Object.entries(metadata.toHttp2Headers())) {
    for (const one of Array.isArray(value) ? value : [String(value)]) bytes += name.length + one.length + 32;
  }
  if (bytes <= METADATA_BYTES) return;
  throw new Fault("LIMIT_EXCEEDED", `The metadata has ${bytes} bytes; a call may bring at most ${METADATA_BYTES}.`);
}
