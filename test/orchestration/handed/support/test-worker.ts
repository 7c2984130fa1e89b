import type { EvidenceStore } from "#evidence";
import type { StepType } from "#effects";
import type { JobQueue } from "#queue";
import { JobWorker } from "#worker";
import { machineClock } from "../../../support/machine-clock.ts";

/** What a worker in this process is made of. */
export interface TestWorkerOptions {
  readonly store: EvidenceStore;
  readonly serves: readonly StepType[];
  /** What prompts it; absent = it looks by itself. */
  readonly queue?: JobQueue | undefined;
}

/** Where a queue prompts it, it does not look by itself while a test goes on. */
const LOOK_MS = { alone: 20, prompted: 3_600_000 };

/** A worker as `verbatim worker` has it, in this process. */
export class TestWorker {
  readonly worker: JobWorker;
  readonly #store: EvidenceStore;

  constructor({ store, serves, queue }: TestWorkerOptions) {
    this.#store = store;
    this.worker = new JobWorker({
      store,
      queue,
      serves,
      name: "worker-1",
      clock: machineClock,
      concurrency: 10,
      lookEveryMs: queue === undefined ? LOOK_MS.alone : LOOK_MS.prompted,
      onNews: () => undefined,
    });
    this.worker.start();
  }

  /** Is told to end: takes nothing more, and stops at once what it performs. */
  async goAway(): Promise<void> {
    await this.worker.drain({ graceMs: 0 });
  }

  /** Is gone in the middle of whatever it does: nothing more of it comes into a log, and its leases are over. */
  async die(): Promise<void> {
    await this.#store.close();
  }
}
