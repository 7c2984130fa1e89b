import type { Clock } from "#model";

const START_MS = Date.UTC(2026, 10, 21);
const TICK_MS = 0.25;

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** Time that passes only when somebody says so, and a quarter of a millisecond at every look. */
export class FakeClock implements Clock {
  #ms = 0;
  readonly #timers = new Set<Timer>();

  now(): string {
    return new Date(START_MS + this.#ms).toISOString();
  }

  monotonicMs(): number {
    this.#ms += TICK_MS;
    return this.#ms;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { dueMs: this.#ms + milliseconds, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets time pass; what falls due is called in its order. */
  advance(milliseconds: number): void {
    const untilMs = this.#ms + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].filter(({ dueMs }) => dueMs <= untilMs).toSorted((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#ms = Math.max(this.#ms, next.dueMs);
      next.callback();
    }
    this.#ms = Math.max(this.#ms, untilMs);
  }

  /** Timers that are armed. */
  get armed(): number {
    return this.#timers.size;
  }
}
