import type { EvidenceStore, RecordDraft } from "#evidence";
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
  /** Called once, when the acceptance of the job is durable; nothing has been performed before. */
  readonly onAccepted: () => void;
}

/**
 * Drives the machine: what was yielded is durable before a step that it starts may be performed, for asking for the next
 * batch is the permission to go on.
 * @throws {Fault} if a record could not be stored: then nothing more is performed.
 */
export async function runJob(jobId: string, options: RunJobOptions): Promise<ExecutionResult> {
  const { execution, store, onAccepted } = options;
  let size = 0;
  const write = async (drafts: readonly RecordDraft[]): Promise<void> => {
    await store.append(jobId, size, drafts);
    if (size === 0) onAccepted();
    size += drafts.length;
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
