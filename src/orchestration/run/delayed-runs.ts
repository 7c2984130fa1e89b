import type { Clock } from "#model";
import { Fault } from "#model";

/** How runs are begun whose time has come. */
export interface DelayedRunsOptions {
  readonly clock: Clock;
  /** May fail with LIMIT_EXCEEDED: then it is asked again. */
  readonly begin: (runId: string) => Promise<void>;
  /** Told of a run that could not be begun, and is not tried again before the next start; must not throw. */
  readonly onProblem: (runId: string, error: unknown) => void;
}

/** The clock on the wall is looked at so often at least: it can be set, and a machine can sleep. */
const LOOK_MS = 60_000;
/** The wait when there is no room for another run. */
const AGAIN_MS = 5000;

/** Runs that were accepted and wait for a time. They stand in their logs; this only knows when to look. */
export class DelayedRuns {
  readonly #options: DelayedRunsOptions;
  readonly #dueMs = new Map<string, number>();
  #disarm: (() => void) | undefined;
  #closed = false;

  constructor(options: DelayedRunsOptions) {
    this.#options = options;
  }

  /** The time for which a run has to wait; undefined if it is over. */
  until(startAfter: string | undefined): string | undefined {
    if (startAfter === undefined || !(Date.parse(startAfter) > this.#nowMs())) return undefined;
    return startAfter;
  }

  /** Begins the run when its time comes. */
  add(runId: string, startAfter: string): void {
    this.#dueMs.set(runId, Date.parse(startAfter));
    this.#arm();
  }

  /** Begins it no more. */
  remove(runId: string): void {
    this.#dueMs.delete(runId);
  }

  /** Whether the run waits here. */
  has(runId: string): boolean {
    return !this.#closed && this.#dueMs.has(runId);
  }

  /** Begins nothing more. */
  close(): void {
    this.#closed = true;
    this.#disarm?.();
  }

  #nowMs(): number {
    return Date.parse(this.#options.clock.now());
  }

  #arm(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    if (this.#closed || this.#dueMs.size === 0) return;
    let nextMs = Infinity;
    for (const dueMs of this.#dueMs.values()) nextMs = Math.min(nextMs, dueMs);
    const waitMs = Math.min(LOOK_MS, Math.max(0, nextMs - this.#nowMs()));
    this.#disarm = this.#options.clock.after(waitMs, () => this.#look());
  }

  #look(): void {
    const nowMs = this.#nowMs();
    for (const [runId, dueMs] of this.#dueMs) {
      if (dueMs > nowMs) continue;
      this.#dueMs.delete(runId);
      this.#begin(runId);
    }
    this.#arm();
  }

  #begin(runId: string): void {
    this.#options.begin(runId).catch((error: unknown) => {
      if (this.#closed) return; // its log says that it still waits
      if (!(error instanceof Fault) || error.code !== "LIMIT_EXCEEDED") return this.#options.onProblem(runId, error);
      this.#dueMs.set(runId, this.#nowMs() + AGAIN_MS);
      this.#arm();
    });
  }
}
