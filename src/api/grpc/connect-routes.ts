import type { Message } from "@bufbuild/protobuf";
import { toBinary } from "@bufbuild/protobuf";
import type { ConnectRouter, HandlerContext } from "@connectrpc/connect";
import { Code, ConnectError, createContextKey } from "@connectrpc/connect";
import type { Clock, Fault, FaultCode } from "#model";
import { assert, FAULTS } from "#model";
import type { CallShares } from "./call-budgets.ts";
import { answerMayBeSent } from "./call-budgets.ts";
import type { CallContext, Principal } from "./call-context.ts";
import { watchCall } from "./call-watch.ts";
import type { OnCall } from "./call-watch.ts";
import type { PeerCertificate } from "./peer-certificate.ts";
import { detailsOf, toldFault, toldMessage } from "./fault-details.ts";
import type { ErasedBidi, ErasedStream, ErasedUnary, MountedService } from "./service.ts";
import { SMALL_REQUEST_BYTES } from "./service.ts";

/** Who calls over HTTP and from where, as the port has proven it. */
export interface HttpCaller {
  readonly principal: Principal;
  readonly peerCertificate: PeerCertificate | undefined;
  readonly peer: string;
  readonly shares: CallShares;
}

/** How much larger an answer may be as JSON than as protobuf. */
const JSON_FACTOR = 2;

/** Under this key the port tells the routes who calls. */
export const CALLER = createContextKey<HttpCaller | undefined>(undefined);

/** What the routes are given. */
export interface RouteOptions {
  readonly clock: Clock;
  readonly onInternalError: (error: unknown, method: string) => void;
  readonly onCall?: OnCall | undefined;
}

/** Mounts a service on a Connect router: the same implementation that gRPC serves. */
export function addRoutes(router: ConnectRouter, mounted: MountedService, options: RouteOptions): void {
  for (const method of mounted.service.methods) {
    const implementation = mounted.implementation[method.localName];
    const limits = { readMaxBytes: mounted.requestBytes[method.localName] ?? SMALL_REQUEST_BYTES };
    const name = `${mounted.service.typeName}/${method.name}`;
    const faultOf = (error: unknown): Fault => toldFault(error, (cause) => options.onInternalError(cause, name));
    const { clock, onCall } = options;
    const watch = (): ((code: string) => void) => watchCall({ transport: "http", method: name }, { clock, onCall });
    const contextOf = (context: HandlerContext): CallContext => callContext(context, options.clock);

    if (method.methodKind === "unary") {
      const run = implementation as ErasedUnary; // the descriptor says unary
      const handle = async (request: Message, context: HandlerContext): Promise<Message> => {
        const call = contextOf(context);
        const tellEnd = watch();
        try {
          const message = await run(request, call);
          await answerMayBeSent(call.shares, JSON_FACTOR * toBinary(method.output, message).length);
          tellEnd("OK");
          return message;
        } catch (error) {
          const fault = faultOf(error);
          tellEnd(FAULTS[fault.code]);
          throw connectError(fault);
        }
      };
      router.rpc(method, handle as never, limits); // a method looked up at run time has no message types
    } else if (method.methodKind !== "client_streaming") {
      const run = implementation as ErasedStream & ErasedBidi; // the descriptor says which; both take one input and give a stream
      const handle = (input: Message & AsyncIterable<Message>, context: HandlerContext): AsyncIterable<Message> =>
        releasedOnAbort(
          toldStream(run, { input, call: contextOf(context), faultOf, tellEnd: watch() }),
          context.signal,
        );
      router.rpc(method, handle as never, limits); // a method looked up at run time has no message types
    }
  }
}

/** A fault as Connect sends it, with the same details as over gRPC. */
function connectError(fault: Fault): ConnectError {
  return new ConnectError(toldMessage(fault.message), CODES[FAULTS[fault.code]], undefined, [...detailsOf(fault)]);
}

const CODES: Readonly<Record<(typeof FAULTS)[FaultCode], Code>> = {
  ABORTED: Code.Aborted,
  ALREADY_EXISTS: Code.AlreadyExists,
  CANCELLED: Code.Canceled,
  DATA_LOSS: Code.DataLoss,
  DEADLINE_EXCEEDED: Code.DeadlineExceeded,
  FAILED_PRECONDITION: Code.FailedPrecondition,
  INTERNAL: Code.Internal,
  INVALID_ARGUMENT: Code.InvalidArgument,
  NOT_FOUND: Code.NotFound,
  PERMISSION_DENIED: Code.PermissionDenied,
  RESOURCE_EXHAUSTED: Code.ResourceExhausted,
  UNAUTHENTICATED: Code.Unauthenticated,
  UNAVAILABLE: Code.Unavailable,
  UNIMPLEMENTED: Code.Unimplemented,
  UNKNOWN: Code.Unknown,
};

function callContext(context: HandlerContext, clock: Clock): CallContext {
  const caller = context.values.get(CALLER);
  assert(caller !== undefined, "the port tells who calls");
  const { principal, peerCertificate, peer, shares } = caller;
  const left = context.timeoutMs();
  return {
    signal: context.signal,
    deadline: left === undefined ? Infinity : Date.parse(clock.now()) + left,
    headers: { get: (name) => context.requestHeader.get(name) ?? undefined },
    peer,
    principal,
    peerCertificate,
    shares,
  };
}

interface ToldStream {
  readonly input: Message & AsyncIterable<Message>;
  readonly call: CallContext;
  readonly faultOf: (error: unknown) => Fault;
  readonly tellEnd: (code: string) => void;
}

async function* toldStream(
  run: ErasedStream & ErasedBidi,
  { input, call, faultOf, tellEnd }: ToldStream,
): AsyncGenerator<Message> {
  const { page } = call.shares;
  try {
    for await (const message of run(input, call)) {
      page.waitForClient();
      yield message;
      page.clientMoved();
    }
    tellEnd("OK");
  } catch (error) {
    const fault = faultOf(error);
    tellEnd(FAULTS[fault.code]);
    throw connectError(fault);
  } finally {
    tellEnd("CANCELLED"); // of no effect behind another end: the reader has left
  }
}

/**
 * The same messages; but when the call is over the generator is told, even if its reader never comes back for the next
 * one. Without this, connect-node leaves a generator that waits for a slow reader where it is, with all that it holds.
 */
export function releasedOnAbort<T>(source: AsyncGenerator<T>, signal: AbortSignal): AsyncIterable<T> {
  const release = (): void => void source.return(undefined).catch(() => undefined); // the caller is gone, nobody to tell
  if (signal.aborted) release();
  else signal.addEventListener("abort", release, { once: true });
  return source;
}
