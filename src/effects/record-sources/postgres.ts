import type { Pool, PoolClient } from "pg";
import type { EntityRecord } from "#model";
import { Fault } from "#model";
import type { ReadRecordsOptions, RecordQuery, RecordSource } from "../record-source.ts";
import { cancelled, recordsOf, refuseAborted } from "./read-check.ts";
import { selectText } from "./select-text.ts";

/** How an application's PostgreSQL database is read. */
export interface PostgresSourceOptions {
  /** `postgresql://user:password@host/database`. Never told in a message. */
  readonly connectionString: string;
  /** Connections at a time. Default: 2. */
  readonly connections?: number;
  /** Limit on connecting, in milliseconds. Default: 5000. */
  readonly connectMs?: number;
  /** Limit on a statement, in milliseconds: the database ends it. Default: 10,000. */
  readonly statementMs?: number;
}

const CONNECTIONS = 2;
const CONNECT_MS = 5000;
const STATEMENT_MS = 10_000;
const IDLE_MS = 30_000;
/** So much longer than the database the client waits, in milliseconds, before it takes the connection for dead. */
const GRACE_MS = 1000;
/** PostgreSQL's code for a statement that was ended. */
const OUT_OF_TIME = "57014";
/** Nothing can be written, and times are told in one way. */
const SETTINGS = "-c default_transaction_read_only=on -c TimeZone=UTC -c DateStyle=ISO -c client_encoding=UTF8";

/** Reads an application's PostgreSQL database with a few connections, which are made when they are needed and may only read. */
export function createPostgresSource(options: PostgresSourceOptions): RecordSource {
  let pool: Promise<Pool> | undefined;
  let closed = false;
  return {
    async readRecords(query, reading) {
      refuseAborted(reading.signal);
      if (closed) throw unavailable("it is closed");
      if (reading.values.length === 0) return [];
      pool ??= openPool(options);
      return await read(await pool, query, reading);
    },
    async close() {
      if (closed) return;
      closed = true;
      await (await pool)?.end();
    },
  };
}

function ignore(): void {
  // what has broken is left out, and the next reading makes another connection
}

/** The driver is loaded only now. */
async function openPool(options: PostgresSourceOptions): Promise<Pool> {
  const { default: pg } = await import("pg");
  const statementMs = options.statementMs ?? STATEMENT_MS;
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.connections ?? CONNECTIONS,
    connectionTimeoutMillis: options.connectMs ?? CONNECT_MS,
    statement_timeout: statementMs,
    query_timeout: statementMs + GRACE_MS,
    idleTimeoutMillis: IDLE_MS,
    application_name: "verbatim",
    options: SETTINGS,
    allowExitOnIdle: true,
  });
  pool.on("error", ignore);
  return pool;
}

async function read(pool: Pool, query: RecordQuery, reading: ReadRecordsOptions): Promise<readonly EntityRecord[]> {
  const { signal, maxRecords } = reading;
  const connecting = pool.connect();
  const client = await unlessAborted(connecting, signal).catch((error: unknown) => {
    void connecting.then((late) => late.release(), ignore);
    throw error instanceof Fault ? error : sourceFault(error);
  });
  client.on("error", ignore); // told by the statement too; without a listener it would end the process
  let broken = true;
  try {
    const rows = await unlessAborted(rowsOf(client, query, reading), signal);
    broken = false;
    return recordsOf(rows, query, { maxRecords });
  } catch (error) {
    if (isMisfit(error)) broken = false;
    throw error instanceof Fault ? error : sourceFault(error);
  } finally {
    client.off("error", ignore);
    client.release(broken); // one that may still be busy with what was given up is ended
  }
}

/** Rows as the database writes them: no value is made a number or a date on the way. */
async function rowsOf(
  client: PoolClient,
  query: RecordQuery,
  { values, maxRecords }: ReadRecordsOptions,
): Promise<readonly (readonly (string | null)[])[]> {
  const { rows } = await client.query<(string | null)[]>({
    text: selectText(query, "postgres"),
    values: [values.map(String), maxRecords + 1],
    rowMode: "array",
    types: { getTypeParser: () => (value: string) => value },
  });
  return rows;
}

async function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(cancelled());
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  work.catch(ignore); // told below, or of no interest any more
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Classes 22, 3F and 42: a value or a name does not fit the tables. 42501 is a missing right, which can be given at any time. */
function isMisfit(error: unknown): boolean {
  const code = codeOf(error);
  return /^(?:22|3F|42)[0-9A-Z]{3}$/.test(code) && code !== "42501";
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function sourceFault(cause: unknown): Fault {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (isMisfit(cause))
    return new Fault("NOT_CONFIGURED", `The database does not fit the file of hooks: ${message}.`, { cause });
  if (codeOf(cause) === OUT_OF_TIME)
    return new Fault("DEADLINE_PASSED", `The database has ended a statement that took too long: ${message}.`, {
      cause,
    });
  return unavailable(message, cause);
}

function unavailable(why: string, cause?: unknown): Fault {
  return new Fault("SOURCE_UNAVAILABLE", `The database of records cannot be read: ${why}.`, { cause });
}
