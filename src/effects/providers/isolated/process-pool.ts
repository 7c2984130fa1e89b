import type { Clock } from "#model";
import type { ProviderProcess } from "./provider-process.ts";

/** A process that is ready to be asked, or why there is none. */
export type Taken =
  | { readonly kind: "taken"; readonly process: ProviderProcess }
  | { readonly kind: "stopped" }
  | { readonly kind: "none"; readonly problem: string };

/** What a pool is made with. */
export interface ProcessPoolOptions {
  readonly clock: Clock;
  /** Most processes at a time. */
  readonly processes: number;
  /** Starts one and makes it ready, or says why it could not. */
  readonly start: (signal: AbortSignal) => Promise<ProviderProcess | { readonly problem: string }>;
}

/** A provider that keeps dying is not started more often than this: each start costs as much as Node does. */
export const STARTS_PER_MINUTE = 30;
const MINUTE_MS = 60_000;

/** The processes of a provider. Each has one call at a time; one that has died is replaced when there is a call for it. */
export class ProcessPool {
  readonly #options: ProcessPoolOptions;
  readonly #idle: ProviderProcess[] = [];
  readonly #all = new Set<ProviderProcess>();
  readonly #waiting = new Set<() => void>();
  readonly #startedAtMs: number[] = [];
  readonly #closing = new AbortController();
  #starting = 0;

  constructor(options: ProcessPoolOptions) {
    this.#options = options;
  }

  /** Puts in a process that was started beforehand. It counts as a start. */
  add(process: ProviderProcess): void {
    this.#startedAtMs.push(this.#options.clock.monotonicMs());
    this.#watch(process);
    this.give(process);
  }

  /** Takes a process that nobody else has, starting one if there is room; waits while there is none. */
  async take(signal: AbortSignal): Promise<Taken> {
    for (;;) {
      if (signal.aborted || this.#closing.signal.aborted) return { kind: "stopped" };
      const idle = this.#idle.pop();
      if (idle?.alive === true) return { kind: "taken", process: idle };
      if (idle !== undefined) continue;
      if (this.#all.size + this.#starting < this.#options.processes) return await this.#start(signal);
      await this.#whenGiven(signal);
    }
  }

  /** Gives back what was taken. */
  give(process: ProviderProcess): void {
    if (process.alive) this.#idle.push(process);
    this.#wake();
  }

  /** Takes no more calls, and ends all: each within `graceMs` if its module closes itself. */
  async close(graceMs: number): Promise<void> {
    this.#closing.abort();
    this.#wake();
    await Promise.all([...this.#all].map((process) => process.close(graceMs)));
  }

  async #start(signal: AbortSignal): Promise<Taken> {
    const problem = this.#tooOften();
    if (problem !== undefined) return { kind: "none", problem };
    this.#starting += 1;
    try {
      const started = await this.#options.start(AbortSignal.any([signal, this.#closing.signal]));
      if ("problem" in started)
        return signal.aborted ? { kind: "stopped" } : { kind: "none", problem: started.problem };
      this.#watch(started);
      if (!this.#closing.signal.aborted) return { kind: "taken", process: started };
      started.kill("the server was stopped");
      return { kind: "stopped" };
    } finally {
      this.#starting -= 1;
      this.#wake();
    }
  }

  #tooOften(): string | undefined {
    const nowMs = this.#options.clock.monotonicMs();
    while (nowMs - (this.#startedAtMs[0] ?? nowMs) >= MINUTE_MS) this.#startedAtMs.shift();
    if (this.#startedAtMs.length >= STARTS_PER_MINUTE)
      return `its process was started ${STARTS_PER_MINUTE} times within a minute and did not last; it is started again when the minute is over`;
    this.#startedAtMs.push(nowMs);
    return undefined;
  }

  #watch(process: ProviderProcess): void {
    this.#all.add(process);
    void process.ended.then(() => {
      this.#all.delete(process);
      this.#wake();
    });
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  async #whenGiven(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    const abort = (): void => resolve();
    signal.addEventListener("abort", abort, { once: true });
    await promise;
    signal.removeEventListener("abort", abort);
    this.#waiting.delete(resolve);
  }
}
