import type { Clock } from "#model";
import type { RosterEntry, WorkerRoster } from "#queue";

/** How a worker is kept on the list of those that live. */
export interface RosterBeatOptions {
  readonly roster: WorkerRoster;
  readonly clock: Clock;
  readonly leaseMs: number;
  /** What it tells of itself now. */
  readonly entry: () => RosterEntry;
  /** Told once that the list does not answer, and (undefined) that it does again. */
  readonly onAway: (error: unknown) => void;
}

/** Tells within one lease. */
const BEATS = 3;

/** Says again and again that a worker lives. The list is for people: a worker that cannot tell goes on. */
export class RosterBeat {
  readonly #options: RosterBeatOptions;
  #disarm: (() => void) | undefined;
  #beating: Promise<void> | undefined;
  #isAway = false;
  #closed = false;

  constructor(options: RosterBeatOptions) {
    this.#options = options;
  }

  /** Says it now, and from now on. */
  start(): void {
    this.#beating = this.#beat();
  }

  async #beat(): Promise<void> {
    const { roster, clock, leaseMs, entry, onAway } = this.#options;
    try {
      await roster.sayAlive(entry(), leaseMs);
      if (this.#isAway) onAway(undefined);
      this.#isAway = false;
    } catch (error) {
      if (!this.#isAway && !this.#closed) onAway(error);
      this.#isAway = true;
    }
    if (!this.#closed) this.#disarm = clock.after(leaseMs / BEATS, () => this.start());
  }

  /** Leaves the list. Never throws: who cannot be told finds out when the lease is over. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#disarm?.();
    await this.#beating;
    await this.#options.roster.leave().catch(() => undefined);
  }
}
