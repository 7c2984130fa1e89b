import { dirname, join } from "node:path";
import type { VerbatimClient } from "#api";
import { readEnvelope, readStatement, SEAL_FILE } from "#evidence";
import type { DsseEnvelope, SealPredicate } from "#evidence";
import { Fault } from "#model";
import { fileText, fileTextIfThere } from "./file-text.ts";

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

/** The same; undefined while there is none, and where the server makes none. */
export async function sealIfThere(client: VerbatimClient, runId: string): Promise<RunSeal | undefined> {
  try {
    return await sealOfRun(client, runId);
  } catch (error) {
    const missing = ["RUN_OPEN", "SIGNER_UNAVAILABLE", "UNIMPLEMENTED", "EVIDENCE_BROKEN"];
    if (error instanceof Fault && missing.includes(error.code)) return undefined; // the log can be looked at all the same
    throw error;
  }
}

/** The seal of a log file: the one that is named, else the one beside it, if there is one. @throws {Fault} INVALID_REQUEST */
export async function sealOfFile(path: string, named: string | undefined): Promise<RunSeal | undefined> {
  if (named !== undefined) return await namedSeal(named);
  const text = await fileTextIfThere(join(dirname(path), SEAL_FILE), "seal");
  return text === undefined ? undefined : openSeal(text);
}

/** The seal of a file that a flag names. @throws {Fault} INVALID_REQUEST */
export async function namedSeal(path: string): Promise<RunSeal> {
  return openSeal(await fileText(path, "seal"));
}

/** Opens a seal's text. @throws {Fault} INVALID_REQUEST if it is none. */
export function openSeal(text: string): RunSeal {
  const envelope = readEnvelope(text);
  return { text, envelope, predicate: readStatement(Buffer.from(envelope.payload, "base64")).predicate };
}
