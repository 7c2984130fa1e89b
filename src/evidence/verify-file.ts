import { createReadStream } from "node:fs";
import { LogVerifier } from "./verify-log.ts";
import type { LogReport } from "./verify-log.ts";

const LINE_FEED = 0x0a;
const LINE_BYTES = 16 * 1024 * 1024;

/** Verifies a log file, byte for byte, in bounded memory. @throws the file system's error if it cannot be read. */
export async function verifyFile(path: string): Promise<LogReport> {
  const verifier = new LogVerifier();
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const take = (bytes: Uint8Array): void => {
    try {
      verifier.line(decoder.decode(bytes));
    } catch {
      verifier.problem("the line is not UTF-8");
    }
  };
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
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
