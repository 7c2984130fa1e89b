import type { EvidenceStore, RecordDraft, RunCheckpoints } from "#evidence";
import type { JobExecutor } from "#executor";
import type { ExecutionResult } from "#model";
import { closingRecords } from "./job-records.ts";

/** What a job is run with. Nothing large: it is held as long as the job runs. */
export interface RunJobOptions {
  /** Records that the log has; default none. */
  readonly at?: number;
  /** The machine, about to perform the job. It stops when it was told to, by a signal of its own. */
  readonly execution: ReturnType<JobExecutor["executeJob"]>;
  /** What is written before anything else. */
  readonly opening: Promise<readonly RecordDraft[]>;
  readonly store: EvidenceStore;
  /** Signs what is stored so far, now and then; absent = nothing is signed while the job runs. */
  readonly checkpoints?: RunCheckpoints;
  /** Called once, when the first records are durable; nothing has been performed before. */
  readonly onAccepted?: () => void;
}

/**
 * Drives the machine: what was yielded is durable before a step that it starts may be performed, for asking for the next
 * batch is the permission to go on.
 * @throws {Fault} if a record could not be stored: then nothing more is performed.
 */
export async function runJob(runId: string, options: RunJobOptions): Promise<ExecutionResult> {
  const { execution, store, checkpoints, onAccepted, at = 0 } = options;
  let size = at;
  const write = async (drafts: readonly RecordDraft[]): Promise<void> => {
    const due = (await checkpoints?.due()) ?? [];
    const stored = await store.append(runId, size, [...due, ...drafts]);
    if (size === at) onAccepted?.();
    size += stored.length;
    checkpoints?.stored(stored);
  };
  const { result, unwritten } = await perform(execution, write, options.opening);
  await write([...unwritten, ...closingRecords(result)]);
  return result;
}

/** What a machine has come to; the last records are not written yet. */
export interface Performed {
  readonly result: ExecutionResult;
  readonly unwritten: readonly RecordDraft[];
}

/**
 * Asks the machine for one batch after the other, and for the next when the last one is durable.
 * @param first what is to be written with the first batch.
 * @throws {Fault} if a record could not be stored: then nothing more is performed.
 */
export async function perform(
  execution: ReturnType<JobExecutor["executeJob"]>,
  write: (drafts: readonly RecordDraft[]) => Promise<void>,
  first: readonly RecordDraft[] | Promise<readonly RecordDraft[]>,
): Promise<Performed> {
  try {
    let unwritten = await first;
    for (;;) {
      const next = await execution.next();
      if (next.done === true) return { result: next.value, unwritten };
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
