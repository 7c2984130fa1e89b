import type { Message } from "@bufbuild/protobuf";
import type {
  sendUnaryData,
  Server,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedHandleCall,
} from "@grpc/grpc-js";
import type { Clock, Fault } from "#model";
import { assert } from "#model";
import { answerMayBeSent } from "./call-budgets.ts";
import { Call } from "./call.ts";
import type { SurfaceCall } from "./call.ts";
import { statusOf } from "./errors.ts";
import { toldFault } from "./fault-details.ts";
import type { LetIn } from "./gate.ts";
import type { Method } from "./method.ts";
import { decode, encode, methodsOf } from "./method.ts";
import type { ErasedBidi, ErasedStream, ErasedUnary, MountedService } from "./service.ts";
import { StreamWriter } from "./stream-writer.ts";

/** What the adapter is given. */
export interface AdapterOptions {
  readonly clock: Clock;
  /** What the gate knows of the call with this metadata, which it has let in before. */
  readonly letIn: (metadata: object) => LetIn;
  /** Told of whatever was thrown that is not a `Fault`, with the method's path. Must not throw. */
  readonly onInternalError: (error: unknown, method: string) => void;
}

/**
 * Registers the methods of a service. Messages cross grpc-js as bytes and are decoded and encoded here; whatever an
 * implementation throws becomes a status. Nothing that happens in a call reaches the process. Returns the paths that are served.
 */
export function addService(server: Server, mounted: MountedService, options: AdapterOptions): readonly string[] {
  return methodsOf(mounted).map((method) => {
    const [handler, type] = handlerOf(method, options);
    server.register(method.path, handler, identity, received, type);
    return method.path;
  });
}

function identity(bytes: Buffer): Buffer {
  return bytes;
}

function handlerOf(method: Method, options: AdapterOptions): readonly [UntypedHandleCall, string] {
  const { kind, implementation } = method;
  if (kind === "unary") {
    const run = implementation as ErasedUnary; // the descriptor says unary
    const handle = (surface: ServerUnaryCall<Received, Buffer>, callback: sendUnaryData<Buffer>): void => {
      void serveUnary({ method, run, surface, call: callOf(surface, options), callback, options });
    };
    return [handle, "unary"];
  }
  if (kind === "server_streaming") {
    const run = implementation as ErasedStream; // the descriptor says server streaming
    const handle = (stream: ServerWritableStream<Received, Buffer>): void => {
      const generate: Generate = (call) => run(decodeOnce(method, stream.request), call);
      void serveStream({ method, generate, stream, call: callOf(stream, options), options });
    };
    return [handle, "serverStream"];
  }
  assert(kind === "bidi_streaming", `${method.path} is of a kind that is served`);
  const run = implementation as ErasedBidi; // the descriptor says bidirectional
  const handle = (stream: ServerDuplexStream<Received, Buffer>): void => {
    const generate: Generate = (call) => run(requestsOf(method, stream), call);
    void serveStream({ method, generate, stream, call: callOf(stream, options), options });
  };
  return [handle, "bidi"];
}

/** The bytes of a request, until they are decoded: the library holds what it was given for as long as the call lasts. */
interface Received {
  bytes: Buffer;
}

function received(bytes: Buffer): Received {
  return { bytes };
}

const NO_BYTES = Buffer.alloc(0);

function decodeOnce(method: Method, request: Received): Message {
  const { bytes } = request;
  request.bytes = NO_BYTES;
  return decode(method, bytes);
}

type Generate = (call: Call) => AsyncGenerator<Message, void, void>;

// Made outside the async functions: what throws here is answered by grpc-js and cannot end the process.
function callOf(surface: SurfaceCall, options: AdapterOptions): Call {
  return new Call(surface, options.letIn(surface.metadata));
}

interface UnaryService {
  readonly method: Method;
  readonly run: ErasedUnary;
  readonly surface: ServerUnaryCall<Received, Buffer>;
  readonly call: Call;
  readonly callback: sendUnaryData<Buffer>;
  readonly options: AdapterOptions;
}

/** Never rejects: an async handler of grpc-js that rejects ends the process. */
async function serveUnary({ method, run, surface, call, callback, options }: UnaryService): Promise<void> {
  const refuse = (fault: Fault): void => attempt(method, options, () => callback(statusOf(fault)));
  try {
    call.onDeadline(options.clock, refuse);
    const bytes = encode(method, await run(decodeOnce(method, surface.request), call));
    await answerMayBeSent(call.shares, bytes.length);
    if (call.end()) callback(null, bytes);
  } catch (error) {
    const fault = toldFault(error, (cause) => options.onInternalError(cause, method.path));
    if (call.end()) refuse(fault);
  }
}

interface StreamService {
  readonly method: Method;
  readonly generate: Generate;
  readonly stream: ServerWritableStream<Received, Buffer> | ServerDuplexStream<Received, Buffer>;
  readonly call: Call;
  readonly options: AdapterOptions;
}

/** Never rejects. Ends the stream once: with OK, with the fault thrown, or at the deadline. */
async function serveStream({ method, generate, stream, call, options }: StreamService): Promise<void> {
  const writer = new StreamWriter(stream);
  const { page } = call.shares;
  const refuse = (fault: Fault): void => attempt(method, options, () => stream.emit("error", statusOf(fault)));
  try {
    // grpc-js leaves a stream that is written to after its deadline without a status: the call ends just before it, also
    // for a writer who waits for a reader.
    call.onDeadline(options.clock, (fault) => {
      writer.stop();
      refuse(fault);
    });
    for await (const message of generate(call)) {
      if (call.ended) break;
      page.waitForClient();
      if (!(await writer.write(encode(method, message)))) break;
      page.clientMoved();
    }
    if (call.end()) stream.end();
  } catch (error) {
    const fault = toldFault(error, (cause) => options.onInternalError(cause, method.path));
    if (call.end()) refuse(fault);
  }
}

/** Gives an answer to grpc-js, and reports if even that fails. */
function attempt(method: Method, options: AdapterOptions, answer: () => void): void {
  try {
    answer();
  } catch (error) {
    options.onInternalError(error, method.path);
  }
}

async function* requestsOf(
  method: Method,
  stream: ServerDuplexStream<Received, Buffer>,
): AsyncGenerator<Message, void> {
  // Leaving the loop must not destroy the stream: its answers and its status are still to be sent.
  const requests: AsyncIterable<Received> = stream.iterator({ destroyOnReturn: false });
  for await (const { bytes } of requests) yield decode(method, bytes);
}
