import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { digest } from "../../canonical-json.ts";
import { chainHash, genesis, openLine } from "../../chain.ts";
import { lineBatches } from "../../line-batches.ts";
import { MerkleTree } from "../../merkle.ts";
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
  /** Root over the lines that were sealed, if there are so many. */
  readonly sealedRoot: string | undefined;
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
  const { created, index, sealed } = listed;
  const { run_id: runId } = created;
  const log = await readLog(join(directory, LOG_FILE), runId, sealed?.size);
  if (log.firstHash !== created.first_hash) {
    const message = `its first line has the hash ${log.firstHash ?? "none"}, leaf ${index} says ${created.first_hash}: the run was replaced`;
    return findings.problem("RUN_REPLACED", message, runId);
  }
  if (sealed !== undefined) {
    compareSealed(log, sealed, findings);
    await compareSeal(join(directory, SEAL_FILE), sealed, findings);
  } else if (log.complete) findings.doubt("RUN_UNSEALED", "it has ended, and the ledger knows no seal of it", runId);
  else findings.doubt("RUN_OPEN", "it has not ended, or its end was cut off: nothing of its end is proven", runId);
}

function compareSealed(log: LogFile, sealed: SealedLeaf, findings: Findings): void {
  const { run_id: runId, size } = sealed;
  if (log.lines < size)
    findings.problem(
      "RUN_CUT",
      `its log has ${log.lines} lines, its seal was over ${size}: the end was cut off`,
      runId,
    );
  else if (log.sealedRoot !== sealed.merkle_root)
    findings.problem("RUN_CHANGED", `the root over its first ${size} lines is not the one that was sealed`, runId);
  else if (log.lines > size || log.torn)
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

async function readLog(path: string, runId: string, sealedSize: number | undefined): Promise<LogFile> {
  const tree = new MerkleTree();
  let firstHash: string | undefined;
  let sealedRoot: string | undefined;
  let [torn, complete] = [false, false];
  for await (const lines of lineBatches(path)) {
    for (const { bytes, whole } of lines) {
      torn = !whole;
      if (torn) break;
      if (tree.size === 0) firstHash = hashOfFirst(bytes, runId);
      tree.add(bytes);
      if (tree.size === sealedSize) sealedRoot = tree.root().toString("base64url");
      complete = bytes.includes(LAST_RECORD);
    }
  }
  return { firstHash, lines: tree.size, sealedRoot, torn, complete };
}

/** Computed, not taken on the line's word: undefined if the line does not fit its own hash. */
function hashOfFirst(line: Buffer, runId: string): string | undefined {
  const opened = openLine(line.toString("utf8"));
  if (opened === undefined) return undefined;
  const computed = chainHash(genesis(runId), opened.body);
  return computed === opened.hash ? computed : undefined;
}
