import type { Clock, Fault } from "#model";
import { checkEntries, checkNext, checkTake } from "../check-calls.ts";
import { admit, GatheredEnqueues } from "../gathered-enqueues.ts";
import type { Batch } from "../gathered-enqueues.ts";
import type { Delivery, JobQueue, QueueDepth, QueueEntry, TakeOptions } from "../job-queue.ts";
import { QUEUE_DEFAULTS } from "../limits.ts";
import { closing } from "../refusals.ts";
import { ServerCalls } from "../server-calls.ts";
import { TakeWaiting } from "../take-waiting.ts";
import { connectPostgres, disconnectPostgres, inTransaction, runsOn } from "./postgres/connection.ts";
import { areTablesGone, TablesGone } from "./postgres/tables-gone.ts";
import { affects, attemptOf, deliveryOf, inOrder, requireNames } from "./postgres/entry-jobs.ts";
import type { EntryData, EntryJob } from "./postgres/entry-jobs.ts";
import type { PostgresParts, PostgresPlace, Statements } from "./postgres/connection.ts";

/** What a queue in PostgreSQL is given. */
export interface PostgresQueueOptions {
  /** `postgres://`, with user, password and database. */
  readonly url: string;
  /** Name of the queue: letters, digits, `_`, `-`, up to 50. Default `work`. */
  readonly queue?: string;
  /** Name of the schema with the tables, which is made if it is not there: lower-case letters, digits and `_`, up to 50. Default `verbatim_queue`. */
  readonly schema?: string;
  readonly clock: Clock;
  /** Connections at most. Default 10. */
  readonly connections?: number;
  /** Entries at most: due, delayed and taken. Default 100000. */
  readonly capacity?: number;
  /** After so long without a word a delivery is handed out again, in milliseconds. Default 60000. */
  readonly stalledAfterMs?: number;
  /** A server that is silent for so long is unavailable, in milliseconds. Default 5000. */
  readonly unavailableAfterMs?: number;
  /** Those who wait look so often for what other processes have handed in, in milliseconds. Default 250. */
  readonly pollMs?: number;
}

const POLL_MS = 250;
const CONNECTIONS = 10;

/** A queue in PostgreSQL, by pg-boss. */
export class PostgresQueue implements JobQueue {
  readonly #place: PostgresPlace;
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #stalledAfterMs: number;
  readonly #calls: ServerCalls;
  readonly #enqueues = new GatheredEnqueues(async (batches) => await this.#call(() => this.#add(batches)));
  readonly #waiting: TakeWaiting;
  readonly #jobs: string;
  #connected: PostgresParts | undefined;
  #lookedForStalledMs = -Infinity;
  #order = 0;
  #closed = false;

  constructor(options: PostgresQueueOptions) {
    const { url, queue = "work", schema = "verbatim_queue", clock, pollMs = POLL_MS } = options;
    requireNames(queue, schema);
    const unavailableAfterMs = options.unavailableAfterMs ?? QUEUE_DEFAULTS.unavailableAfterMs;
    this.#place = { url, queue, schema, connections: options.connections ?? CONNECTIONS, unavailableAfterMs };
    this.#jobs = `${schema}.job`;
    this.#clock = clock;
    this.#capacity = options.capacity ?? QUEUE_DEFAULTS.capacity;
    this.#stalledAfterMs = options.stalledAfterMs ?? QUEUE_DEFAULTS.stalledAfterMs;
    this.#calls = new ServerCalls({ server: "PostgreSQL", clock, unavailableAfterMs });
    const takeNow = async (max: number): Promise<readonly Delivery[]> =>
      this.#closed ? [] : await this.#call(() => this.#takeNow(max));
    this.#waiting = new TakeWaiting({ clock, takeNow, lookAgainMs: () => pollMs });
  }

  async enqueue(entries: readonly QueueEntry[]): Promise<void> {
    this.#requireOpen();
    checkEntries(entries);
    await this.#enqueues.enqueue(entries);
    this.#waiting.wake();
  }

  /** One transaction for all that is accepted; one after another, so that the count holds. */
  async #add(batches: readonly Batch[]): Promise<readonly (Fault | undefined)[]> {
    const { pool, boss } = await this.#ready();
    const { queue } = this.#place;
    return await inTransaction(pool, async (client) => {
      await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`${this.#jobs} ${queue}`]);
      const queued = await this.#count(client);
      const asked = batches.flat();
      const known = queued + asked.length <= this.#capacity ? new Set<string>() : await this.#known(client, asked);
      const room = { capacity: this.#capacity, queued, isQueued: (id: string) => known.has(id) };
      const { accepted, refusals } = admit(batches, room);
      const jobs = accepted.map((entry) => this.#jobOf(entry));
      if (jobs.length > 0) await boss.insert(queue, jobs, { db: runsOn(client) });
      return refusals;
    });
  }

  /** pg-boss's insert does nothing, and says nothing, where there is no such queue. */
  async #count(client: Statements): Promise<number> {
    const { queue, schema } = this.#place;
    const text = `SELECT count(j.id) AS entries FROM ${schema}.queue q LEFT JOIN ${this.#jobs} j ON j.name = q.name
      WHERE q.name = $1 GROUP BY q.name`;
    const { rows } = await client.query<{ readonly entries: string }>(text, [queue]);
    if (rows[0] === undefined) throw new TablesGone(`${schema}.queue has no row for ${queue}`);
    return Number(rows[0].entries);
  }

  async #known(client: Statements, entries: Batch): Promise<ReadonlySet<string>> {
    const keys = entries.map(({ id }) => id);
    const text = `SELECT singleton_key AS id FROM ${this.#jobs} WHERE name = $1 AND singleton_key = ANY($2)`;
    const { rows } = await client.query<{ readonly id: string }>(text, [this.#place.queue, keys]);
    return new Set(rows.map(({ id }) => id));
  }

  async take(options: TakeOptions): Promise<readonly Delivery[]> {
    this.#requireOpen();
    checkTake(options);
    return await this.#waiting.take(options);
  }

  async #takeNow(max: number): Promise<readonly Delivery[]> {
    const { pool, boss } = await this.#ready();
    await this.#returnStalled(pool);
    const jobs = await boss.fetch<EntryData>(this.#place.queue, { batchSize: max, includeMetadata: true });
    return jobs.toSorted(inOrder).map(deliveryOf);
  }

  /** pg-boss's own upkeep counts in seconds and from ten of them on, so this is done here. */
  async #returnStalled(on: Statements): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lookedForStalledMs < Math.min(1000, this.#stalledAfterMs / 4)) return;
    this.#lookedForStalledMs = nowMs;
    const text = `UPDATE ${this.#jobs} SET state = 'retry'
      WHERE name = $1 AND state = 'active' AND heartbeat_on < now() - $2 * interval '1 millisecond'`;
    await on.query(text, [this.#place.queue, this.#stalledAfterMs]);
  }

  async settle(delivery: Delivery): Promise<void> {
    this.#requireOpen();
    await this.#call(async () => {
      const { boss } = await this.#ready();
      await boss.deleteJob(this.#place.queue, attemptOf(delivery));
    });
  }

  async postpone(delivery: Delivery, next: { readonly delayMs: number; readonly attempt: number }): Promise<void> {
    this.#requireOpen();
    checkNext(next);
    const { id, priority } = delivery;
    const { queue } = this.#place;
    await this.#call(async () => {
      const { pool, boss } = await this.#ready();
      await inTransaction(pool, async (client) => {
        const db = runsOn(client);
        const gone = await boss.deleteJob(queue, attemptOf(delivery), { db });
        if (affects(gone)) await boss.insert(queue, [this.#jobOf({ id, priority, ...next })], { db });
      });
    });
    this.#waiting.wake();
  }

  async extend(delivery: Delivery): Promise<boolean> {
    this.#requireOpen();
    return await this.#call(async () => {
      const { boss } = await this.#ready();
      return affects(await boss.touch(this.#place.queue, attemptOf(delivery)));
    });
  }

  async depth(): Promise<QueueDepth> {
    this.#requireOpen();
    return await this.#call(async () => {
      const { pool } = await this.#ready();
      const text = `SELECT count(*) FILTER (WHERE state < 'active' AND start_after <= now()) AS due,
        count(*) FILTER (WHERE state < 'active' AND start_after > now()) AS delayed,
        count(*) FILTER (WHERE state = 'active') AS taken FROM ${this.#jobs} WHERE name = $1`;
      const { rows } = await pool.query<Record<"due" | "delayed" | "taken", string>>(text, [this.#place.queue]);
      return { due: Number(rows[0]?.due), delayed: Number(rows[0]?.delayed), taken: Number(rows[0]?.taken) };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.close();
    await this.#calls.ended();
    const parts = this.#connected;
    this.#connected = undefined;
    if (parts !== undefined) await disconnectPostgres(parts);
  }

  #jobOf({ id, priority, delayMs, attempt }: QueueEntry): EntryJob {
    this.#order = Math.max(this.#order + 1, Date.parse(this.#clock.now()) * 1000);
    const data = { attempt, order: this.#order };
    return { singletonKey: id, priority, data, ...(delayMs > 0 && { startAfter: delayMs / 1000 }) };
  }

  async #call<T>(act: () => Promise<T>): Promise<T> {
    const parts = this.#connected;
    return await this.#calls.call(async () => {
      try {
        return await act();
      } catch (error) {
        if (areTablesGone(error)) this.#drop(parts);
        throw error;
      }
    });
  }

  /** The next call begins anew. */
  #drop(parts: PostgresParts | undefined): void {
    if (parts === undefined) return;
    if (this.#connected === parts) this.#connected = undefined;
    void disconnectPostgres(parts);
  }

  #requireOpen(): void {
    if (this.#closed) throw closing();
  }

  async #ready(): Promise<PostgresParts> {
    const parts = (this.#connected ??= connectPostgres(this.#place));
    try {
      await parts.started;
      return parts;
    } catch (error) {
      this.#drop(parts);
      throw error;
    }
  }
}
