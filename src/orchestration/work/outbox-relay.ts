import type { Outbox, OutboxRow } from "#effects";
import type { Clock } from "#model";
import { Fault } from "#model";
import { Outage } from "./outage.ts";
import type { OutageEnd } from "./outage.ts";
import type { WorkDesk } from "./work-desk.ts";

/** What becomes of rows, for the log of the process. */
export type RelayNews =
  | { readonly kind: "set aside"; readonly place: string; readonly problem: string }
  /** Told once when it begins, and of its end in sum. */
  | { readonly kind: "waits"; readonly error: unknown }
  | ({ readonly kind: "goes on" } & OutageEnd);

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
  readonly #waits: Outage;
  /** The row that the desk has refused last: it is asked for again, and what became of it was told. */
  #refused: string | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: OutboxRelayOptions) {
    this.#options = options;
    const { clock, onNews } = options;
    this.#waits = new Outage({
      clock,
      onBegin: (error) => onNews({ kind: "waits", error }),
      onEnd: (end) => onNews({ kind: "goes on", ...end }),
    });
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
    const { outbox, pollMs } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const rows = await outbox.read(ROWS);
        await this.#takeIn(rows);
        this.#waits.answered();
        if (rows.length < ROWS) await outbox.wait(pollMs, { signal });
      } catch (error) {
        if (signal.aborted) return;
        this.#waits.failed(error);
        await this.#pause(AGAIN_MS);
      }
    }
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
    }
  }

  async #publish({ place, change }: OutboxRow): Promise<string | undefined> {
    if ("problem" in change) return change.problem;
    try {
      await this.#options.desk.publish(change, { quiet: place === this.#refused });
      return undefined;
    } catch (error) {
      this.#refused = place;
      if (error instanceof Fault && OF_THE_ROW.has(error.code)) return error.message;
      throw error;
    }
  }

  async #setAside(place: string, problem: string): Promise<void> {
    await this.#options.outbox.setAside(place, problem);
    this.#options.onNews({ kind: "set aside", place, problem });
  }
}
