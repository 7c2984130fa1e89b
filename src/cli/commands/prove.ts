import { writeFile } from "node:fs/promises";
import { proveLine } from "#evidence";
import type { LineProof } from "#evidence";
import { Fault } from "#model";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import { logFileOf, looksLikePath } from "../log-file.ts";
import { linesOfFile, linesOfRun } from "../log-lines.ts";
import { sealIfThere, sealOfFile } from "../seal-of-run.ts";
import type { RunSeal } from "../seal-of-run.ts";
import type { Session } from "../session.ts";

/** Flags of `prove`. */
export interface ProveFlags extends CommonFlags {
  readonly seq: number;
  /** File to write the proof to. */
  readonly out?: string;
}

/** `verbatim prove RUN|FILE --seq N`: shows that one line stands in a log, without the other lines. */
export async function prove(what: string, flags: ProveFlags, session: Session): Promise<number> {
  const { proof: bare, seal } = await proofOf(what, flags, session);
  const proof: LineProof = seal === undefined ? bare : { ...bare, seal: { ...seal.envelope } };
  const text = `${JSON.stringify(proof, undefined, 2)}\n`;
  if (flags.out === undefined) await session.stdout.json(text);
  else await writeProof(flags.out, text);
  return EXIT.succeeded;
}

interface SealedProof {
  readonly proof: LineProof;
  readonly seal: RunSeal | undefined;
}

async function proofOf(what: string, flags: ProveFlags, { host }: Session): Promise<SealedProof> {
  const path = looksLikePath(what) ? logFileOf(what) : undefined;
  if (path !== undefined)
    return { proof: await proofFromFile(path, flags.seq), seal: await sealOfFile(path, undefined) };
  await using connection = await host.connect(flags);
  const { client } = connection;
  return { proof: await proveLine(linesOfRun(client, what), flags.seq), seal: await sealIfThere(client, what) };
}

async function proofFromFile(path: string, seq: number): Promise<LineProof> {
  try {
    return await proveLine(linesOfFile(path), seq);
  } catch (cause) {
    if (cause instanceof Fault || !(cause instanceof Error && "code" in cause)) throw cause;
    const code = cause.code === "ENOENT" ? "RUN_NOT_FOUND" : "INVALID_REQUEST";
    throw new Fault(code, `The log ${path} cannot be read (${String(cause.code)}).`, { cause });
  }
}

async function writeProof(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Fault("INVALID_REQUEST", `The proof cannot be written to ${path}: ${why}. Name another file.`, { cause });
  }
}
