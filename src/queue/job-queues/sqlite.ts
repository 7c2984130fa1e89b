import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock } from "#model";
import { checkEntries, checkNext, checkTake } from "../check-calls.ts";
import type { Delivery, JobQueue, QueueDepth, QueueEntry, TakeOptions } from "../job-queue.ts";
import { QUEUE_DEFAULTS } from "../limits.ts";
import { closing, full } from "../refusals.ts";
import { SteadyTime } from "../steady-time.ts";
import { TakeWaiting } from "../take-waiting.ts";
import { unavailable } from "../unavailable.ts";
import { openQueueFile } from "./sqlite/queue-file.ts";
import { TurnCommits } from "./sqlite/turn-commits.ts";

/** What a queue in a file is given. */
export interface SqliteQueueOptions {
  /** Path of the file, which belongs to this queue alone; made if it is not there. */
  readonly file: string;
  /** Delays are in wall time, so that they go on over a restart; set back while the process runs, it delays nothing. */
  readonly clock: Clock;
  /** Entries at most: due, delayed and taken. Default 100000. */
  readonly capacity?: number;
  /** After so long without a word a delivery is handed out again, in milliseconds. Default 60000. */
  readonly stalledAfterMs?: number;
}

const DUE = 0;
const DELAYED = 1;
const TAKEN = 2;
const THIS = `id = ? AND state = ${TAKEN} AND seq || '.' || handed = ?`;

const STATEMENTS = {
  count: "SELECT count(*) AS entries FROM entries",
  known: "SELECT 1 FROM entries WHERE id = ?",
  add: "INSERT INTO entries (id, priority, attempt, state, at_ms) VALUES (?, ?, ?, ?, ?)",
  catchUp: `UPDATE entries SET stalls = stalls + (state = ${TAKEN}), state = ${DUE}
    WHERE (state = ${DELAYED} AND at_ms <= ?) OR (state = ${TAKEN} AND at_ms <= ?)`,
  first: `SELECT seq, id, priority, attempt, stalls, seq || '.' || (handed + 1) AS token
    FROM entries WHERE state = ${DUE} ORDER BY priority DESC, seq LIMIT ?`,
  hand: `UPDATE entries SET state = ${TAKEN}, handed = handed + 1, at_ms = ? WHERE seq = ?`,
  settle: `DELETE FROM entries WHERE ${THIS}`,
  postpone: `UPDATE entries SET state = ?, at_ms = ?, attempt = ?, stalls = 0 WHERE ${THIS}`,
  extend: `UPDATE entries SET at_ms = ? WHERE ${THIS}`,
  depth: "SELECT state, count(*) AS entries FROM entries GROUP BY state",
  next: "SELECT min(at_ms) AS at FROM entries WHERE state = ?",
} as const;

type Statements = Record<keyof typeof STATEMENTS, StatementSync>;

/** A queue in one SQLite file with a write-ahead log. */
class SqliteQueue implements JobQueue {
  readonly #database: DatabaseSync;
  readonly #sql: Statements;
  readonly #clock: Clock;
  readonly #time: SteadyTime;
  readonly #capacity: number;
  readonly #stalledAfterMs: number;
  readonly #commits: TurnCommits;
  readonly #waiting: TakeWaiting;
  #queued: number;
  #closed = false;

  constructor({ file, clock, capacity, stalledAfterMs }: SqliteQueueOptions) {
    this.#database = openQueueFile(file);
    const prepared = Object.entries(STATEMENTS).map(([name, sql]) => [name, this.#database.prepare(sql)]);
    this.#sql = Object.fromEntries(prepared) as Statements; // the same keys
    this.#clock = clock;
    this.#time = new SteadyTime(clock);
    this.#capacity = capacity ?? QUEUE_DEFAULTS.capacity;
    this.#stalledAfterMs = stalledAfterMs ?? QUEUE_DEFAULTS.stalledAfterMs;
    this.#queued = this.#count();
    this.#commits = new TurnCommits(this.#database, () => (this.#queued = this.#count()));
    this.#waiting = new TakeWaiting({
      clock,
      takeNow: async (max) => (this.#closed ? [] : await this.#commit(() => this.#takeNow(max))),
      lookAgainMs: () => this.#nextMs(),
    });
  }

  async enqueue(entries: readonly QueueEntry[]): Promise<void> {
    this.#requireOpen();
    checkEntries(entries);
    await this.#commit(() => this.#add(entries), { durable: true });
    this.#waiting.wake();
  }

  #add(entries: readonly QueueEntry[]): void {
    const added = new Map<string, QueueEntry>();
    for (const entry of entries)
      if (!added.has(entry.id) && this.#sql.known.get(entry.id) === undefined) added.set(entry.id, entry);
    const [queued, asked, capacity] = [this.#queued, added.size, this.#capacity];
    if (asked > 0 && queued + asked > capacity) throw full({ capacity, queued, asked });
    for (const { id, priority, attempt, delayMs } of added.values())
      this.#sql.add.run(id, priority, attempt, ...this.#dueIn(delayMs));
    this.#queued += asked;
  }

  async take(options: TakeOptions): Promise<readonly Delivery[]> {
    this.#requireOpen();
    checkTake(options);
    return await this.#waiting.take(options);
  }

  #takeNow(max: number): readonly Delivery[] {
    this.#catchUp();
    const untilMs = this.#stalledAtMs();
    return this.#sql.first.all(max).map((row) => {
      const { seq, ...delivery } = row as unknown as Delivery & { readonly seq: number }; // the columns that were asked for
      this.#sql.hand.run(untilMs, seq);
      return delivery;
    });
  }

  async settle({ id, token }: Delivery): Promise<void> {
    this.#requireOpen();
    await this.#commit(() => {
      this.#catchUp();
      this.#queued -= Number(this.#sql.settle.run(id, token).changes);
    });
  }

  async postpone({ id, token }: Delivery, next: { readonly delayMs: number; readonly attempt: number }): Promise<void> {
    this.#requireOpen();
    checkNext(next);
    const postpone = (): void => {
      this.#catchUp();
      this.#sql.postpone.run(...this.#dueIn(next.delayMs), next.attempt, id, token);
    };
    await this.#commit(postpone, { durable: true });
    this.#waiting.wake();
  }

  async extend({ id, token }: Delivery): Promise<boolean> {
    this.#requireOpen();
    return await this.#commit(() => {
      this.#catchUp();
      return Number(this.#sql.extend.run(this.#stalledAtMs(), id, token).changes) > 0;
    });
  }

  async depth(): Promise<QueueDepth> {
    this.#requireOpen();
    return await this.#commit(() => {
      this.#catchUp();
      const counts = this.#sql.depth.all();
      const of = (state: number): number => Number(counts.find((row) => row["state"] === state)?.["entries"] ?? 0);
      return { due: of(DUE), delayed: of(DELAYED), taken: of(TAKEN) };
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#commits.flush();
    this.#waiting.close();
    this.#database.close();
  }

  #requireOpen(): void {
    if (this.#closed) throw closing();
  }

  async #commit<T>(act: () => T, { durable } = { durable: false }): Promise<T> {
    try {
      return await this.#commits.commit(act, { durable });
    } catch (error) {
      throw unavailable("its file", error);
    }
  }

  #count(): number {
    return Number(this.#sql.count.get()?.["entries"]);
  }

  /** Makes due what has become so, and what was not settled in time. */
  #catchUp(): void {
    this.#sql.catchUp.run(this.#time.nowMs(), Math.floor(this.#clock.monotonicMs()));
  }

  #dueIn(delayMs: number): [state: number, atMs: number] {
    return [delayMs === 0 ? DUE : DELAYED, this.#time.nowMs() + delayMs];
  }

  #stalledAtMs(): number {
    return Math.ceil(this.#clock.monotonicMs() + this.#stalledAfterMs);
  }

  #nextMs(): number | undefined {
    if (this.#closed) return undefined;
    const at = (state: number, nowMs: number): readonly number[] => {
      const atMs = this.#sql.next.get(state)?.["at"];
      return typeof atMs === "number" ? [atMs - nowMs] : [];
    };
    const waits = [...at(DELAYED, this.#time.nowMs()), ...at(TAKEN, this.#clock.monotonicMs())];
    return waits.length === 0 ? undefined : Math.min(...waits);
  }
}

/**
 * The embedded queue: one file, which one process has at a time; what that process had taken is due again when it is opened anew.
 * @throws {Fault} STATE_LOCKED if another process has the file; INVALID_CONFIGURATION if a newer Verbatim wrote it.
 */
export function createSqliteQueue(options: SqliteQueueOptions): JobQueue {
  return new SqliteQueue(options);
}
