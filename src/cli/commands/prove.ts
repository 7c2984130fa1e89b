import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { proveLine } from "#evidence";
import type { LineProof } from "#evidence";
import { Fault } from "#model";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import { linesOfFile, linesOfRun } from "../log-lines.ts";
import type { Session } from "../session.ts";

/** Flags of `prove`. */
export interface ProveFlags extends CommonFlags {
  readonly seq: number;
  /** File to write the proof to. */
  readonly out?: string;
}

/** `verbatim prove RUN|FILE --seq N`: shows that one line stands in a log, without the other lines. */
export async function prove(what: string, flags: ProveFlags, session: Session): Promise<number> {
  const proof = await proofOf(what, flags, session);
  const text = `${JSON.stringify(proof, undefined, 2)}\n`;
  if (flags.out === undefined) await session.stdout.json(text);
  else await writeProof(flags.out, text);
  return EXIT.succeeded;
}

async function proofOf(what: string, flags: ProveFlags, { host }: Session): Promise<LineProof> {
  if (what.includes("/") || existsSync(what)) return await proofFromFile(what, flags.seq);
  await using connection = await host.connect(flags);
  return await proveLine(linesOfRun(connection.client, what), flags.seq);
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
