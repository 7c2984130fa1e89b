import { setImmediate as eventLoopTurn } from "node:timers/promises";
import type { Clock } from "#model";

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** Wall time at which every {@link ManualClock} starts. */
export const START_OF_TIME = Date.parse("2026-01-04T00:00:00.000Z");

/** The wall time `ms` milliseconds after the start, as a clock tells it. */
export function wallTime(ms: number): string {
  return new Date(START_OF_TIME + Math.floor(ms)).toISOString();
}

/** A clock that stands still until it is told to move, and counts the timers that nobody disarmed. */
export class ManualClock implements Clock {
  #ms = 0;
  #setBackMs = 0;
  readonly #timers = new Set<Timer>();

  now(): string {
    return wallTime(this.#ms - this.#setBackMs);
  }

  monotonicMs(): number {
    return this.#ms - this.#setBackMs;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { dueMs: this.#ms + milliseconds, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that are neither fired nor disarmed. */
  get armed(): number {
    return this.#timers.size;
  }

  /** Lets time pass and fires what becomes due, in the order in which it does. */
  advance(milliseconds: number): void {
    const end = this.#ms + milliseconds;
    for (let next = this.#next(); next !== undefined && next.dueMs <= end; next = this.#next()) this.#fire(next);
    this.#ms = end;
  }

  /** Lets time pass as when somebody holds the thread: no timer fires. */
  hold(milliseconds: number): void {
    this.#ms += milliseconds;
  }

  /** Sets both the wall clock and the monotonic clock back, as a broken machine would. */
  setBack(milliseconds: number): void {
    this.#setBackMs += milliseconds;
  }

  /**
   * What `promise` resolves with. Whenever nothing can go on without it, time jumps to the next timer.
   * @throws {Error} if there is no timer left to wait for.
   */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    promise.then(settle, settle);
    for (;;) {
      await eventLoopTurn();
      if (settled) return promise;
      const next = this.#next();
      if (next === undefined) throw new Error("it waits, and no timer is armed that could end the wait");
      this.#fire(next);
    }
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (next === undefined || timer.dueMs < next.dueMs) next = timer;
    return next;
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#ms = Math.max(this.#ms, timer.dueMs);
    timer.callback();
  }
}
