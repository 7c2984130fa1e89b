import { Fault } from "#model";
import type { RecoveredRuns, RunRunner } from "#orchestration";
import type { EventLog } from "./log-events.ts";

/** Logs what a start has found of the process before. */
export function tellRecovered({ jobs, plans, handedOver, problems }: RecoveredRuns, log: EventLog): void {
  for (const { runId, error } of problems)
    log("run.waits", { run_id: runId, why: error instanceof Error ? error.message : String(error) });
  for (const jobId of handedOver) log("job.handed_over", { job_id: jobId });
  for (const { jobId, finalStatus, finalReason } of jobs)
    log("run.recovered", { job_id: jobId, final_status: finalStatus, final_reason: finalReason });
  for (const { runId, planName, status, interrupted, atWorkers, inDoubt } of plans)
    if (interrupted.length > 0 || atWorkers.length > 0 || inDoubt.length > 0)
      log("run.recovered", {
        run_id: runId,
        plan: planName,
        status,
        interrupted,
        ...(atWorkers.length > 0 && { at_workers: atWorkers }),
        in_doubt: inDoubt,
      });
}

/**
 * A server goes on with what it, or one before it, was driving, unless somebody has to say what became of a step in doubt. Answers whether there was
 * no room for all of it.
 */
export async function resumeInterrupted(
  { plans }: RecoveredRuns,
  runs: RunRunner,
  log: EventLog,
): Promise<{ readonly full: boolean }> {
  let full = false;
  for (const { runId, mayGoOn, startAfter, atWorkers } of plans) {
    try {
      if (startAfter !== undefined) runs.awaitStart(runId, startAfter);
      else if (!mayGoOn) await runs.takeUp(runId);
      if (atWorkers.length > 0) log("run.resumed", { run_id: runId, pending: atWorkers.length });
      if (!mayGoOn) continue;
      const asked = {
        actor: "verbatim",
        reason: "nobody was driving it",
        failedOnly: false,
        sameJobs: true,
        rerun: [],
        force: false,
      };
      const { pending } = await runs.resume(runId, asked);
      log("run.resumed", { run_id: runId, pending: pending.length });
    } catch (error) {
      full ||= error instanceof Fault && error.code === "LIMIT_EXCEEDED";
      log("run.waits", { run_id: runId, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return { full };
}
