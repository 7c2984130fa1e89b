import pg from "pg";
import type { Clock } from "#model";

/** Where the box is. */
export interface CallPlace {
  /** `postgres://`, with user, password and database. */
  readonly url: string;
  /** Name of the schema with the table, which is made if it is not there; also that of the channel. */
  readonly schema: string;
  readonly clock: Clock;
  readonly unavailableAfterMs: number;
}

/** Of which one listens. */
const CONNECTIONS = 3;
const LISTEN_AGAIN_MS = 500;

/** Few connections to one server, which come again by themselves, and the news that are told on one of them. */
export class CallConnections {
  readonly #place: CallPlace;
  readonly #pool: pg.Pool;
  readonly #onNews: (payload: string) => void;
  #ready: Promise<void> | undefined;
  #listener: pg.PoolClient | undefined;
  #disarm: (() => void) | undefined;
  #listening: Promise<void> | undefined;
  #closed = false;

  /** @param onNews told of each notification; must not throw. */
  constructor(place: CallPlace, onNews: (payload: string) => void) {
    this.#place = place;
    this.#onNews = onNews;
    const { url, unavailableAfterMs } = place;
    this.#pool = new pg.Pool({
      connectionString: url,
      max: CONNECTIONS,
      application_name: "verbatim",
      keepAlive: true,
      connectionTimeoutMillis: unavailableAfterMs,
      query_timeout: unavailableAfterMs,
      statement_timeout: unavailableAfterMs,
      lock_timeout: unavailableAfterMs,
      idle_in_transaction_session_timeout: unavailableAfterMs,
    });
    // Whoever asks is told; without a listener the process would end.
    this.#pool.on("error", () => undefined);
    this.#pool.on("connect", (client) => client.on("error", () => undefined));
  }

  /** One statement; `$.` stands for the schema. @throws what the server or the connection says. */
  async query<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<readonly Row[]> {
    await this.ready();
    const { rows } = await this.#pool.query<Row>(text.replaceAll("$.", `${this.#place.schema}.`), values);
    return rows;
  }

  /** Resolves when the table is there; then it is also listened. */
  async ready(): Promise<void> {
    this.#ready ??= this.#start();
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
  }

  async #start(): Promise<void> {
    const { schema } = this.#place;
    const client = await this.#pool.connect();
    let failed = true;
    try {
      await client.query("BEGIN");
      await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`verbatim calls ${schema}`]);
      const { rows } = await client.query<{ there: boolean }>("SELECT to_regclass($1) IS NOT NULL AS there", [
        `${schema}.calls_1`,
      ]);
      if (rows[0]?.there !== true) {
        await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
        await client.query(TABLE.replaceAll("$.", `${schema}.`));
      }
      await client.query("COMMIT");
      failed = false;
    } finally {
      client.release(failed);
    }
    this.#listening ??= this.#listen();
    await this.#listening;
  }

  async #listen(): Promise<void> {
    if (this.#closed) return;
    try {
      const client = await this.#pool.connect();
      this.#listener = client;
      client.on("notification", ({ payload = "" }) => this.#onNews(payload));
      client.once("end", () => this.#listenAgain(client));
      await client.query(`LISTEN ${this.#place.schema}`);
    } catch {
      this.#listenAgain(this.#listener); // until then it is looked for
    }
  }

  #listenAgain(client: pg.PoolClient | undefined): void {
    if (this.#closed || client !== this.#listener) return;
    this.#listener = undefined;
    client?.release(true);
    this.#disarm = this.#place.clock.after(LISTEN_AGAIN_MS, () => {
      this.#listening = this.#listen();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#disarm?.();
    await this.#ready?.catch(() => undefined);
    await this.#listening;
    this.#listener?.release(true);
    this.#listener = undefined;
    await this.#pool.end();
  }
}

/** Calls live for minutes: another form of them would be another table. */
const TABLE = `
  CREATE TABLE $.calls_1 (
    call_id uuid PRIMARY KEY,
    run_id text COLLATE "C" NOT NULL,
    verb text COLLATE "C" NOT NULL,
    given text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    taken_by text COLLATE "C",
    heard_at timestamptz,
    answer text,
    CHECK (answer IS NULL OR taken_by IS NOT NULL)
  );
  CREATE INDEX calls_1_open ON $.calls_1 (asked_at) WHERE taken_by IS NULL;
`;
