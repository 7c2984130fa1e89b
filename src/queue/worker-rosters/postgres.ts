import pg from "pg";
import type { Clock } from "#model";
import { assert } from "#model";
import { ServerCalls } from "../server-calls.ts";
import type { LivingWorker, RosterEntry, WorkerRoster } from "../worker-roster.ts";

/** Where the list is. */
export interface PostgresRosterOptions {
  /** `postgres://`, with user, password and database. */
  readonly url: string;
  /** Names the store that the workers work for: each has a list of its own. */
  readonly store: string;
  /** Names this worker among all that have its name. */
  readonly session: string;
  readonly clock: Clock;
  /** Name of the schema with the table, which is made if it is not there. Default `verbatim_workers`. */
  readonly schema?: string;
  /** A server that is silent for so long is unavailable, in milliseconds. Default 5000. */
  readonly unavailableAfterMs?: number;
}

const SCHEMA = /^[a-z_][a-z0-9_]{0,49}$/;
const UNAVAILABLE_MS = 5000;
/** One to write and one to read: nobody else uses it. */
const CONNECTIONS = 2;
const LISTED = 1000;
/** Keeps those apart who make the table at the same time. */
const MAKING = 7_426_283_103;

/** The list in a table of PostgreSQL. It connects, and makes the table, when it is first used. */
export class PostgresRoster implements WorkerRoster {
  readonly #options: PostgresRosterOptions;
  readonly #pool: pg.Pool;
  readonly #calls: ServerCalls;
  readonly #table: string;
  #made: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: PostgresRosterOptions) {
    const { url, clock, schema = "verbatim_workers", unavailableAfterMs = UNAVAILABLE_MS } = options;
    assert(SCHEMA.test(schema), "the name of a schema has lower-case letters, digits and _, up to 50");
    this.#options = options;
    this.#table = `${schema}.workers`;
    this.#calls = new ServerCalls({ server: "PostgreSQL", clock, unavailableAfterMs });
    this.#pool = new pg.Pool({
      connectionString: url,
      max: CONNECTIONS,
      application_name: "verbatim",
      connectionTimeoutMillis: unavailableAfterMs,
      query_timeout: unavailableAfterMs,
      statement_timeout: unavailableAfterMs,
    });
    this.#pool.on("error", () => undefined); // whoever calls is told
    this.#pool.on("connect", (client) => client.on("error", () => undefined));
  }

  async sayAlive({ name, serves, concurrency, busy }: RosterEntry, leaseMs: number): Promise<void> {
    const { store, session } = this.#options;
    await this.#ask(
      `WITH gone AS (DELETE FROM ${this.#table} WHERE store = $1 AND session <> $2 AND lease_until <= clock_timestamp())
       INSERT INTO ${this.#table} (store, session, name, serves, concurrency, busy, started_at, seen_at, lease_until)
       VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp(), clock_timestamp(), clock_timestamp() + $7::float8 * interval '1 millisecond')
       ON CONFLICT (store, session) DO UPDATE SET name = excluded.name, serves = excluded.serves,
         concurrency = excluded.concurrency, busy = excluded.busy, seen_at = excluded.seen_at, lease_until = excluded.lease_until`,
      [store, session, name, [...serves], concurrency, busy, leaseMs],
    );
  }

  async leave(): Promise<void> {
    const { store, session } = this.#options;
    await this.#ask(`DELETE FROM ${this.#table} WHERE store = $1 AND session = $2`, [store, session]);
  }

  async living(): Promise<readonly LivingWorker[]> {
    const rows = await this.#ask<LivingRow>(
      `SELECT name, serves, concurrency, busy,
         extract(epoch FROM at.now - started_at)::float8 * 1000 AS up_ms,
         extract(epoch FROM at.now - seen_at)::float8 * 1000 AS silent_ms
       FROM ${this.#table}, (SELECT clock_timestamp() AS now) at WHERE store = $1 AND lease_until > at.now ORDER BY name, session LIMIT ${LISTED}`,
      [this.#options.store],
    );
    return rows.map(({ up_ms: upMs, silent_ms: silentMs, ...entry }) => ({ ...entry, upMs, silentMs }));
  }

  close(): Promise<void> {
    this.#closing ??= this.#calls.ended().then(async () => await this.#pool.end());
    return this.#closing;
  }

  async #ask<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<readonly Row[]> {
    return await this.#calls.call(async () => {
      await this.#makeTable();
      return (await this.#pool.query<Row>(text, values)).rows;
    });
  }

  /** Once; after a failure it is tried anew with the next call. */
  async #makeTable(): Promise<void> {
    this.#made ??= this.#make();
    try {
      await this.#made;
    } catch (error) {
      this.#made = undefined;
      throw error;
    }
  }

  /** Where the table is there already, no right to make one is needed. */
  async #make(): Promise<void> {
    const [schema] = this.#table.split(".");
    const asked = await this.#pool.query<{ there: boolean }>("SELECT to_regclass($1) IS NOT NULL AS there", [
      this.#table,
    ]);
    if (asked.rows[0]?.there === true) return;
    // One transaction, as statements without values are.
    await this.#pool.query(
      `SELECT pg_advisory_xact_lock(${MAKING}); CREATE SCHEMA IF NOT EXISTS ${schema};
       CREATE TABLE IF NOT EXISTS ${this.#table} (store text NOT NULL, session text NOT NULL, name text NOT NULL,
         serves text[] NOT NULL, concurrency integer NOT NULL, busy integer NOT NULL, started_at timestamptz NOT NULL,
         seen_at timestamptz NOT NULL, lease_until timestamptz NOT NULL, PRIMARY KEY (store, session))`,
    );
  }
}

interface LivingRow extends RosterEntry {
  readonly up_ms: number;
  readonly silent_ms: number;
}
