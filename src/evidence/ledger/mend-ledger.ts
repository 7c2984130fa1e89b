import { Fault } from "#model";
import type { EvidenceStore } from "../evidence-store.ts";
import type { EvidenceRecord } from "../record.ts";
import { sealedLeaf } from "./leaf.ts";
import type { CreatedLeaf } from "./leaf.ts";
import type { RunLedger } from "./run-ledger.ts";

const PAGE = 100;

/** The leaf for a run, from its first record. */
export function createdLeaf({ run_id, hash, plan_hash }: EvidenceRecord): CreatedLeaf {
  return { kind: "run.created", run_id, first_hash: hash, ...(plan_hash !== undefined && { plan_hash }) };
}

/**
 * Adds the leaves of runs that the store has and the ledger does not know of: the process died in between, or they are
 * older than the ledger. Call it while no run is created; returns these runs, oldest first.
 * @throws {Fault} EVIDENCE_BROKEN if the store does not have the run that the ledger knows as the newest.
 */
export async function mendLedger(ledger: RunLedger, store: EvidenceStore): Promise<readonly string[]> {
  const missing = await runsAfter(ledger.newestRun, store);
  for (const runId of missing) {
    const [first] = await store.read(runId, -1, 1);
    if (first !== undefined) ledger.created(createdLeaf(first.record));
  }
  return missing;
}

/**
 * Adds the leaves of seals that are there and that the ledger does not know of; of runs that went on after their first seal, it
 * cannot know whether it knows all, so that they are to be named in `reopened`. `statementOf` gives the exact bytes of the
 * statement that a run's seal is about, or undefined if the run has none.
 */
export async function mendSeals(
  ledger: RunLedger,
  statementOf: (runId: string) => Promise<Uint8Array | undefined>,
  reopened: readonly string[] = [],
): Promise<void> {
  for (const runId of new Set([...ledger.unsealedRuns, ...reopened])) {
    const statement = await statementOf(runId);
    if (statement !== undefined) ledger.sealed(sealedLeaf(statement));
  }
}

async function runsAfter(newest: string | undefined, store: EvidenceStore): Promise<readonly string[]> {
  const found: string[] = [];
  for (;;) {
    const before = found.at(-1);
    const heads = await store.runs({ limit: PAGE, ...(before !== undefined && { before }) });
    for (const { runId } of heads) {
      if (runId === newest) return found.toReversed();
      found.push(runId);
    }
    if (heads.length === 0) break;
  }
  if (newest === undefined) return found.toReversed();
  const text = `The ledger of runs knows the run ${newest}, and the evidence store does not have it: a run was deleted, or an older copy of the store was put back. \`verbatim ledger verify\` names what is missing. Put it back; or move the ledger away and keep it, and a new one begins with the runs that are there.`;
  throw new Fault("EVIDENCE_BROKEN", text);
}
