import type { Clock } from "#model";
import type { Delivery, TakeOptions } from "./job-queue.ts";

/** How those who wait for entries are served. */
export interface TakeWaitingOptions {
  readonly clock: Clock;
  /** What there is now, at most so many. */
  readonly takeNow: (max: number) => Promise<readonly Delivery[]>;
  /** Milliseconds after which it is worth to look again though nobody said so; undefined if it never is. */
  readonly lookAgainMs: () => number | undefined;
}

/** Lets callers wait for the first entry. */
export class TakeWaiting {
  readonly #options: TakeWaitingOptions;
  readonly #sleepers = new Set<() => void>();
  #closed = false;

  constructor(options: TakeWaitingOptions) {
    this.#options = options;
  }

  /** Something may have come: everybody who waits looks again. */
  wake(): void {
    for (const wake of this.#sleepers) wake();
  }

  /** Whoever waits is answered with nothing. */
  close(): void {
    this.#closed = true;
    this.wake();
  }

  /** Looks, and looks again until there is one, the time is over, the signal is aborted or the queue is closed. */
  async take({ max, waitMs, signal }: TakeOptions): Promise<readonly Delivery[]> {
    const { clock, takeNow, lookAgainMs } = this.#options;
    const endMs = clock.monotonicMs() + waitMs;
    while (!signal.aborted && !this.#closed) {
      const woken = this.#sleep(signal); // before the look, so that what comes during it is not missed
      try {
        const found = await takeNow(max);
        const leftMs = endMs - clock.monotonicMs();
        if (found.length > 0 || leftMs <= 0) return found;
        await woken.within(Math.min(leftMs, lookAgainMs() ?? leftMs));
      } finally {
        woken.end();
      }
    }
    return [];
  }

  #sleep(signal: AbortSignal): { within: (milliseconds: number) => Promise<void>; end: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    let disarm: (() => void) | undefined;
    this.#sleepers.add(wake);
    signal.addEventListener("abort", wake);
    return {
      within: async (milliseconds) => {
        disarm = this.#options.clock.after(Math.max(1, milliseconds), wake);
        await promise;
      },
      end: () => {
        disarm?.();
        this.#sleepers.delete(wake);
        signal.removeEventListener("abort", wake);
      },
    };
  }
}
