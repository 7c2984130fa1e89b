/** A sync that takes no longer may be waited for by the whole process, in milliseconds. */
const QUICK_MS = 0.5;

/** What is assumed of a disk before it was seen, in milliseconds. */
const UNSEEN_MS = 10;

/** How much the newest commit says beside all the ones before it. */
const NEWEST_SHARE = 0.2;

/** How long commits took of late: the mean, in which old ones fade away. */
export class DiskPace {
  #meanMs = UNSEEN_MS;

  /** Takes in how long one more commit took. */
  note(milliseconds: number): void {
    this.#meanMs += (milliseconds - this.#meanMs) * NEWEST_SHARE;
  }

  /** Whether a commit is likely to be over before another thread could be asked for it. */
  get quick(): boolean {
    return this.#meanMs <= QUICK_MS;
  }
}
