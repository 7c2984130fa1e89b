import { createReadStream } from "node:fs";
import { LogVerifier } from "./log-verifier.ts";
import type { LogReport } from "./log-verifier.ts";
import type { VerifyOptions } from "./verify-options.ts";

const LINE_FEED = 0x0a;
const LINE_BYTES = 16 * 1024 * 1024;
const READ_BYTES = 64 * 1024;

/**
 * Verifies a log file, byte for byte, in bounded memory.
 * @throws the file system's error if it cannot be read.
 */
export async function verifyFile(path: string, options: VerifyOptions = {}): Promise<LogReport> {
  const bytes = createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>; // without an encoding it gives bytes
  return await verifyBytes(bytes, options);
}

/** Verifies the bytes of a log file, in pieces of any size. */
export async function verifyBytes(
  pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
  options: VerifyOptions = {},
): Promise<LogReport> {
  const verifier = new LogVerifier(options);
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf(LINE_FEED); end !== -1; end = piece.indexOf(LINE_FEED, start)) {
      const bytes = piece.subarray(start, end);
      verifier.line(restBytes === 0 ? bytes : Buffer.concat([...rest, bytes]));
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    if (start < piece.length) rest.push(piece.subarray(start));
    restBytes += piece.length - start;
    if (restBytes > LINE_BYTES) {
      verifier.unreadable(`the line is longer than ${LINE_BYTES} bytes: it is no record, and reading ends here`);
      return verifier.report();
    }
  }
  if (restBytes > 0) verifier.torn();
  return verifier.report();
}
