import type { EvidenceStore, RunHead } from "#evidence";
import type { JobExecutor } from "#executor";
import type { HealthObserver } from "#health";
import { Fault } from "#model";
import type { Clock, ExecutionResult } from "#model";
import { closeInterruptedRun } from "./close-interrupted-run.ts";
import { claimedRecord } from "./job-records.ts";
import { isUnbegun, recordedAdmission } from "./recorded-admission.ts";
import { runJob } from "./run-job.ts";

/** With what a job is performed that was handed over. */
export interface HandedJobOptions {
  readonly store: EvidenceStore;
  readonly executor: JobExecutor;
  readonly clock: Clock;
  readonly health?: HealthObserver | undefined;
  /** The worker's name, for the record. */
  readonly worker: string;
  /** Aborted with a `Cancellation` to stop the job. */
  readonly signal: AbortSignal;
  /** Told which job this is, before anything of it is performed. */
  readonly onJob: (jobId: string) => void;
}

/** What has become of a run that a worker held. */
export interface HandedEnd {
  /** `performed` here; `closed`: another process had begun it; `refused`: its log lets nothing be performed. */
  readonly kind: "performed" | "closed" | "refused";
  readonly result: ExecutionResult;
}

/** As many records as tell whether a job was begun. */
const LOOKED_AT = 3;

/**
 * Performs the job of a run that is held here, or closes what another process had begun: its completed steps stay, the one that
 * was running is in doubt, and nothing is performed again. A log that lets nothing be performed is closed as failed.
 * @throws {Fault} RUN_FENCED if somebody else has claimed it: then nothing more is performed or recorded. STORE_HALTED.
 */
export async function performHandedJob(head: RunHead, options: HandedJobOptions): Promise<HandedEnd> {
  const { runId } = head;
  const { store, executor, clock, health, worker, signal, onJob } = options;
  const by = { worker, epoch: store.epochOf(runId) };
  const opening = await store.read(runId, -1, LOOKED_AT);
  if (!isUnbegun(opening)) return { kind: "closed", result: await closeInterruptedRun(store, head, { clock, by }) };
  try {
    const job = await recordedAdmission(store, runId, opening);
    onJob(job.jobId);
    const execution = executor.executeJob(job, { clock, signal, ...(health !== undefined && { health }) });
    const first = Promise.resolve([claimedRecord({ ...by, at: clock.now() })]);
    return { kind: "performed", result: await runJob(runId, { execution, at: opening.length, opening: first, store }) };
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== "EVIDENCE_BROKEN") throw error;
    return { kind: "refused", result: await closeInterruptedRun(store, head, { clock, by, reason: error.message }) };
  }
}
