import type { EvidenceStore, RecordDraft } from "#evidence";
import type { JobExecutor } from "#executor";
import type { HealthObserver } from "#health";
import type { AdmittedJob, Clock, ExecutionResult, Json } from "#model";
import { closingRecords, openingRecords } from "./job-records.ts";

/** What a job is run with. */
export interface RunJobOptions {
  readonly planHash: string;
  /** The plan document, or the reference to it: nothing large, for it is held as long as the job runs. */
  readonly plan: Promise<Json>;
  readonly store: EvidenceStore;
  readonly executor: JobExecutor;
  readonly clock: Clock;
  readonly health: HealthObserver | undefined;
  /** Aborted, with a `Cancellation` as reason, to stop the job. */
  readonly signal: AbortSignal;
  /** Called once, when the acceptance of the job is durable; nothing has been performed before. */
  readonly onAccepted: () => void;
}

/**
 * Drives the machine: what was yielded is durable before a step that it starts may be performed, for asking for the next
 * batch is the permission to go on.
 * @throws {Fault} if a record could not be stored: then nothing more is performed.
 */
export async function runJob(job: AdmittedJob, options: RunJobOptions): Promise<ExecutionResult> {
  const { planHash, store, executor, clock, health, signal, onAccepted } = options;
  const opening = { job, at: clock.now(), planHash, plan: await options.plan, executorVersion: executor.version };
  let unwritten: readonly RecordDraft[] = openingRecords(opening);
  let size = 0;
  const write = async (drafts: readonly RecordDraft[]): Promise<void> => {
    await store.append(job.jobId, size, drafts);
    if (size === 0) onAccepted();
    size += drafts.length;
  };
  const batches = executor.executeJob(job, { clock, signal, ...(health !== undefined && { health }) });
  try {
    for (;;) {
      const next = await batches.next();
      if (next.done === true) {
        await write([...unwritten, ...closingRecords(next.value)]);
        return next.value;
      }
      unwritten = [...unwritten, ...next.value];
      // A batch that starts no step lets nothing happen: it can wait for the one that comes.
      if (next.value.at(-1)?.event_type !== "step.started") continue;
      await write(unwritten);
      unwritten = [];
    }
  } finally {
    await batches.return(undefined as never); // frees the machine's timers if a write failed; the value is not used
  }
}
