import type { Clock } from "#model";
import { checkpointDraft } from "./checkpoint.ts";
import type { RecordDraft, StoredRecord } from "./record.ts";
import type { Signer } from "./signing/signer.ts";

/** After so many records a checkpoint is due. */
const RECORDS_BETWEEN = 1000;
/** After so long, if there was any record at all, in milliseconds. */
const MS_BETWEEN = 10_000;

/** What checkpoints are made with. */
export interface CheckpointOptions {
  readonly signer: Signer;
  readonly clock: Clock;
  /** Told when the signer did not sign: the run goes on, and the next checkpoint is tried when it is due. */
  readonly onProblem: (runId: string, error: unknown) => void;
}

/**
 * Says when a run's log is due for a checkpoint, and makes it. It goes into the batch that is written next, so it costs no
 * commit of its own.
 */
export class RunCheckpoints {
  readonly #runId: string;
  readonly #options: CheckpointOptions;
  #size = 0;
  #head = "";
  #lastSize = 0;
  #lastMs: number;

  constructor(runId: string, options: CheckpointOptions) {
    this.#runId = runId;
    this.#options = options;
    this.#lastMs = options.clock.monotonicMs();
  }

  /** Takes in what became durable. */
  stored(records: readonly StoredRecord[]): void {
    const last = records.at(-1)?.record;
    if (last === undefined) return;
    this.#size = last.seq + 1;
    this.#head = last.hash;
  }

  /** The checkpoint to be written before whatever is next, if one is due, or asked for. */
  async due({ now = false } = {}): Promise<readonly RecordDraft[]> {
    const { signer, clock, onProblem } = this.#options;
    const records = this.#size - this.#lastSize;
    const elapsed = clock.monotonicMs() - this.#lastMs;
    if (this.#size === 0 || records === 0) return [];
    if (!now && records < RECORDS_BETWEEN && elapsed < MS_BETWEEN) return [];
    this.#lastSize = this.#size + 1; // the checkpoint's own line is no activity
    this.#lastMs = clock.monotonicMs();
    try {
      const point = { runId: this.#runId, size: this.#size, head: this.#head };
      return [await checkpointDraft(point, signer, clock.now())];
    } catch (error) {
      this.#lastSize = this.#size;
      onProblem(this.#runId, error);
      return [];
    }
  }
}
