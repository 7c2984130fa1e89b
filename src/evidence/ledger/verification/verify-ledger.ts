import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "#model";
import { readPublicKey } from "../../signing/public-key.ts";
import type { PublicKey } from "../../signing/public-key.ts";
import { readCheckpoint } from "../ledger-checkpoint.ts";
import type { LedgerCheckpoint } from "../ledger-checkpoint.ts";
import { CHECKPOINT_FILE, KEY_FILE } from "../ledger-names.ts";
import { judgeNote } from "../signed-note.ts";
import { recomputeRoots } from "./check-tiles.ts";
import { compareRuns } from "./compare-runs.ts";
import { Findings } from "./ledger-report.ts";
import type { LedgerReport } from "./ledger-report.ts";
import { ListedRuns } from "./listed-runs.ts";

/** A checkpoint that somebody has kept. */
export interface KeptCheckpoint {
  /** What it is called in messages, such as the file's name. */
  readonly name: string;
  readonly text: string;
}

/** What a ledger is held against. */
export interface LedgerExpectation {
  /** The key that has to have signed it; default: the one that lies beside it, which proves nothing of who signed. */
  readonly key?: PublicKey;
  readonly since?: readonly KeptCheckpoint[];
  /** Directory of the runs' files; absent = they are not compared. */
  readonly runs?: string;
}

/** The newest checkpoint of a ledger, as it stands there. @throws {Fault} RUN_NOT_FOUND if there is no ledger. */
export async function ledgerCheckpoint(directory: string): Promise<string> {
  try {
    return await readFile(join(directory, CHECKPOINT_FILE), "utf8");
  } catch (cause) {
    const text = `There is no ledger of runs in ${directory}: no file ${CHECKPOINT_FILE} can be read there.`;
    throw new Fault("RUN_NOT_FOUND", text, { cause });
  }
}

/** The public key that lies beside a ledger. @throws {Fault} INVALID_REQUEST if there is none. */
export async function ledgerKey(directory: string): Promise<PublicKey> {
  const pem = await readFile(join(directory, KEY_FILE), "utf8").catch(() => "");
  return readPublicKey(pem);
}

/**
 * Verifies a ledger from its files alone: signature, tree, tiles, older checkpoints, and the runs that it lists. A server
 * may write to it meanwhile.
 * @throws {Fault} RUN_NOT_FOUND if there is no ledger; INVALID_REQUEST if no key is given and none lies there.
 * @throws the file system's error if a file cannot be read.
 */
export async function verifyLedger(directory: string, expected: LedgerExpectation = {}): Promise<LedgerReport> {
  const { since = [], runs: runsDirectory } = expected;
  const text = await ledgerCheckpoint(directory);
  const key = expected.key ?? (await ledgerKey(directory));
  const findings = new Findings();
  const runs = new ListedRuns(findings);
  const head = judged({ name: CHECKPOINT_FILE, text }, key, findings);
  if (head === undefined) return report({ head, key, continues: [], runs, compared: false, findings });
  const older = since.flatMap((kept) => continued(kept, { head, key, findings }));
  const sizes = [head.size, ...older.map(({ size }) => size)];
  const roots = await recomputeRoots({ directory, size: head.size, rootsAt: sizes, findings, runs });
  compareRoot(head, roots.get(head.size), findings);
  const continues = older.filter((kept) => isBeginning(kept, roots.get(kept.size), findings));
  const compared = runsDirectory !== undefined && roots.has(head.size);
  if (compared) await compareRuns(runsDirectory, runs.runs, findings);
  return report({ head, key, continues, runs, compared, findings });
}

type JudgedCheckpoint = LedgerCheckpoint & { readonly name: string; readonly signed: boolean };

/** Reads a checkpoint and tells what is wrong with its signature. */
function judged({ name, text }: KeptCheckpoint, key: PublicKey, findings: Findings): JudgedCheckpoint | undefined {
  const checkpoint = readCheckpoint(text);
  if (checkpoint === undefined) {
    findings.problem("MALFORMED", `${name} is not in the form of a checkpoint`);
    return undefined;
  }
  const verdict = judgeNote(checkpoint.note, checkpoint.origin, key);
  if (verdict === "bad_signature")
    findings.problem("BAD_SIGNATURE", `${name} has a wrong signature of the key ${key.keyId}`);
  if (verdict === "unknown_key") findings.problem("UNKNOWN_KEY", `${name} is not signed by the key ${key.keyId}`);
  return { ...checkpoint, name, signed: verdict === "valid" };
}

/** The kept checkpoint, if the ledger can be a continuation of it. */
function continued(
  kept: KeptCheckpoint,
  { head, key, findings }: { readonly head: JudgedCheckpoint; readonly key: PublicKey; readonly findings: Findings },
): readonly JudgedCheckpoint[] {
  const older = judged(kept, key, findings);
  if (older === undefined || !older.signed) return [];
  if (older.origin !== head.origin) {
    findings.problem("FOREIGN", `${kept.name} is of the ledger ${older.origin}; this one is ${head.origin}`);
    return [];
  }
  if (older.size <= head.size) return [older];
  const text = `the ledger has ${head.size} leaves, and had ${older.size} when ${kept.name} was kept: its end was cut off, or an older copy was put back`;
  findings.problem("ROLLED_BACK", text);
  return [];
}

function compareRoot(head: JudgedCheckpoint, root: Buffer | undefined, findings: Findings): void {
  if (root === undefined || root.equals(head.root)) return; // what could not be read is told already
  findings.problem("ROOT_DIFFERS", `the entries have another root than the one that ${head.name} says`);
}

function isBeginning(older: JudgedCheckpoint, root: Buffer | undefined, findings: Findings): boolean {
  if (root === undefined) return false;
  if (root.equals(older.root)) return true;
  const text = `the first ${older.size} leaves are not those of ${older.name}: the ledger was written anew`;
  findings.problem("REWRITTEN", text);
  return false;
}

interface Found {
  readonly head: JudgedCheckpoint | undefined;
  readonly key: PublicKey;
  readonly continues: readonly JudgedCheckpoint[];
  readonly runs: ListedRuns;
  readonly compared: boolean;
  readonly findings: Findings;
}

function report({ head, key, continues, runs, compared, findings }: Found): LedgerReport {
  const { problems, problemCount, doubts, doubtCount } = findings;
  return {
    ok: problemCount === 0,
    origin: head?.origin,
    size: head?.size,
    root: head?.root.toString("base64"),
    keyId: head?.signed === true ? key.keyId : undefined,
    continues: continues.map(({ size }) => size),
    runs: { created: runs.runs.size, sealed: runs.sealed, compared },
    problems,
    problemCount,
    doubts,
    doubtCount,
  };
}
