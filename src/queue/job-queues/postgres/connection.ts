import pg from "pg";
import type { PoolClient } from "pg";
import { PgBoss } from "pg-boss";

/** Where the queue is, and its times. */
export interface PostgresPlace {
  /** `postgres://`, with user, password and database. */
  readonly url: string;
  /** Name of the queue. */
  readonly queue: string;
  /** Name of the schema with pg-boss's tables, which is made if it is not there. */
  readonly schema: string;
  /** Connections at most. */
  readonly connections: number;
  readonly unavailableAfterMs: number;
}

/** What pg-boss runs its statements on. */
export type Statements = Pick<pg.Pool | PoolClient, "query">;

/** pg-boss over connections of ours, which come again by themselves. */
export interface PostgresParts {
  readonly pool: pg.Pool;
  readonly boss: PgBoss;
  /** Resolves when the tables are there. */
  readonly started: Promise<void>;
}

/** Longer than an entry may have to wait; pg-boss deletes nothing of ours, for its upkeep does not run. */
const KEPT_SECONDS = 10 * 365 * 24 * 60 * 60;
const MOST_RETRIES = 2 ** 31 - 1;

/** Begins to connect; whoever waits for `started` is told how it went. */
export function connectPostgres(place: PostgresPlace): PostgresParts {
  const { url, queue, schema, connections, unavailableAfterMs } = place;
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    application_name: "verbatim",
    keepAlive: true,
    connectionTimeoutMillis: unavailableAfterMs,
    query_timeout: unavailableAfterMs,
    statement_timeout: unavailableAfterMs,
    lock_timeout: unavailableAfterMs,
    idle_in_transaction_session_timeout: unavailableAfterMs,
  });
  const boss = new PgBoss({ db: runsOn(pool), schema, supervise: false, schedule: false });
  // Whoever calls is told; without a listener the process would end.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined)); // the pool listens only while nobody uses it
  boss.on("error", () => undefined);
  const start = async (): Promise<void> => {
    await boss.start();
    await boss.createQueue(queue, {
      policy: "exclusive", // of one key no more than one is due, delayed or taken
      retryLimit: MOST_RETRIES,
      retentionSeconds: KEPT_SECONDS,
    });
  };
  const started = start();
  started.catch(() => undefined); // see above
  return { pool, boss, started };
}

/** The form in which pg-boss asks for statements. */
export function runsOn(on: Statements): {
  executeSql: (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }>;
} {
  return { executeSql: async (text, values) => await on.query(text, values) };
}

/** Does `act` in one transaction; a connection on which something failed is not used again. */
export async function inTransaction<T>(pool: pg.Pool, act: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let failed = true;
  try {
    await client.query("BEGIN");
    const answer = await act(client);
    await client.query("COMMIT");
    failed = false;
    return answer;
  } finally {
    client.release(failed);
  }
}

/** Ends the connections, whether or not somebody answers. */
export async function disconnectPostgres({ pool, boss }: PostgresParts): Promise<void> {
  await boss.stop({ graceful: false, close: false }).catch(() => undefined);
  await pool.end();
}
