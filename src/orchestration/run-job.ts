import type { EvidenceStore, RecordDraft, RunCheckpoints } from "#evidence";
import type { JobExecutor } from "#executor";
import type { ExecutionResult } from "#model";
import { closingRecords } from "./job-records.ts";

/** What a job is run with. Nothing large: it is held as long as the job runs. */
export interface RunJobOptions {
  /** The machine, about to perform the job. It stops when it was told to, by a signal of its own. */
  readonly execution: ReturnType<JobExecutor["executeJob"]>;
  /** What the log begins with. */
  readonly opening: Promise<readonly RecordDraft[]>;
  readonly store: EvidenceStore;
  /** Signs what is stored so far, now and then; absent = nothing is signed while the job runs. */
  readonly checkpoints?: RunCheckpoints;
  /** Called once, when the acceptance of the job is durable; nothing has been performed before. */
  readonly onAccepted: () => void;
}

/**
 * Drives the machine: what was yielded is durable before a step that it starts may be performed, for asking for the next
 * batch is the permission to go on.
 * @throws {Fault} if a record could not be stored: then nothing more is performed.
 */
export async function runJob(jobId: string, options: RunJobOptions): Promise<ExecutionResult> {
  const { execution, store, checkpoints, onAccepted } = options;
  let size = 0;
  const write = async (drafts: readonly RecordDraft[]): Promise<void> => {
    const due = (await checkpoints?.due()) ?? [];
    const stored = await store.append(jobId, size, [...due, ...drafts]);
    if (size === 0) onAccepted();
    size += stored.length;
    checkpoints?.stored(stored);
  };
  try {
    let unwritten = await options.opening;
    for (;;) {
      const next = await execution.next();
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
    await execution.return(undefined as never); // frees the machine's timers if a write failed; the value is not used
  }
}
