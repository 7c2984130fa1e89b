import type { VerbatimClient } from "#api";
import { readEnvelope, readStatement } from "#evidence";
import type { DsseEnvelope, SealPredicate } from "#evidence";

/** Most bytes that the seal of a run may have. */
const SEAL_BYTES = 64 * 1024 * 1024;

/** A run's seal as its server gave it; nothing of it is proven by that. */
export interface RunSeal {
  /** The exact text of the envelope. */
  readonly text: string;
  readonly envelope: DsseEnvelope;
  readonly predicate: SealPredicate;
}

/** Asks for the seal of a run, which is made if it is not there. @throws {Fault} RUN_NOT_FOUND, RUN_OPEN, SIGNER_UNAVAILABLE */
export async function sealOfRun({ evidence }: VerbatimClient, runId: string): Promise<RunSeal> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const { chunk } of evidence.getSeal({ runId })) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > SEAL_BYTES) throw new RangeError(`the seal has more than ${SEAL_BYTES} bytes`);
  }
  return openSeal(Buffer.concat(chunks).toString("utf8"));
}

/** Opens a seal's text. @throws {Fault} INVALID_REQUEST if it is none. */
export function openSeal(text: string): RunSeal {
  const envelope = readEnvelope(text);
  return { text, envelope, predicate: readStatement(Buffer.from(envelope.payload, "base64")).predicate };
}
