import type { Cancellation } from "#model";

/** What was heard of runs that are held here and are to be stopped. Each wish is told once. */
export class StopWishes {
  readonly #onAsked: (runId: string, cancellation: Cancellation) => void;
  readonly #wishes = new Map<string, Cancellation>();

  constructor(onAsked: (runId: string, cancellation: Cancellation) => void) {
    this.#onAsked = onAsked;
  }

  of(runId: string): Cancellation | undefined {
    return this.#wishes.get(runId);
  }

  forget(runId: string): void {
    this.#wishes.delete(runId);
  }

  /** Takes what stands in a claim; the first wish counts. */
  hear(runId: string, wish: Cancellation | null): void {
    if (wish === null || this.#wishes.has(runId)) return;
    this.#wishes.set(runId, wish);
    this.#onAsked(runId, wish);
  }
}
