import { readSync } from "node:fs";

const CHUNK_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;

/** One line of a file. */
export interface FileLine {
  readonly text: string;
  /** Byte offset behind its line feed. */
  readonly end: number;
  /** Whether a line feed ends it; only the last line can lack it. */
  readonly whole: boolean;
}

/** The lines between two byte offsets of an open file, read in chunks of 64 KiB. */
export function* scanLines(
  file: number,
  range: { readonly from: number; readonly to: number },
): Generator<FileLine, void, void> {
  let rest = Buffer.alloc(0);
  let position = range.from;
  while (position < range.to) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, range.to - position));
    const count = readSync(file, chunk, 0, chunk.length, position);
    if (count === 0) break;
    let bytes = Buffer.concat([rest, chunk.subarray(0, count)]);
    let start = position - rest.length;
    position += count;
    for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED)) {
      start += at + 1;
      yield { text: bytes.toString("utf8", 0, at), end: start, whole: true };
      bytes = bytes.subarray(at + 1);
    }
    rest = bytes;
  }
  if (rest.length > 0) yield { text: rest.toString("utf8"), end: position, whole: false };
}
