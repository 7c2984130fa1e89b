import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { digest } from "../../canonical-json.ts";
import { chainHash, genesis, openLine } from "../../chain.ts";
import { lineBatches } from "../../line-batches.ts";
import { MerkleTree } from "../../merkle.ts";
import { opensAgain, saidBy } from "../../opened-again.ts";
import { LOG_FILE } from "../../seal/run-summary.ts";
import { SEAL_FILE } from "../../seal/seal-files.ts";
import type { SealedLeaf } from "../leaf.ts";
import type { Findings } from "./ledger-report.ts";
import type { ListedRun } from "./listed-runs.ts";

const LAST_RECORD = Buffer.from('"event_type":"run.completed"');

/** What the file of a run's log holds. */
interface LogFile {
  /** Hash of the first line, computed; undefined if that line is none. */
  readonly firstHash: string | undefined;
  readonly lines: number;
  /** Roots over the lines that were sealed, by their number, as far as there are so many. */
  readonly roots: ReadonlyMap<number, string>;
  /** Whether the run was opened again right behind the lines that were sealed last. */
  readonly resumed: boolean;
  /** Whether there are bytes after the last line feed. */
  readonly torn: boolean;
  readonly complete: boolean;
}

/** Compares the files of runs, `RUN/events.jsonl` and the seal beside it, with what the ledger says of them. */
export async function compareRuns(
  directory: string,
  runs: ReadonlyMap<string, ListedRun>,
  findings: Findings,
): Promise<void> {
  for (const [runId, listed] of runs) {
    if (existsSync(join(directory, runId, LOG_FILE))) await compareRun(join(directory, runId), listed, findings);
    else findings.problem("RUN_MISSING", `leaf ${listed.index} says that it was created; its log is not there`, runId);
  }
  const names = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of names.filter((found) => found.isDirectory() && !runs.has(found.name)))
    findings.problem("RUN_UNLISTED", "its log is there; the ledger does not list it", entry.name);
}

async function compareRun(directory: string, listed: ListedRun, findings: Findings): Promise<void> {
  const { created, index, sealed, sealedBefore } = listed;
  const { run_id: runId } = created;
  const log = await readLog(join(directory, LOG_FILE), runId, listed);
  if (log.firstHash !== created.first_hash) {
    const message = `its first line has the hash ${log.firstHash ?? "none"}, leaf ${index} says ${created.first_hash}: the run was replaced`;
    return findings.problem("RUN_REPLACED", message, runId);
  }
  if (sealed !== undefined) {
    compareSealed(log, { sealed, sealedBefore }, findings);
    await compareSeal(join(directory, SEAL_FILE), sealed, findings);
  } else if (log.complete) findings.doubt("RUN_UNSEALED", "it has ended, and the ledger knows no seal of it", runId);
  else findings.doubt("RUN_OPEN", "it has not ended, or its end was cut off: nothing of its end is proven", runId);
}

interface Seals {
  readonly sealed: SealedLeaf;
  readonly sealedBefore: readonly SealedLeaf[];
}

function compareSealed(log: LogFile, { sealed, sealedBefore }: Seals, findings: Findings): void {
  const { run_id: runId, size } = sealed;
  const { lines, roots, resumed, torn } = log;
  const changed = [...sealedBefore, sealed].find(
    (leaf) => lines >= leaf.size && roots.get(leaf.size) !== leaf.merkle_root,
  );
  if (changed !== undefined) {
    const message = `the root over its first ${changed.size} lines is not the one that was sealed`;
    return findings.problem("RUN_CHANGED", message, runId);
  }
  if (lines < size) {
    const message = `its log has ${lines} lines, its last seal was over ${size}: the end was cut off`;
    return findings.problem("RUN_CUT", message, runId);
  }
  if (lines > size && resumed) {
    const message = `it was resumed behind the ${size} lines that were sealed, and the ledger knows no seal of what follows`;
    return findings.doubt("RUN_RESUMED", message, runId);
  }
  if (lines > size || torn)
    findings.problem("RUN_APPENDED", `its log goes on after the ${size} lines that were sealed`, runId);
}

async function compareSeal(path: string, sealed: SealedLeaf, findings: Findings): Promise<void> {
  const { run_id: runId } = sealed;
  if (!existsSync(path)) return findings.problem("SEAL_MISSING", "the ledger knows its seal; it is not there", runId);
  if (statementHash(await readFile(path, "utf8")) !== sealed.statement_hash)
    findings.problem("SEAL_REPLACED", "its seal is not about the statement that the ledger knows", runId);
}

/** Hash of the statement in an envelope; undefined if it is none. */
function statementHash(text: string): string | undefined {
  try {
    const { payload } = JSON.parse(text) as { readonly payload?: unknown }; // checked in the next line
    return typeof payload === "string" ? digest(Buffer.from(payload, "base64")) : undefined;
  } catch {
    return undefined;
  }
}

async function readLog(path: string, runId: string, listed: ListedRun): Promise<LogFile> {
  const { sealed, sealedBefore } = listed;
  const tree = new MerkleTree();
  const sizes = new Set([...sealedBefore, ...(sealed === undefined ? [] : [sealed])].map(({ size }) => size));
  const roots = new Map<number, string>();
  let firstHash: string | undefined;
  let sealedEnd: object | undefined;
  let resumed = false;
  let [torn, complete] = [false, false];
  for await (const lines of lineBatches(path)) {
    for (const { bytes, whole } of lines) {
      torn = !whole;
      if (torn) break;
      if (tree.size === 0) firstHash = hashOfFirst(bytes, runId);
      if (sealedEnd !== undefined && tree.size === sealed?.size)
        resumed = opensAgain(sealedEnd, saidBy(bytes.toString()));
      tree.add(bytes);
      if (sizes.has(tree.size)) roots.set(tree.size, tree.root().toString("base64url"));
      if (tree.size === sealed?.size) sealedEnd = saidBy(bytes.toString());
      complete = bytes.includes(LAST_RECORD);
    }
  }
  return { firstHash, lines: tree.size, roots, resumed, torn, complete };
}

/** Computed, not taken on the line's word: undefined if the line does not fit its own hash. */
function hashOfFirst(line: Buffer, runId: string): string | undefined {
  const opened = openLine(line.toString("utf8"));
  if (opened === undefined) return undefined;
  const computed = chainHash(genesis(runId), opened.body);
  return computed === opened.hash ? computed : undefined;
}
