import { createReadStream } from "node:fs";
import { LogVerifier } from "./verify-log.ts";
import type { LogReport } from "./verify-log.ts";

const LINE_FEED = 0x0a;
const LINE_BYTES = 16 * 1024 * 1024;

/**
 * Verifies a log file, byte for byte, in bounded memory; `runId` is whose log it should be, if that is known.
 * @throws the file system's error if it cannot be read.
 */
export async function verifyFile(path: string, options: { readonly runId?: string } = {}): Promise<LogReport> {
  return await verifyBytes(createReadStream(path) as AsyncIterable<Buffer>, options); // without an encoding it gives bytes
}

/** Verifies the bytes of a log file, in pieces of any size. */
export async function verifyBytes(
  pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
  options: { readonly runId?: string } = {},
): Promise<LogReport> {
  const verifier = new LogVerifier(options);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const take = (bytes: Uint8Array): void => {
    const text = decoded(bytes, decoder);
    if (text === undefined) verifier.problem("the line is not UTF-8");
    else verifier.line(text);
  };
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    let bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED)) {
      take(bytes.subarray(0, at));
      bytes = bytes.subarray(at + 1);
    }
    rest = bytes;
    if (rest.length > LINE_BYTES) {
      verifier.problem(`the line is longer than ${LINE_BYTES} bytes: it is no record, and reading ends here`);
      return verifier.report();
    }
  }
  if (rest.length > 0) verifier.problem("the file ends in the middle of a line: it was cut");
  return verifier.report();
}

function decoded(bytes: Uint8Array, decoder: TextDecoder): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
