import type { Outbox, OutboxRow } from "#effects";
import type { Clock } from "#model";
import { Fault } from "#model";
import type { WorkDesk } from "./work-desk.ts";

/** What becomes of rows, for the log of the process. */
export type RelayNews =
  | { readonly kind: "set aside"; readonly place: string; readonly problem: string }
  | { readonly kind: "waits"; readonly error: unknown };

/** What a relay is made of. */
export interface OutboxRelayOptions {
  readonly outbox: Outbox;
  readonly desk: Pick<WorkDesk, "publish">;
  readonly clock: Clock;
  /** How often rows are looked for where the database does not tell of them. Milliseconds. */
  readonly pollMs: number;
  /** Told; must not throw. */
  readonly onNews: (news: RelayNews) => void;
}

/** How far a relay is behind. */
export interface RelayNumbers {
  /** Whether the database answered when it was last asked. */
  readonly available: boolean;
  /** Seconds since no row waited; 0 = none did when it was last looked. No row has waited for longer. */
  readonly lagSeconds: number;
  /** Rows that were taken in since the start. */
  readonly takenIn: number;
  /** Rows that were set aside since the start. */
  readonly setAside: number;
}

const ROWS = 100;
/** Before a database or a store of work that refuses is asked again. */
const AGAIN_MS = 1000;

/** Faults of a row: no later time would take it in. */
const OF_THE_ROW: ReadonlySet<string> = new Set(["INVALID_REQUEST", "ADMISSION_REFUSED"]);

/**
 * Takes in what an application has written into its outbox, in its order. A row is removed once its work is durable: a crash in between
 * tells of it again, and its change is known by its id. A row that can not be taken in is set aside and told of, and the others go on.
 */
export class OutboxRelay {
  readonly #options: OutboxRelayOptions;
  readonly #closing = new AbortController();
  #loop: Promise<void> | undefined;
  #available = true;
  /** When it was last begun to read the rows to their end. */
  #emptyMs: number;
  #waits = false;
  #takenIn = 0;
  #setAsideRows = 0;

  constructor(options: OutboxRelayOptions) {
    this.#options = options;
    this.#emptyMs = options.clock.monotonicMs();
  }

  /** How far it is behind. */
  get numbers(): RelayNumbers {
    const lagSeconds = this.#waits ? (this.#options.clock.monotonicMs() - this.#emptyMs) / 1000 : 0;
    return { available: this.#available, lagSeconds, takenIn: this.#takenIn, setAside: this.#setAsideRows };
  }

  /** Begins. */
  start(): void {
    this.#loop = this.#relay();
  }

  /** Takes in nothing more; resolves when what is being taken in is. Safe to call twice, and without `start`. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#loop;
  }

  async #relay(): Promise<void> {
    const { outbox, clock, pollMs, onNews } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const askedMs = clock.monotonicMs();
        const rows = await outbox.read(ROWS);
        this.#available = true;
        this.#waits = rows.length > 0;
        await this.#takeIn(rows);
        if (rows.length < ROWS) this.#noneWaits(askedMs);
        if (rows.length < ROWS) await outbox.wait(pollMs, { signal });
      } catch (error) {
        if (signal.aborted) return;
        this.#available = false;
        this.#waits = true; // nobody knows better
        onNews({ kind: "waits", error });
        await this.#pause(AGAIN_MS);
      }
    }
  }

  #noneWaits(sinceMs: number): void {
    this.#waits = false;
    this.#emptyMs = sinceMs;
  }

  /** New rows do not end it: what refuses is left alone for so long. */
  async #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#closing;
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const disarm = this.#options.clock.after(milliseconds, resolve);
    const end = (): void => resolve();
    signal.addEventListener("abort", end, { once: true });
    await promise;
    disarm();
    signal.removeEventListener("abort", end);
  }

  async #takeIn(rows: readonly OutboxRow[]): Promise<void> {
    const { outbox } = this.#options;
    const taken: string[] = [];
    try {
      for (const row of rows) {
        if (this.#closing.signal.aborted) return;
        const problem = await this.#publish(row);
        if (problem === undefined) taken.push(row.place);
        else await this.#setAside(row.place, problem);
      }
    } finally {
      if (taken.length > 0) await outbox.remove(taken); // they are, whatever became of the one behind them
      this.#takenIn += taken.length;
    }
  }

  async #publish({ change }: OutboxRow): Promise<string | undefined> {
    if ("problem" in change) return change.problem;
    try {
      await this.#options.desk.publish(change);
      return undefined;
    } catch (error) {
      if (error instanceof Fault && OF_THE_ROW.has(error.code)) return error.message;
      throw error;
    }
  }

  async #setAside(place: string, problem: string): Promise<void> {
    await this.#options.outbox.setAside(place, problem);
    this.#setAsideRows += 1;
    this.#options.onNews({ kind: "set aside", place, problem });
  }
}
