import type { EvidenceStore, RecordDraft } from "#evidence";
import { LOG_SCHEMA } from "#evidence";
import type { Clock, JsonObject } from "#model";
import { CountedDenials } from "./counted-denials.ts";
import type { DeniedCall } from "./counted-denials.ts";

/** Shortest time between two records, milliseconds. */
const SHORTEST_MS = 10_000;

/** Longest time that a denial waits for its record while more of them come, milliseconds. */
const LONGEST_MS = 600_000;

/** Logs of one day; another one is begun where the clock was set back behind the end of the first. */
const LOGS_A_DAY = 100;

/** Logs that are looked at in one go. */
const OPEN_LOGS_AT_MOST = 1000;

/** What the log is kept with. */
export interface DenialLogOptions {
  /** Opens the store of these logs; asked at the first denial. */
  readonly openStore: () => EvidenceStore;
  readonly clock: Clock;
  /** Told once, when denials can be recorded no more. Must not throw. */
  readonly onProblem: (error: unknown) => void;
}

interface OpenLog {
  readonly day: string;
  readonly id: string;
  size: number;
}

/**
 * Keeps denials as evidence: a log a day, whose records say how many calls of which kind were denied since the one before.
 *
 * Whoever is denied decides neither how often nor how much is written: a record is at least 10 s behind the one before, twice as long
 * each time while denials go on, up to ten minutes; and it has at most 64 kinds, with a number for all others together.
 */
export class DenialLog {
  readonly #options: DenialLogOptions;
  readonly #counted = new CountedDenials();
  #store: EvidenceStore | undefined;
  #log: OpenLog | undefined;
  #stopTimer: (() => void) | undefined;
  #waitMs = SHORTEST_MS;
  #recordedMs = -Infinity;
  #writing: Promise<void> = Promise.resolve();
  #hasFailed = false;

  constructor(options: DenialLogOptions) {
    this.#options = options;
  }

  /** Counts one; its record follows. */
  note(denied: DeniedCall): void {
    if (this.#hasFailed) return;
    const { clock } = this.#options;
    const monotonicMs = clock.monotonicMs();
    this.#counted.add(denied, { at: clock.now(), monotonicMs });
    this.#stopTimer ??= clock.after(this.#nextWaitMs(monotonicMs), () => void this.flush());
  }

  /** Those that come soon after a record were part of the same flood. */
  #nextWaitMs(nowMs: number): number {
    const isQuiet = nowMs - this.#recordedMs > this.#waitMs;
    this.#waitMs = isQuiet ? SHORTEST_MS : Math.min(LONGEST_MS, this.#waitMs * 2);
    return this.#waitMs;
  }

  /** Records what was counted. Resolves when it is durable, or cannot be. */
  async flush(): Promise<void> {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  /** Records what was counted, unless the last record is too young: for whoever wants to read. */
  async catchUp(): Promise<void> {
    if (this.#options.clock.monotonicMs() - this.#recordedMs >= SHORTEST_MS) await this.flush();
  }

  async #write(): Promise<void> {
    if (this.#counted.total === 0 || this.#hasFailed) return;
    const { clock, onProblem } = this.#options;
    this.#recordedMs = clock.monotonicMs();
    const at = clock.now();
    try {
      const log = await this.#logOf(at);
      const counted = draft("denials.counted", at, this.#counted.take());
      await this.#append(log, log.size === 0 ? [draft("denials.opened", at), counted] : [counted]);
    } catch (error) {
      this.#hasFailed = true;
      onProblem(error);
    }
  }

  /** The log of this day; the one of another day is closed before. */
  async #logOf(at: string): Promise<OpenLog> {
    const day = at.slice(0, "2026-01-01".length);
    if (this.#log?.day === day) return this.#log;
    this.#store ??= this.#options.openStore();
    for (const { runId: id, size } of (await this.#store.openRuns()).slice(0, OPEN_LOGS_AT_MOST)) {
      if (dayOf(id) === day) return (this.#log = { day, id, size });
      await this.#append({ day, id, size }, [draft("denials.closed", at)]);
    }
    return (this.#log = { day, id: await this.#freeId(day), size: 0 });
  }

  async #freeId(day: string): Promise<string> {
    for (let n = 1; n <= LOGS_A_DAY; n += 1) {
      const id = n === 1 ? `denials-${day}` : `denials-${day}.${n}`;
      if ((await this.#store?.head(id)) === undefined) return id;
    }
    throw new Error(`there are ${LOGS_A_DAY} logs of denials of ${day}`);
  }

  async #append(log: OpenLog, drafts: readonly RecordDraft[]): Promise<void> {
    await this.#store?.append(log.id, log.size, drafts);
    log.size += drafts.length;
  }
}

function dayOf(id: string): string {
  return id.slice("denials-".length).split(".")[0] ?? "";
}

function draft(type: RecordDraft["event_type"], at: string, data?: JsonObject): RecordDraft {
  const isFirst = type === "denials.opened";
  return {
    event_type: type,
    timestamp_utc: at,
    actor: "verbatim",
    attempt: 0,
    ...(isFirst && { schema: LOG_SCHEMA }),
    ...(data !== undefined && { data }),
  };
}
