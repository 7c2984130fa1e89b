import type { DescMessage, DescMethod, DescService, Message, MessageShape } from "@bufbuild/protobuf";
import type { CallContext } from "./call-context.ts";

/** One request, one answer. */
export type UnaryImplementation<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  context: CallContext,
) => Promise<MessageShape<O>>;

/** One request, answers as they come. The generator must end soon after `context.signal` aborts. */
export type StreamImplementation<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  context: CallContext,
) => AsyncGenerator<MessageShape<O>, void, void>;

/** Requests and answers interleaved. */
export type BidiImplementation<I extends DescMessage, O extends DescMessage> = (
  requests: AsyncIterable<MessageShape<I>>,
  context: CallContext,
) => AsyncGenerator<MessageShape<O>, void, void>;

type MethodImplementation<M extends DescMethod> = M extends { methodKind: "unary" }
  ? UnaryImplementation<M["input"], M["output"]>
  : M extends { methodKind: "server_streaming" }
    ? StreamImplementation<M["input"], M["output"]>
    : M extends { methodKind: "bidi_streaming" }
      ? BidiImplementation<M["input"], M["output"]>
      : never;

/** The implementation of a service: one function a method, named as in the generated descriptor. */
export type ServiceImplementation<S extends DescService> = {
  readonly [K in keyof S["method"]]: MethodImplementation<S["method"][K]>;
};

/** A service as it is mounted: on gRPC, and on the HTTP side port. */
export interface MountedService {
  readonly service: DescService;
  /** By the method's local name. */
  readonly implementation: Readonly<Record<string, AnyImplementation>>;
  /** Largest request in bytes, by the method's local name; {@link SMALL_REQUEST_BYTES} where nothing is said. */
  readonly requestBytes: Readonly<Record<string, number>>;
}

/** A unary implementation whose message types were compared where the service was mounted. */
export type ErasedUnary = (request: Message, context: CallContext) => Promise<Message>;

/** The same for a stream of answers. */
export type ErasedStream = (request: Message, context: CallContext) => AsyncGenerator<Message, void, void>;

/** The same for interleaved requests and answers. */
export type ErasedBidi = (
  requests: AsyncIterable<Message>,
  context: CallContext,
) => AsyncGenerator<Message, void, void>;

/** An implementation of any kind; the method's descriptor tells which. */
export type AnyImplementation = ErasedUnary | ErasedStream | ErasedBidi;

/** Bound on a request that only names something, in bytes. */
export const SMALL_REQUEST_BYTES = 16 * 1024;

/** Puts a service and its implementation together; this is where the compiler compares their types. */
export function mount<S extends DescService>(
  service: S,
  implementation: ServiceImplementation<S>,
  requestBytes: { readonly [K in keyof S["method"]]?: number } = {},
): MountedService {
  return {
    service,
    // The mapped type is checked above; adapters look methods up by name and need the erased form.
    implementation: implementation as unknown as MountedService["implementation"],
    requestBytes: requestBytes as Readonly<Record<string, number>>, // same names, optional members left out
  };
}
