import type { Metadata, ServerInterceptor } from "@grpc/grpc-js";
import { ServerInterceptingCall } from "@grpc/grpc-js";
import { constants } from "node:http2";
import type { ServerHttp2Stream } from "node:http2";
import type { Clock } from "#model";
import { Fault } from "#model";
import type { CallBudgets, CallShares, OpenCall } from "./call-budgets.ts";
import { requestMayCome } from "./call-budgets.ts";
import type { Authenticate, Principal } from "./call-context.ts";
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

/** What the gate is given. */
export interface GateOptions {
  readonly clock: Clock;
  readonly budgets: CallBudgets;
  /** Who calls. @throws {Fault} UNAUTHENTICATED, PERMISSION_DENIED */
  readonly authenticate: Authenticate;
  /** Default {@link RECEIVE_TIMEOUT_MS}. */
  readonly receiveTimeoutMs?: number;
  readonly onInternalError: (error: unknown, method: string) => void;
}

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
    let open: OpenCall | undefined;
    let whole = false;
    let cancelled = false;
    const refuse = (fault: Fault): void => call.sendStatus(statusOf(fault));
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, proceed) => {
            // A throw in here would end the process.
            try {
              const entered = enter(call, metadata, options);
              open = entered.open;
              known.set(metadata, entered.letIn);
            } catch (error) {
              refuse(toldFault(error, (cause) => options.onInternalError(cause, method.path)));
              return;
            }
            const receive = (): void => {
              if (cancelled) return;
              stopTimer = clock.after(receiveTimeoutMs, () => {
                const text = `The request was not received within ${receiveTimeoutMs} ms.`;
                refuse(new Fault("DEADLINE_PASSED", text));
                transportOf(call)?.session?.destroy();
              });
              proceed(metadata);
            };
            const line = requestMayCome(open.shares);
            if (line === undefined) receive();
            else void line.then(receive); // a throw ends the process here as there
          },
          onReceiveMessage: (message, proceed) => {
            if (method.requestStream) {
              stopTimer?.();
              open?.shares.request.give();
            }
            proceed(message);
          },
          onReceiveHalfClose: (proceed) => {
            whole = true;
            stopTimer?.();
            open?.shares.request.give();
            proceed();
          },
          onCancel: () => {
            cancelled = true;
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

/** Lets a call in, or says why not. What it holds is given back when its stream is closed: until then bytes of it may wait. */
function enter(call: object, metadata: Metadata, { authenticate, budgets }: GateOptions) {
  const stream = transportOf(call);
  checkSize(metadata);
  const guest = guestOf(stream?.session);
  const certificate = peerCertificateOf(stream?.session);
  let principal: Principal;
  try {
    principal = authenticate(authorizationOf(metadata), certificate);
  } catch (error) {
    guest?.refuse();
    throw error;
  }
  guest?.prove();
  let ended: (() => void) | undefined;
  const open = budgets.open(() => {
    ended?.();
    stream?.close(constants.NGHTTP2_ENHANCE_YOUR_CALM); // clients read it as RESOURCE_EXHAUSTED
  });
  stream?.once("close", open.close);
  const letIn: LetIn = {
    principal,
    peerCertificate: certificate,
    shares: open.shares,
    onCut: (listener) => {
      ended = listener;
    },
  };
  return { open, letIn };
}

/** A call that was answered before its request was whole would otherwise stay open for as long as its caller likes. */
function closeSoon(call: object, clock: Clock): void {
  const stream = transportOf(call);
  if (stream === undefined || stream.destroyed) return;
  const stopTimer = clock.after(ANSWERED_EARLY_MS, () => stream.close(constants.NGHTTP2_NO_ERROR));
  stream.once("close", stopTimer);
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
