import type { EvidenceStore } from "#evidence";
import { Fault } from "#model";
import type { Clock, ExecutionResult } from "#model";
import { closeInterruptedRun, firstRecord, isForWorkers, isUnbegun } from "#worker";
import type { HandedJobs } from "./handed-jobs.ts";
import { isPlanRun } from "./run/load-run.ts";
import { recoverPlanRun } from "./run/recover-plan-run.ts";
import type { RecoveredRun } from "./run/recover-plan-run.ts";

/** Who recovers. */
export interface RecoveredBy {
  /** Whether it goes on with what it finds; default false. */
  readonly drives?: boolean;
  /** What hands jobs over to workers. */
  readonly handed?: HandedJobs | undefined;
  /** Whether a run is in this process's hands already: a call that came for it was quicker, and has recovered it. */
  readonly isHere?: (runId: string) => boolean;
}

/** What a start has found, and said in the logs. */
export interface RecoveredRuns {
  /** Direct jobs, which were closed. */
  readonly jobs: readonly ExecutionResult[];
  /** Runs of plans; those that were being driven are blocked now. */
  readonly plans: readonly RecoveredRun[];
  /** Jobs that were accepted for workers and not handed over yet: now they are. */
  readonly handedOver: readonly string[];
  /** Runs of a shared store of which nothing could be said, and why; they were given up again. */
  readonly problems: readonly { readonly runId: string; readonly error: unknown }[];
}

/**
 * Says of every run that an earlier process left open what its log proves: a direct job is closed, a plan's run is blocked
 * until somebody resumes it. Performs nothing. What workers perform is theirs: it is left alone, or handed over if that was still to be done.
 */
export async function recoverRuns(
  store: EvidenceStore,
  clock: Clock,
  { drives = false, handed, isHere }: RecoveredBy = {},
): Promise<RecoveredRuns> {
  const jobs: ExecutionResult[] = [];
  const plans: RecoveredRun[] = [];
  const handedOver: string[] = [];
  const problems: { runId: string; error: unknown }[] = [];
  const heads = await store.takeOver();
  for (const [place, head] of heads.entries()) {
    if (isHere?.(head.runId) === true) continue;
    const isShared = store.epochOf(head.runId) !== undefined;
    try {
      const created = await firstRecord(store, head.runId);
      if (created !== undefined && isPlanRun(created)) plans.push(await recoverPlanRun(store, head, { clock, drives }));
      else if (handed?.handsOver === true && (await isToBeHandedOver(store, head.runId))) {
        await handed.handOver(head.runId);
        handedOver.push(head.runId);
      } else jobs.push(await closeInterruptedRun(store, head, { clock }));
    } catch (error) {
      if (isTakenSince(error)) continue;
      if (!isShared || store.halted !== undefined) throw error;
      problems.push({ runId: head.runId, error });
      const isAway = error instanceof Fault && error.code === "STORE_UNAVAILABLE";
      for (const { runId } of isAway ? heads.slice(place) : [head]) void giveUp(store, runId, error);
      if (isAway) break; // the others are looked at when the server is back
    }
  }
  return { jobs, plans, handedOver, problems };
}

/** A log that does not hold is left to whoever says something about it, so that it stands in nobody's way. */
async function giveUp(store: EvidenceStore, runId: string, error: unknown): Promise<void> {
  const isBroken = error instanceof Fault && error.code === "EVIDENCE_BROKEN";
  await (isBroken ? store.rest(runId) : store.release(runId)).catch(() => undefined); // then its lease ends
}

/** Whether a job was accepted for workers, and nothing more has happened. */
async function isToBeHandedOver(store: EvidenceStore, runId: string): Promise<boolean> {
  const opening = await store.read(runId, -1, 3);
  return isUnbegun(opening) && opening[0] !== undefined && isForWorkers(opening[0].record);
}

/** Somebody else has taken the run over since, or a call that came for it was quicker. */
function isTakenSince(error: unknown): boolean {
  return error instanceof Fault && (error.code === "RUN_FENCED" || error.code === "SEQUENCE_CONFLICT");
}
