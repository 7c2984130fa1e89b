import type { Clock, Json } from "#model";
import { Fault } from "#model";
import type { CallBox, RunCall } from "#queue";

/** How what is asked of a run reaches the process that holds it. */
export interface AskedElsewhereOptions {
  readonly box: CallBox;
  readonly clock: Clock;
  /** Tried for so long while nobody answers for the run, in milliseconds: until the lease of a dead holder is over, and somebody has taken it over. */
  readonly patienceMs: number;
}

/** Between two tries, when the run is just passing from one process to another. Milliseconds. */
const PAUSE_MS = 50;
/**
 * A holder takes a call within milliseconds, and one that has just given the run up does not: so it is soon tried here again. At most, a call lies
 * for longer than it takes a holder to find it without being told of it.
 */
const UNTAKEN_MS = { first: 200, most: 3000 };

/** Tries what is asked here; where another process holds the run, it is asked. */
export class AskedElsewhere {
  readonly #options: AskedElsewhereOptions;

  constructor(options: AskedElsewhereOptions) {
    this.#options = options;
  }

  /**
   * @param here does it in this process; fails with RUN_FENCED or SEQUENCE_CONFLICT, and nothing done, where another one holds the run.
   * @param told makes the same answer of what the other process has told.
   * A holder that is stopping hands its runs on, and does not speak for the server that was asked.
   * @throws {Fault} what either says; RUN_FENCED if nobody answers for the run; HOLDER_SILENT
   */
  async ask<T>(call: RunCall, here: () => Promise<T>, told: (answer: Json) => Promise<T>): Promise<T> {
    const { box, clock, patienceMs } = this.#options;
    const untilMs = clock.monotonicMs() + patienceMs;
    for (let untakenMs = UNTAKEN_MS.first; ; untakenMs = Math.min(2 * untakenMs, UNTAKEN_MS.most)) {
      try {
        return await here();
      } catch (error) {
        if (!isElsewhere(error)) throw error;
        const answer = await box.ask(call, { untakenMs });
        if (answer.kind === "done") return await told(answer.told);
        if (answer.kind === "fault" && !isElsewhere(answer.fault) && answer.fault.code !== "DRAINING")
          throw answer.fault;
        if (clock.monotonicMs() > untilMs) throw error;
      }
      await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#options.clock.after(PAUSE_MS, resolve);
    await promise;
  }
}

/** Whether a fault says that another process holds the run, or held it a moment ago: then nothing was done. */
function isElsewhere(error: unknown): boolean {
  return error instanceof Fault && (error.code === "RUN_FENCED" || error.code === "SEQUENCE_CONFLICT");
}
