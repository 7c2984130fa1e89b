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
/** Faults that say nothing of a row: every other one would meet them too, until they are over. */
const OF_THE_SERVER: ReadonlySet<string> = new Set([
  "LIMIT_EXCEEDED",
  "DRAINING",
  "STORE_HALTED",
  "QUEUE_UNAVAILABLE",
  "SOURCE_UNAVAILABLE",
  "NOT_CONFIGURED",
]);
/** After so many tries what nobody has foreseen may be the row's own: whether it is, a row behind it tells. */
const TRIES = 5;

/**
 * Takes in what an application has written into its outbox, in its order. A row is removed once its work is durable: a crash in between
 * tells of it again, and its change is known by its id. A row that can not be taken in is set aside and told of, and the others go on: at once
 * if that is said of it, and if nobody has foreseen what it meets, after so many tries, when another row is taken in meanwhile.
 */
export class OutboxRelay {
  readonly #options: OutboxRelayOptions;
  readonly #closing = new AbortController();
  readonly #waits: Outage;
  /** The row that the desk has refused last: it is asked for again, and what became of it was told. */
  #refused: string | undefined;
  /** How often rows have met what nobody has foreseen, and the last of it. */
  readonly #tries = new Map<string, number>();
  #unforeseen: unknown;
  #loop: Promise<void> | undefined;
  #available = true;
  /** When it was last begun to read the rows to their end. */
  #emptyMs: number;
  #rowsWait = false;
  #takenIn = 0;
  #setAsideRows = 0;

  constructor(options: OutboxRelayOptions) {
    this.#options = options;
    const { clock, onNews } = options;
    this.#waits = new Outage({
      clock,
      onBegin: (error) => onNews({ kind: "waits", error }),
      onEnd: (end) => onNews({ kind: "goes on", ...end }),
    });
    this.#emptyMs = clock.monotonicMs();
  }

  /** How far it is behind. */
  get numbers(): RelayNumbers {
    const lagSeconds = this.#rowsWait ? (this.#options.clock.monotonicMs() - this.#emptyMs) / 1000 : 0;
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
    const { outbox, clock, pollMs } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const askedMs = clock.monotonicMs();
        const rows = await outbox.read(ROWS);
        this.#available = true;
        this.#rowsWait = rows.length > 0;
        await this.#takeIn(rows);
        this.#waits.answered();
        if (rows.length > 0) continue;
        this.#noneWaits(askedMs);
        await outbox.wait(pollMs, { signal });
      } catch (error) {
        if (signal.aborted) return;
        this.#available = false;
        this.#rowsWait = true; // nobody knows better
        this.#waits.failed(error);
        await this.#pause(AGAIN_MS);
      }
    }
  }

  #noneWaits(sinceMs: number): void {
    this.#rowsWait = false;
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
    const suspects: OutboxRow[] = [];
    try {
      for (const row of rows) {
        if (this.#closing.signal.aborted) return;
        const passed = await this.#passed(row);
        if (passed === "suspect") suspects.push(row);
        else if (passed === "taken") taken.push(row.place);
        if (passed === "taken") for (const suspect of suspects.splice(0)) await this.#settle(suspect, taken);
      }
    } finally {
      if (taken.length > 0) await outbox.remove(taken); // they are, whatever became of the one behind them
      this.#takenIn += taken.length;
    }
    if (suspects.length > 0) throw this.#unforeseen ?? new Error("rows cannot be taken in");
  }

  /** What becomes of a row; throws what all rows have to wait for. */
  async #passed(row: OutboxRow): Promise<"taken" | "set aside" | "suspect"> {
    try {
      const problem = await this.#publish(row);
      this.#tries.delete(row.place);
      if (problem === undefined) return "taken";
      await this.#setAside(row.place, problem);
      return "set aside";
    } catch (error) {
      if (isOfServer(error)) throw error;
      this.#unforeseen = error;
      const tries = (this.#tries.get(row.place) ?? 0) + 1;
      if (this.#tries.size >= ROWS && !this.#tries.has(row.place)) this.#tries.clear(); // of rows that somebody has removed
      this.#tries.set(row.place, tries);
      if (tries < TRIES) throw error;
      return "suspect";
    }
  }

  /** Another row was taken in: so it is the row, and not the server, if it fails once more. */
  async #settle(suspect: OutboxRow, taken: string[]): Promise<void> {
    try {
      const problem = await this.#publish(suspect);
      if (problem === undefined) taken.push(suspect.place);
      else await this.#setAside(suspect.place, problem);
    } catch (error) {
      if (isOfServer(error)) throw error;
      const why = error instanceof Error ? error.message : String(error);
      const tries = this.#tries.get(suspect.place) ?? TRIES;
      await this.#setAside(suspect.place, `it could not be taken in, ${tries + 1} times: ${why}`);
    }
    this.#tries.delete(suspect.place);
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
    this.#setAsideRows += 1;
    this.#options.onNews({ kind: "set aside", place, problem });
  }
}

function isOfServer(error: unknown): boolean {
  return error instanceof Fault && OF_THE_SERVER.has(error.code);
}
