import type { DescMessage, DescMethod, Message } from "@bufbuild/protobuf";
import { fromBinary, ScalarType, toBinary } from "@bufbuild/protobuf";
import { Fault, LIMITS } from "#model";
import { hotWriter } from "./hot-messages.ts";
import type { AnyImplementation, MountedService } from "./service.ts";
import { SMALL_REQUEST_BYTES } from "./service.ts";

/** Messages may nest as deep as JSON of {@link LIMITS.jsonDepth} makes them: two messages a level, and the request around. */
const READ_OPTIONS = { readUnknownFields: false, recursionLimit: 2 * LIMITS.jsonDepth + 8 } as const;

/** A method ready to be served: what is known of it once is not looked up for every call. */
export interface Method {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly kind: DescMethod["methodKind"];
  readonly input: DescMessage;
  /** The bytes of an answer. */
  readonly write: (message: Message) => Uint8Array;
  /** Largest request in bytes. */
  readonly requestBytes: number;
  /** Whether a decoded request could share memory with the transport's buffer. */
  readonly holdsBytes: boolean;
  readonly implementation: AnyImplementation;
}

/** The methods of a mounted service, in the order of its descriptor. */
export function methodsOf(mounted: MountedService): readonly Method[] {
  return mounted.service.methods.map((desc) => {
    const implementation = mounted.implementation[desc.localName];
    if (implementation === undefined) throw new Fault("UNIMPLEMENTED", `Nothing implements ${desc.toString()}.`);
    return {
      path: `/${mounted.service.typeName}/${desc.name}`,
      kind: desc.methodKind,
      input: desc.input,
      write: hotWriter(desc.output.typeName) ?? ((message) => toBinary(desc.output, message)),
      requestBytes: mounted.requestBytes[desc.localName] ?? SMALL_REQUEST_BYTES,
      holdsBytes: holdsBytes(desc.input, new Set()),
      implementation,
    };
  });
}

function holdsBytes(message: DescMessage, seen: Set<DescMessage>): boolean {
  if (seen.has(message)) return false;
  seen.add(message);
  return message.fields.some((field) => {
    if (field.message !== undefined) return holdsBytes(field.message, seen);
    return field.scalar === ScalarType.BYTES;
  });
}

/** @throws {Fault} LIMIT_EXCEEDED if there are too many bytes, INVALID_REQUEST if they are not such a message. */
export function decode(method: Method, bytes: Buffer): Message {
  if (bytes.length > method.requestBytes) {
    const text = `The request has ${bytes.length} bytes; ${method.path} takes at most ${method.requestBytes}.`;
    throw new Fault("LIMIT_EXCEEDED", text);
  }
  try {
    // A `bytes` field is a view on what is read: a message that holds one gets memory of its own.
    return fromBinary(method.input, method.holdsBytes ? Uint8Array.from(bytes) : bytes, READ_OPTIONS);
  } catch (error) {
    throw new Fault("INVALID_REQUEST", `The bytes received are not a ${method.input.typeName}.`, { cause: error });
  }
}

/** @throws {Fault} LIMIT_EXCEEDED if the message is too large to be sent. */
export function encode(method: Method, message: Message): Buffer {
  const bytes = method.write(message);
  if (bytes.length > LIMITS.responseBytes) {
    const text = `The answer has ${bytes.length} bytes; a message may have at most ${LIMITS.responseBytes}.`;
    throw new Fault("LIMIT_EXCEEDED", text);
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
