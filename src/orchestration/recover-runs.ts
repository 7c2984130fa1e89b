import type { EvidenceStore } from "#evidence";
import { Fault } from "#model";
import type { Clock, ExecutionResult } from "#model";
import { closeInterruptedRun, firstRecord } from "#worker";
import { isPlanRun } from "./run/load-run.ts";
import { recoverPlanRun } from "./run/recover-plan-run.ts";
import type { RecoveredRun } from "./run/recover-plan-run.ts";

/** What a start has found, and said in the logs. */
export interface RecoveredRuns {
  /** Direct jobs, which were closed. */
  readonly jobs: readonly ExecutionResult[];
  /** Runs of plans; those that were being driven are blocked now. */
  readonly plans: readonly RecoveredRun[];
}

/**
 * Says of every run that an earlier process left open what its log proves: a direct job is closed, a plan's run is blocked
 * until somebody resumes it. Performs nothing.
 */
export async function recoverRuns(store: EvidenceStore, clock: Clock): Promise<RecoveredRuns> {
  const jobs: ExecutionResult[] = [];
  const plans: RecoveredRun[] = [];
  for (const head of await store.takeOver()) {
    try {
      const created = await firstRecord(store, head.runId);
      if (created !== undefined && isPlanRun(created)) plans.push(await recoverPlanRun(store, head, clock));
      else jobs.push(await closeInterruptedRun(store, head, { clock }));
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== "RUN_FENCED") throw error; // somebody else has taken it over since
    }
  }
  return { jobs, plans };
}
