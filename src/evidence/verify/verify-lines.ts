import { LogVerifier } from "./log-verifier.ts";
import type { LogReport } from "./log-verifier.ts";
import type { VerifyOptions } from "./verify-options.ts";

/** Verifies the lines of a whole log, without their line feeds. */
export async function verifyLines(
  lines: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  options: VerifyOptions = {},
): Promise<LogReport> {
  const verifier = new LogVerifier(options);
  for await (const line of lines) {
    verifier.line(typeof line === "string" ? Buffer.from(line, "utf8") : bufferOver(line));
  }
  return verifier.report();
}

function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
