import { connect } from "node:net";
import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";

/** Types of frames, RFC 9113 section 6. */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Flags of frames. */
export const FLAG = { endStream: 1, ack: 1, endHeaders: 4 } as const;

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const LENGTH_PREFIX = 0x7f;

/** What a frame is made of. */
export interface Frame {
  readonly type: number;
  readonly flags?: number;
  readonly stream?: number;
  readonly payload?: Buffer;
  /** The length that it claims, where that is not the payload's. */
  readonly claims?: number;
}

/** The bytes of a frame, right or wrong. */
export function frame({
  type,
  flags = 0,
  stream = 0,
  payload = Buffer.alloc(0),
  claims = payload.length,
}: Frame): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(claims, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** What a client says first: the preface, and settings. */
export function opening(settings: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.from(PREFACE), frame({ type: FRAME.settings, payload: settings })]);
}

/** One header in HPACK, literal and new; `indexed` = it enters the table of the connection. */
export function header(name: string, value: string, { indexed = false } = {}): Buffer {
  return Buffer.concat([Buffer.from([indexed ? 0x40 : 0]), text(name), text(value)]);
}

/** The headers of a call. */
export function callHeaders(path: string): Buffer {
  const list = [":method=POST", ":scheme=http", `:path=${path}`, ":authority=localhost", "te=trailers"];
  const all = [...list, "content-type=application/grpc"].map((pair) => {
    const at = pair.indexOf("=", 1);
    return header(pair.slice(0, at), pair.slice(at + 1));
  });
  return Buffer.concat(all);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([prefixed(bytes.length), bytes]);
}

/** An integer with a prefix of seven bits, RFC 7541 section 5.1. */
function prefixed(value: number): Buffer {
  if (value < LENGTH_PREFIX) return Buffer.from([value]);
  const bytes = [LENGTH_PREFIX];
  let rest = value - LENGTH_PREFIX;
  for (; rest >= 0x80; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** A connection that writes whatever it is given, for as long as the other side takes it. */
export class RawSocket implements Disposable {
  readonly socket: Socket;
  #closed = false;

  constructor(address: string) {
    this.socket = connect({ path: address.slice("unix:".length) });
    this.socket.on("error", () => undefined).on("close", () => (this.#closed = true));
  }

  /** Whether the other side has closed it. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Writes, and waits while the other side does not read; at most `patienceMs`. Answers whether it is still open. */
  async write(bytes: Buffer, patienceMs = 100): Promise<boolean> {
    if (this.#closed) return false;
    if (this.socket.write(bytes)) await turn();
    else {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, patienceMs);
      this.socket.once("drain", resolve).once("close", resolve);
      await promise;
      clearTimeout(timer);
      this.socket.off("drain", resolve).off("close", resolve);
    }
    return !this.#closed;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
