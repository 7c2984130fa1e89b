import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "#model";
import { Fault } from "#model";
import type { EvidenceStore } from "../evidence-store.ts";
import type { RunAppend } from "../log-backend.ts";
import { HistoryIntake } from "./history-intake.ts";
import { missedRuns } from "./missed-runs.ts";
import type { RunHistory } from "./run-history.ts";

const FLUSH_MS = 50;
const RECORDS_AT_ONCE = 500;
const QUEUED_CHARACTERS = 8 * 1024 * 1024;
const RUNS_BEHIND = 10_000;

/** Who answers questions about all runs. */
export interface HistoryReader {
  /**
   * Asks the history, when all that was committed before is taken in.
   * @throws {Fault} HISTORY_UNAVAILABLE if it could not be written or read.
   */
  ask<Answer>(question: (history: RunHistory) => Answer): Promise<Answer>;
}

/** What a feed stands between. */
export interface HistoryFeedOptions {
  readonly history: RunHistory;
  readonly store: EvidenceStore;
  readonly clock: Clock;
  /** Told of each run whose log cannot be read, and once, without a run, when the history could not be written or read. */
  readonly onProblem: (error: unknown, runId?: string) => void;
  /** Told once how many runs were behind when it began. */
  readonly onMended?: (runs: number) => void;
}

/**
 * Tells the history what the store has committed: some 50 ms behind the work, many records in one transaction. Nobody waits for
 * it but who asks the history. It begins with what a crash has cost. What does not fit into its queue is read from the store
 * later. A failure ends it; the next start mends the history.
 */
export class HistoryFeed implements HistoryReader {
  readonly #options: HistoryFeedOptions;
  readonly #intake: HistoryIntake;
  #queue: RunAppend[] = [];
  #characters = 0;
  /** Runs of which there is more in the store than was queued, in the order in which they are to be read. */
  #behind = new Set<string>();
  #mendDue = true;
  #mended = false;
  #disarm: (() => void) | undefined;
  #flushing: Promise<void> | undefined;
  #failure: string | undefined;
  #closed = false;

  constructor(options: HistoryFeedOptions) {
    this.#options = options;
    this.#intake = new HistoryIntake(options);
    this.#flushSoon();
  }

  /** Takes what a commit made durable. Never throws. */
  take(appends: readonly RunAppend[]): void {
    if (this.#failure !== undefined || this.#closed) return;
    for (const append of appends) this.#takeOne(append);
    this.#flushSoon();
  }

  /** Once a run is behind, all that comes later waits for it: the history takes in runs in the order of their creation. */
  #takeOne(append: RunAppend): void {
    if (this.#mendDue || this.#behind.size > 0 || this.#characters > QUEUED_CHARACTERS) {
      if (this.#behind.size < RUNS_BEHIND) this.#behind.add(append.runId);
      else this.#mendDue = true; // looks at all runs that may be behind
      return;
    }
    this.#queue.push(append);
    for (const { line } of append.records) this.#characters += line.length;
  }

  #flushSoon(): void {
    if (this.#flushing !== undefined) return;
    this.#disarm ??= this.#options.clock.after(FLUSH_MS, () => void this.#flush());
  }

  /** Resolves when all that was committed before is taken in. @throws {Fault} HISTORY_UNAVAILABLE if it cannot be. */
  async settled(): Promise<void> {
    await this.#flushing;
    if (this.#isBehind) await this.#flush();
    this.#requireUsable();
  }

  async ask<Answer>(question: (history: RunHistory) => Answer): Promise<Answer> {
    await this.settled();
    try {
      return question(this.#options.history);
    } catch (error) {
      this.#fail(error);
      throw historyUnavailable(this.#failure ?? "", error);
    }
  }

  #requireUsable(): void {
    if (this.#failure !== undefined) throw historyUnavailable(this.#failure);
    if (this.#closed) throw historyUnavailable("it was closed");
  }

  get #isBehind(): boolean {
    return this.#queue.length > 0 || this.#behind.size > 0 || this.#mendDue;
  }

  #flush(): Promise<void> {
    this.#disarm?.();
    this.#disarm = undefined;
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
      if (this.#isBehind && this.#failure === undefined && !this.#closed) this.#flushSoon();
    });
    return this.#flushing;
  }

  /** One pass over what is there now: what comes meanwhile is of the next. */
  async #flushAll(): Promise<void> {
    try {
      await this.#takeQueued();
      if (this.#mendDue) await this.#mend();
      const behind = this.#behind;
      this.#behind = new Set();
      for (const runId of behind) {
        if (this.#closed) return;
        await this.#intake.catchUp(runId);
      }
    } catch (error) {
      if (!this.#closed) this.#fail(error);
    }
  }

  async #takeQueued(): Promise<void> {
    const queued = this.#queue;
    this.#queue = [];
    this.#characters = 0;
    for (const appends of portions(queued)) {
      const gaps = await this.#intake.take(appends);
      for (const runId of gaps) this.#behind.add(runId);
      await turn(); // for everybody else
    }
  }

  async #mend(): Promise<void> {
    const { history, store, onMended } = this.#options;
    let runs = 0;
    for (const runId of await missedRuns(history, store)) {
      if (this.#closed) return; // the next start goes on
      await this.#intake.catchUp(runId);
      if (!this.#behind.has(runId)) runs += 1; // else it was told of since, and is behind for that
    }
    this.#mendDue = false;
    if (!this.#mended) onMended?.(runs);
    this.#mended = true;
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = error instanceof Error ? error.message : String(error);
    this.#queue = [];
    this.#behind.clear();
    this.#options.history.suspect();
    this.#options.onProblem(error);
  }

  /** Takes in what was committed, unless it is only mending: the next start goes on with that. The history stays open. */
  async close(): Promise<void> {
    if (this.#closed) return;
    if (this.#mendDue) this.#closed = true;
    await this.#flushing;
    if (this.#isBehind && this.#failure === undefined && !this.#closed) await this.#flush();
    this.#closed = true;
    this.#disarm?.();
  }
}

/** Cuts what was queued where it is more than one transaction should take. */
function* portions(queued: readonly RunAppend[]): Generator<readonly RunAppend[], void, void> {
  let portion: RunAppend[] = [];
  let records = 0;
  for (const append of queued) {
    portion.push(append);
    records += append.records.length;
    if (records < RECORDS_AT_ONCE) continue;
    yield portion;
    portion = [];
    records = 0;
  }
  if (portion.length > 0) yield portion;
}

/** The fault for a history that cannot be asked. */
export function historyUnavailable(why: string, cause?: unknown): Fault {
  return new Fault(
    "HISTORY_UNAVAILABLE",
    `The history of runs cannot be asked: ${why}. Runs go on, and their logs have everything. Start again, which mends it; or make it anew with verbatim doctor --rebuild-index.`,
    { cause },
  );
}
