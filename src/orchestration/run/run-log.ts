import type { EvidenceStore, RecordDraft, RunCheckpoints } from "#evidence";

/** Most records of one append; the store takes no more than twice as many, and a checkpoint comes on top. */
const RECORDS_PER_APPEND = 500;

/** Where a run's records go. */
export interface RunLogOptions {
  readonly store: EvidenceStore;
  readonly runId: string;
  /** Records that are there already. */
  readonly size: number;
  /** Signs what is stored so far, now and then. */
  readonly checkpoints?: RunCheckpoints;
}

interface Waiting {
  readonly drafts: readonly RecordDraft[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One run's log with many writers: the jobs that run side by side. What waits while an append is on its way goes into the
 * next one, in the order in which it came; what was given together is stored together.
 */
export class RunLog {
  readonly #options: RunLogOptions;
  #size: number;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;

  constructor(options: RunLogOptions) {
    this.#options = options;
    this.#size = options.size;
  }

  /** Resolves when the records are durable. @throws {Fault} if they could not be stored; then nothing after them is either. */
  append(drafts: readonly RecordDraft[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ drafts, resolve, reject });
    this.#writing ??= this.#write();
    return promise;
  }

  /** Whether nothing waits to be written. */
  get idle(): boolean {
    return this.#writing === undefined;
  }

  /** Resolves when nothing waits to be written any more. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve)); // whatever is said in this turn goes together
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
      try {
        await this.#store(batch.flatMap(({ drafts }) => drafts));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of [...batch, ...this.#waiting]) reject(error);
        this.#waiting = [];
      }
    }
    this.#writing = undefined;
  }

  #take(): readonly Waiting[] {
    let records = 0;
    const end = this.#waiting.findIndex(({ drafts }, at) => {
      records += drafts.length;
      return at > 0 && records > RECORDS_PER_APPEND;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #store(drafts: readonly RecordDraft[]): Promise<void> {
    const { store, runId, checkpoints } = this.#options;
    // What opens a log, or opens it again, stands first.
    const opens = this.#size === 0 || drafts[0]?.event_type === "run.resumed";
    const due = opens ? [] : ((await checkpoints?.due()) ?? []);
    for (const part of parts([...due, ...drafts])) {
      const stored = await store.append(runId, this.#size, part);
      this.#size += stored.length;
      checkpoints?.stored(stored);
    }
  }
}

/** What one decision says of thousands of jobs is more than an append takes. */
function* parts(drafts: readonly RecordDraft[]): Generator<readonly RecordDraft[], void, void> {
  for (let at = 0; at < drafts.length; at += RECORDS_PER_APPEND) yield drafts.slice(at, at + RECORDS_PER_APPEND);
}
