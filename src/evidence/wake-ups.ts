/** One reader's wait for news of a run. */
export interface Wait {
  /** Resolves at the next news, at `wakeAll`, or when the signal aborts. */
  readonly news: Promise<void>;
  /** Ends the wait and leaves nothing behind; safe to call twice. */
  end(): void;
}

/** Lets many readers wait for news of a run. */
export class WakeUps {
  readonly #waiting = new Map<string, Set<() => void>>();

  next(runId: string, signal?: AbortSignal): Wait {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(runId) ?? new Set();
    this.#waiting.set(runId, waiting);
    const end = (): void => {
      signal?.removeEventListener("abort", end);
      waiting.delete(end);
      if (waiting.size === 0 && this.#waiting.get(runId) === waiting) this.#waiting.delete(runId);
      resolve();
    };
    waiting.add(end);
    signal?.addEventListener("abort", end);
    if (signal?.aborted === true) end();
    return { news: promise, end };
  }

  wake(runId: string): void {
    for (const end of this.#waiting.get(runId) ?? []) end();
  }

  wakeAll(): void {
    for (const runId of this.#waiting.keys()) this.wake(runId);
  }

  /** The runs that somebody waits for. */
  get runIds(): readonly string[] {
    return [...this.#waiting.keys()];
  }

  /** Number of runs that somebody waits for; of the others nothing is remembered. */
  get size(): number {
    return this.#waiting.size;
  }
}
