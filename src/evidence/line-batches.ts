import { createReadStream } from "node:fs";

const LINE_FEED = 0x0a;

/** A line of a file, as bytes without its line feed. */
export interface LineBytes {
  readonly bytes: Buffer;
  /** Whether a line feed ends it; only the last line can lack it. */
  readonly whole: boolean;
}

/** The lines of a file, as many at a time as one piece of it ends. @throws the file system's error if it cannot be read. */
export async function* lineBatches(path: string): AsyncGenerator<readonly LineBytes[], void, void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]); // without an encoding it gives bytes
    const lines: LineBytes[] = [];
    let from = 0;
    for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, from)) {
      lines.push({ bytes: bytes.subarray(from, at), whole: true });
      from = at + 1;
    }
    rest = bytes.subarray(from);
    yield lines;
  }
  if (rest.length > 0) yield [{ bytes: rest, whole: false }];
}
