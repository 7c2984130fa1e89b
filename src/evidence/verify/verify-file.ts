import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { APPEND_BYTES } from "../append-bytes.ts";
import { LogVerifier } from "./log-verifier.ts";
import type { LogReport } from "./log-verifier.ts";
import type { VerifyOptions } from "./verify-options.ts";

const LINE_FEED = 0x0a;
const READ_BYTES = 256 * 1024;

/**
 * Verifies a log file, byte for byte, in bounded memory.
 * @throws the file system's error if it cannot be read.
 */
export async function verifyFile(path: string, options: VerifyOptions = {}): Promise<LogReport> {
  await using file = await open(path, "r");
  return await verifyBytes(piecesOf(file), options);
}

/** The bytes of a file, one piece after the other in one and the same buffer. */
async function* piecesOf(file: FileHandle): AsyncGenerator<Buffer, void, void> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, READ_BYTES);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Verifies the bytes of a log file, in pieces of any size; a piece is used up before the next one is asked for. */
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
      if (restBytes + bytes.length > APPEND_BYTES) return tooLong(verifier);
      verifier.line(restBytes === 0 ? bytes : Buffer.concat([...rest, bytes]));
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    if (start < piece.length) rest.push(Buffer.from(piece.subarray(start)));
    restBytes += piece.length - start;
    if (restBytes > APPEND_BYTES) return tooLong(verifier);
  }
  if (restBytes > 0) verifier.torn();
  return verifier.report();
}

function tooLong(verifier: LogVerifier): LogReport {
  verifier.unreadable(`the line is longer than ${APPEND_BYTES} bytes: it is no record, and reading ends here`);
  return verifier.report();
}
