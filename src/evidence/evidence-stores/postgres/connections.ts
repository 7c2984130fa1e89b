import type pg from "pg";
import type { Clock } from "#model";
import { Fault } from "#model";
import { ConfirmedServer } from "./confirmed-server.ts";

/** Where statements run. */
export type Statements = Pick<pg.Pool | pg.PoolClient, "query">;

/** How a server is reached, and within which bounds. */
export interface ConnectionOptions {
  /** `postgres://`, with user, password and database. */
  readonly url: string;
  readonly clock: Clock;
  /** Connections at most, 4 or more: three of them are for writing, claiming and listening. */
  readonly connections: number;
  /** A statement, and the making of a connection, take no longer, in milliseconds. */
  readonly silentAfterMs: number;
  /** A write is tried again for so long before the store halts, in milliseconds. */
  readonly patienceMs: number;
  /** Told when the server has begun to be unavailable, or answers again; must not throw. */
  readonly onUnavailable?: ((why: string | undefined) => void) | undefined;
}

interface Pools {
  readonly reads: pg.Pool;
  readonly writes: pg.Pool;
}

/** Connections that are never waited for by readers. */
const SET_ASIDE = 3;
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [20, 1000];

/** Classes and codes of PostgreSQL that say nothing of the statement: the same may succeed a moment later. */
const PASSING = /^(08...|57P0[123]|57014|40001|40P01|55P03|53300|25006)$/;

/** Connections to one server, few enough for it, which come again by themselves. */
export class Connections {
  readonly #options: ConnectionOptions;
  #pools: Promise<Pools> | undefined;
  readonly #closing = new AbortController();
  #unavailable: string | undefined;
  readonly #server = new ConfirmedServer();

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** The package takes long to load: whoever does not need it does without. */
  async #connect(): Promise<Pools> {
    const { Pool } = (await import("pg")).default;
    return { reads: this.#pool(Pool, this.#options.connections - SET_ASIDE), writes: this.#pool(Pool, SET_ASIDE) };
  }

  async #connected(): Promise<Pools> {
    return await (this.#pools ??= this.#connect());
  }

  #pool(Pool: typeof pg.Pool, max: number): pg.Pool {
    const { url, silentAfterMs } = this.#options;
    const pool = new Pool({
      connectionString: url,
      max,
      application_name: "verbatim",
      keepAlive: true,
      connectionTimeoutMillis: silentAfterMs,
      query_timeout: silentAfterMs,
      statement_timeout: silentAfterMs,
      lock_timeout: silentAfterMs,
      idle_in_transaction_session_timeout: silentAfterMs,
    });
    // Whoever asks is told; without a listener the process would end.
    pool.on("error", () => undefined);
    pool.on("connect", (client) => this.#server.watch(client));
    return pool;
  }

  /** Reads. @throws {Fault} STORE_UNAVAILABLE if the server does not answer. */
  async read<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<readonly Row[]> {
    try {
      const { reads } = await this.#connected();
      return await this.#query<Row>(reads, text, values.map(withoutNul));
    } catch (error) {
      throw isPassing(error) ? unavailable(error) : error;
    }
  }

  /** One try at a statement that writes. @throws what the server or the connection says. */
  async write<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<readonly Row[]> {
    const { writes } = await this.#connected();
    return await this.#query<Row>(writes, text, values);
  }

  /** On a server whose word holds. A connection on which something failed is not used again. */
  async #query<Row extends pg.QueryResultRow>(pool: pg.Pool, text: string, values: unknown[]): Promise<readonly Row[]> {
    const client = await pool.connect();
    let failed = true;
    try {
      await this.#server.confirm(client);
      const { rows } = await client.query<Row>(text, values);
      this.#server.requireConfirmed(client);
      failed = false;
      return rows;
    } finally {
      client.release(failed);
    }
  }

  /**
   * A statement that may be carried out more than once, until there is an answer to one of them: of one whose answer was lost
   * nobody knows whether it was carried out. @throws what the server says of it, or why there was no answer for so long.
   */
  async persist<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<readonly Row[]> {
    const { clock, patienceMs } = this.#options;
    const untilMs = clock.monotonicMs() + patienceMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        const rows = await this.write<Row>(text, values);
        this.#tell(undefined);
        return rows;
      } catch (error) {
        if (!isPassing(error) || this.#closing.signal.aborted || clock.monotonicMs() > untilMs) throw error;
        this.#tell(textOf(error));
      }
      await this.#pause(pauseMs);
    }
  }

  #tell(why: string | undefined): void {
    if ((why === undefined) === (this.#unavailable === undefined)) return;
    this.#unavailable = why;
    this.#options.onUnavailable?.(why);
  }

  async #pause(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const disarm = this.#options.clock.after(milliseconds, resolve);
    const onAbort = (): void => resolve();
    this.#closing.signal.addEventListener("abort", onAbort);
    await promise;
    disarm();
    this.#closing.signal.removeEventListener("abort", onAbort);
  }

  /** Does `act` in one transaction; a connection on which something failed is not used again. */
  async transaction<T>(act: (on: Statements) => Promise<T>): Promise<T> {
    const { writes } = await this.#connected();
    const client = await writes.connect();
    let failed = true;
    try {
      await client.query("BEGIN ISOLATION LEVEL READ COMMITTED");
      const answer = await act(client);
      await client.query("COMMIT");
      failed = false;
      return answer;
    } finally {
      client.release(failed);
    }
  }

  /** A connection to listen on; whoever takes it gives it back with `release(true)`. */
  async listener(): Promise<pg.PoolClient> {
    const { writes } = await this.#connected();
    return await writes.connect();
  }

  /** From now on nothing is tried again. */
  giveUp(): void {
    this.#closing.abort();
  }

  async close(): Promise<void> {
    this.giveUp();
    const pools = await this.#pools;
    await Promise.all([pools?.reads.end(), pools?.writes.end()]);
  }
}

/** PostgreSQL has no NUL in a text, so nothing is named by one that has. */
function withoutNul(value: unknown): unknown {
  return typeof value === "string" && value.includes("\0") ? "" : value;
}

/** Whether the same statement may succeed a moment later. What has no code of PostgreSQL comes from the connection. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof Fault || error instanceof TypeError) return false;
  const code = "code" in error ? String(error.code) : "";
  return !/^[0-9A-Z]{5}$/.test(code) || PASSING.test(code) || /^E[A-Z]{4}$/.test(code);
}

/** The fault for a server that does not answer. */
export function unavailable(cause: unknown): Fault {
  const text = `The evidence store does not answer: ${textOf(cause)}. Whatever was told is kept; ask again when the PostgreSQL server is back.`;
  return new Fault("STORE_UNAVAILABLE", text, { cause });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
