import { pipeline } from "node:stream";
import type { Readable, Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { errorCode } from "../failure.ts";

/** A body as far as it was read. */
export interface ReadBody {
  readonly body: Buffer;
  /** Whether there was more than what was read. */
  readonly cut: boolean;
}

/** A body that cannot be read for its encoding: another try finds the same. */
export class UnreadableBody extends Error {
  override readonly name = "UnreadableBody";
}

/** What came over the line, before it was decoded. */
interface Line {
  bytes: number;
  error?: unknown;
}

const DECODERS: ReadonlyMap<string, () => Transform> = new Map<string, () => Transform>([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
]);

/**
 * Reads a body up to a limit that counts what it decodes to. What comes over the line is bounded by the same limit, whatever it
 * decodes to. The rest is not waited for.
 * @throws {UnreadableBody} and what the stream throws.
 */
export async function readBody(
  stream: Readable,
  { encoding, limitBytes }: { readonly encoding: string; readonly limitBytes: number },
): Promise<ReadBody> {
  const decoder = decoderOf(encoding);
  if (decoder === undefined) return await taken(stream, limitBytes);
  const line: Line = { bytes: 0 };
  // the decoder has the error, and whoever reads it
  pipeline(bounded(stream, { limitBytes, line }), decoder, () => undefined);
  try {
    return await taken(decoder, limitBytes);
  } catch (error) {
    if (line.error !== undefined) throw line.error;
    if (line.bytes === 0) return { body: Buffer.alloc(0), cut: false }; // nothing is encoded as nothing, by many
    throw new UnreadableBody(`its ${encoding} cannot be decoded (${errorCode(error)})`);
  }
}

async function* bounded(
  stream: Readable,
  { limitBytes, line }: { readonly limitBytes: number; readonly line: Line },
): AsyncGenerator<Buffer> {
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      // a body without an encoding of characters gives buffers
      line.bytes += piece.length;
      if (line.bytes > limitBytes)
        throw new UnreadableBody(`it has more than ${limitBytes} bytes before it is decoded`);
      yield piece;
    }
  } catch (error) {
    line.error = error;
    throw error;
  }
}

function decoderOf(encoding: string): Transform | undefined {
  const name = encoding.trim().toLowerCase();
  if (name === "" || name === "identity") return undefined;
  const decoder = DECODERS.get(name)?.();
  if (decoder === undefined) {
    throw new UnreadableBody(
      `it is encoded as ${JSON.stringify(encoding.slice(0, 100))}, expected identity, gzip, deflate or br`,
    );
  }
  return decoder;
}

async function taken(stream: Readable, limitBytes: number): Promise<ReadBody> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    // as above
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > limitBytes) break;
  }
  return { body: Buffer.concat(pieces).subarray(0, limitBytes), cut: bytes > limitBytes };
}
