import type { EvidenceStore } from "#evidence";
import { Fault } from "#model";
import type { Clock, ExecutionResult } from "#model";
import { closeInterruptedRun, firstRecord, isForWorkers, isUnbegun } from "#worker";
import type { HandedJobs } from "./handed-jobs.ts";
import { isPlanRun } from "./run/load-run.ts";
import { recoverPlanRun } from "./run/recover-plan-run.ts";
import type { RecoveredRun } from "./run/recover-plan-run.ts";

/** What a start has found, and said in the logs. */
export interface RecoveredRuns {
  /** Direct jobs, which were closed. */
  readonly jobs: readonly ExecutionResult[];
  /** Runs of plans; those that were being driven are blocked now. */
  readonly plans: readonly RecoveredRun[];
  /** Jobs that were accepted for workers and not handed over yet: now they are. */
  readonly handedOver: readonly string[];
}

/**
 * Says of every run that an earlier process left open what its log proves: a direct job is closed, a plan's run is blocked
 * until somebody resumes it. Performs nothing. What workers perform is theirs: it is left alone, or handed over if that was still to be done.
 */
export async function recoverRuns(store: EvidenceStore, clock: Clock, handed?: HandedJobs): Promise<RecoveredRuns> {
  const jobs: ExecutionResult[] = [];
  const plans: RecoveredRun[] = [];
  const handedOver: string[] = [];
  for (const head of await store.takeOver()) {
    try {
      const created = await firstRecord(store, head.runId);
      if (created !== undefined && isPlanRun(created)) plans.push(await recoverPlanRun(store, head, clock));
      else if (handed?.handsOver === true && (await isToBeHandedOver(store, head.runId))) {
        await handed.handOver(head.runId);
        handedOver.push(head.runId);
      } else jobs.push(await closeInterruptedRun(store, head, { clock }));
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== "RUN_FENCED") throw error; // somebody else has taken it over since
    }
  }
  return { jobs, plans, handedOver };
}

/** Whether a job was accepted for workers, and nothing more has happened. */
async function isToBeHandedOver(store: EvidenceStore, runId: string): Promise<boolean> {
  const opening = await store.read(runId, -1, 3);
  return isUnbegun(opening) && opening[0] !== undefined && isForWorkers(opening[0].record);
}
