import { ManualClock, START_OF_TIME } from "../../support/clock.ts";

/** A clock whose wall time can be set back while the time of the process goes on. */
export class MovedClock extends ManualClock {
  #setBackMs = 0;

  override now(): string {
    return new Date(START_OF_TIME + Math.floor(this.monotonicMs()) - this.#setBackMs).toISOString();
  }

  /** By so many milliseconds more; less than 0 = forward. */
  setWallBack(milliseconds: number): void {
    this.#setBackMs += milliseconds;
  }
}
