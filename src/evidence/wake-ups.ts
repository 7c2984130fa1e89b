import type { Clock } from "#model";

/** One reader's wait for news of a run. */
export interface Wait {
  /** Resolves at the next news, at `wakeAll`, or when the signal aborts. */
  readonly news: Promise<void>;
  /** Ends the wait and leaves nothing behind; safe to call twice. */
  end(): void;
  /** Resolves when it is this reader's turn among a crowd, news or not; the wait is over then. */
  turn(): Promise<void>;
}

/** So many readers of a run are woken at once. Where more wait, the others have their turn later. */
export const WOKEN_AT_ONCE = 16;
/** From one turn to the next: so a crowd that reads a page a turn costs a process a twentieth of its time, however fast the run goes. */
export const TURN_MS = 16;

/**
 * Lets many readers wait for news of a run. A crowd is woken in turns, and whoever has waited longest comes first: until then more news
 * come together, so the larger the crowd, the fewer and larger are the parts in which each reader is told.
 */
export class WakeUps {
  readonly #waiting = new Map<string, Set<() => void>>();
  /** Ends of waits in the order of their turns. */
  readonly #inTurn = new Set<() => void>();
  readonly #clock: Pick<Clock, "after"> | undefined;
  #turn: (() => void) | undefined;

  /** Without a clock nobody waits for a turn. */
  constructor(clock?: Pick<Clock, "after">) {
    this.#clock = clock;
  }

  next(runId: string, signal?: AbortSignal): Wait {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(runId) ?? new Set();
    this.#waiting.set(runId, waiting);
    const end = (): void => {
      signal?.removeEventListener("abort", end);
      this.#inTurn.delete(end);
      waiting.delete(end);
      if (waiting.size === 0 && this.#waiting.get(runId) === waiting) this.#waiting.delete(runId);
      resolve();
    };
    waiting.add(end);
    signal?.addEventListener("abort", end);
    if (signal?.aborted === true) end();
    const turn = (): Promise<void> => {
      this.#queue([end]);
      return promise;
    };
    return { news: promise, end, turn };
  }

  /** Whether so many wait that they are woken in turns. */
  hasCrowd(runId: string): boolean {
    return this.#clock !== undefined && (this.#waiting.get(runId)?.size ?? 0) > WOKEN_AT_ONCE;
  }

  wake(runId: string): void {
    const waiting = this.#waiting.get(runId) ?? new Set();
    if (this.hasCrowd(runId)) this.#queue(waiting);
    else for (const end of waiting) end();
  }

  #queue(ends: Iterable<() => void>): void {
    for (const end of ends) this.#inTurn.add(end);
    if (this.#clock === undefined) for (const end of ends) end();
    else if (this.#turn === undefined) this.#wakeSome(this.#clock);
  }

  #wakeSome(clock: Pick<Clock, "after">): void {
    let woken = 0;
    for (const end of this.#inTurn) {
      if (woken === WOKEN_AT_ONCE) break;
      woken += 1;
      end();
    }
    this.#turn = woken === 0 ? undefined : clock.after(TURN_MS, () => this.#wakeSome(clock));
  }

  wakeAll(): void {
    this.#turn?.();
    this.#turn = undefined;
    for (const waiting of this.#waiting.values()) for (const end of waiting) end();
  }

  /** The runs that somebody waits for. */
  get runIds(): readonly string[] {
    return [...this.#waiting.keys()];
  }

  /** Number of runs that somebody waits for; of the others nothing is remembered. */
  get size(): number {
    return this.#waiting.size;
  }
}
