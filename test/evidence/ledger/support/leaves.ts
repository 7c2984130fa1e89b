import { hash } from "node:crypto";
import type { CreatedLeaf, LedgerLeaf, SealedLeaf } from "../../../../src/evidence/ledger/leaf.ts";

function hashOf(text: string): string {
  return hash("sha256", text, "base64url");
}

/** The leaf of a run that was created. */
export function created(runId: string): CreatedLeaf {
  return {
    kind: "run.created",
    run_id: runId,
    first_hash: hashOf(`first ${runId}`),
    plan_hash: hashOf(`plan ${runId}`),
  };
}

/** The leaf of a run that was sealed. */
export function sealed(runId: string, size = 10): SealedLeaf {
  return {
    kind: "run.sealed",
    run_id: runId,
    size,
    head: hashOf(`head ${runId}`),
    merkle_root: hashOf(`root ${runId}`),
    statement_hash: hashOf(`statement ${runId}`),
  };
}

/** Leaves of so many runs, each created and at once sealed. */
export function leavesOfRuns(count: number): readonly LedgerLeaf[] {
  return Array.from({ length: count }, (_none, at) => [created(`run-${at}`), sealed(`run-${at}`)]).flat();
}

/** The leaf of a run that was sealed anew: its log has gone on from so many lines. */
export function resealed(
  runId: string,
  { size, continues }: { readonly size: number; readonly continues: number },
): SealedLeaf {
  return { ...sealed(runId, size), head: hashOf(`head ${runId} ${size}`), continues };
}
