import type { PlanRun } from "./plan-run.ts";

/** How runs are found that are not held. */
export interface LiveRunsOptions {
  /** Reads a run from its log. @throws {Fault} */
  readonly load: (runId: string) => Promise<PlanRun>;
  /** Told whether any run is held; must not throw. */
  readonly onChange: (busy: boolean) => void;
  /** Told of each run that is let go of; must not throw. */
  readonly onDropped?: (run: PlanRun) => void;
}

interface Held {
  readonly run: PlanRun;
  /** Calls that work with it. */
  users: number;
}

/** The runs that this process holds: at most one object a run, for it counts the records of its log. */
export class LiveRuns {
  readonly #options: LiveRunsOptions;
  readonly #held = new Map<string, Held>();
  readonly #loading = new Map<string, Promise<Held>>();

  constructor(options: LiveRunsOptions) {
    this.#options = options;
  }

  /** Runs that are held. */
  all(): readonly PlanRun[] {
    return Array.from(this.#held.values(), ({ run }) => run);
  }

  /** Runs that are driven. */
  get active(): number {
    let active = 0;
    for (const { run } of this.#held.values()) if (!run.atRest) active += 1;
    return active;
  }

  /** Whether it is held, or is being read. */
  has(runId: string): boolean {
    return this.#held.has(runId) || this.#loading.has(runId);
  }

  /** The run, if it is held. */
  get(runId: string): PlanRun | undefined {
    return this.#held.get(runId)?.run;
  }

  /** Holds a new run. */
  add(run: PlanRun): void {
    this.#held.set(run.runId, { run, users: 0 });
    this.#options.onChange(true);
  }

  /** Does something with a run, which is read from its log if nobody holds it. */
  async with<T>(runId: string, act: (run: PlanRun) => Promise<T>): Promise<T> {
    const held = await this.#hold(runId);
    held.users += 1;
    try {
      return await act(held.run);
    } finally {
      held.users -= 1;
      held.run.kick(); // whoever has it loaded drives it
      this.drop(held.run);
    }
  }

  async #hold(runId: string): Promise<Held> {
    const held = this.#held.get(runId);
    if (held !== undefined) return held;
    const loading = this.#loading.get(runId) ?? this.#load(runId).finally(() => this.#loading.delete(runId));
    this.#loading.set(runId, loading);
    return await loading;
  }

  async #load(runId: string): Promise<Held> {
    const run = await this.#options.load(runId);
    const held = this.#held.get(runId) ?? { run, users: 0 };
    this.#held.set(runId, held);
    this.#options.onChange(true);
    return held;
  }

  /** Lets go of a run that rests with all of it durable, and that nobody works with. */
  drop(run: PlanRun): void {
    const held = this.#held.get(run.runId);
    if (held?.run !== run || held.users > 0 || !(run.settled || run.broken)) return;
    this.#held.delete(run.runId);
    this.#options.onChange(this.#held.size > 0);
    this.#options.onDropped?.(run);
  }
}
