import type { Clock } from "#model";

/**
 * Wall time that does not go back: where the clock of the machine is set back, it goes on by as much as the process says has gone by, until the
 * clock has caught up. What is due is late by nothing for it. Where the clock is set forward, it follows.
 */
export class SteadyTime {
  readonly #clock: Clock;
  #nowMs: number;
  #monotonicMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#nowMs = Date.parse(clock.now());
    this.#monotonicMs = clock.monotonicMs();
  }

  /** Milliseconds since 1970. */
  nowMs(): number {
    const monotonicMs = this.#clock.monotonicMs();
    const steadyMs = this.#nowMs + Math.max(0, monotonicMs - this.#monotonicMs);
    const wallMs = Date.parse(this.#clock.now());
    // Less than a millisecond apart they are the same: the wall clock is told without fractions.
    this.#nowMs = steadyMs - wallMs >= 1 ? steadyMs : wallMs;
    this.#monotonicMs = monotonicMs;
    return Math.floor(this.#nowMs);
  }
}
