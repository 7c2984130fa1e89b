import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import type { JsonObject } from "#model";
import type { Redactor } from "../../secrets/redactor.ts";

/** Takes everything that one stream of a command writes. */
export interface OutputSink {
  /** Counts, hashes and keeps what fits; `chunk` may be reused afterwards. */
  write(chunk: Uint8Array): void;
  /** The last line that is not blank, at most `LAST_LINE_CHARACTERS`; empty if there is none. */
  lastLine(): string;
  /**
   * `{text | base64, bytes, sha256, truncated}`: the kept beginning, as text if it is well-formed UTF-8, else as base64;
   * the number and the SHA-256 (hex) of **all** bytes written; whether some of them were not kept. Call once, at the end.
   */
  finish(): JsonObject;
}

/** Both streams of one command; they share one cap. */
export interface OutputCapture {
  readonly stdout: OutputSink;
  readonly stderr: OutputSink;
}

const TAIL_BYTES = 4096;
const LAST_LINE_CHARACTERS = 1000;
const FIRST_BUFFER_BYTES = 4096;

/**
 * Keeps at most `capBytes` of both streams together, in the order of arrival; memory stays under twice that. What a redactor
 * takes out is gone before anything is counted, hashed or kept.
 */
export function createOutputCapture(capBytes: number, redactor?: Redactor): OutputCapture {
  const budget = { left: capBytes };
  const sink = (): OutputSink => {
    const plain = createSink(budget);
    return redactor === undefined ? plain : redactedSink(plain, redactor);
  };
  return { stdout: sink(), stderr: sink() };
}

function redactedSink(sink: OutputSink, redactor: Redactor): OutputSink {
  const stream = redactor.stream();
  return {
    write: (chunk) => sink.write(stream.push(chunk)),
    lastLine() {
      sink.write(stream.end());
      return sink.lastLine();
    },
    finish() {
      sink.write(stream.end());
      return sink.finish();
    },
  };
}

function createSink(budget: { left: number }): OutputSink {
  const hash = createHash("sha256");
  let kept = Buffer.alloc(0);
  let length = 0;
  let bytes = 0;
  let tail = Buffer.alloc(0);
  return {
    write(chunk) {
      hash.update(chunk);
      bytes += chunk.length;
      const taken = chunk.subarray(0, Math.min(chunk.length, budget.left));
      budget.left -= taken.length;
      kept = withRoom(kept, length, length + taken.length);
      kept.set(taken, length);
      length += taken.length;
      tail = Buffer.concat([tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
    },
    lastLine() {
      const lines = tail.toString("utf8").split(/[\r\n]+/);
      const last = lines.findLast((line) => line.trim() !== "") ?? "";
      return last.trim().slice(0, LAST_LINE_CHARACTERS).toWellFormed();
    },
    finish() {
      const truncated = length < bytes;
      return { ...encode(kept.subarray(0, length), truncated), bytes, sha256: hash.digest("hex"), truncated };
    },
  };
}

/** One growing buffer, not a list of chunks: a million one-byte writes cost a mebibyte and not a hundred. */
function withRoom(buffer: Buffer<ArrayBuffer>, used: number, needed: number): Buffer<ArrayBuffer> {
  if (needed <= buffer.length) return buffer;
  const larger = Buffer.allocUnsafe(Math.max(FIRST_BUFFER_BYTES, 2 ** Math.ceil(Math.log2(needed))));
  larger.set(buffer.subarray(0, used));
  return larger;
}

function encode(kept: Buffer, truncated: boolean): JsonObject {
  const whole = truncated ? withoutCutCharacter(kept) : kept;
  return isUtf8(whole) ? { text: whole.toString("utf8") } : { base64: kept.toString("base64") };
}

/** Without the UTF-8 character that the cap cut in its middle, if it cut one. */
function withoutCutCharacter(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    const isContinuation = (byte & 0xc0) === 0x80;
    if (isContinuation) continue;
    const expected = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return expected > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}
