import type { Pool, PoolClient } from "pg";
import type { Json } from "#model";
import type { RecordWriter, WriteColumn, WriteOptions, WriteTarget, Written } from "../record-writer.ts";
import { insertTexts } from "./insert-text.ts";

/** How records are added to an application's PostgreSQL database. */
export interface PostgresWriterOptions {
  /** `postgresql://user:password@host/database`. Never told in a message. */
  readonly connectionString: string;
  /** Limit on connecting, in milliseconds. Default: 5000. */
  readonly connectMs?: number;
  /** Limit on a statement, in milliseconds: the database ends it. Default: 10,000. */
  readonly statementMs?: number;
}

const CONNECTIONS = 4;
const CONNECT_MS = 5000;
const STATEMENT_MS = 10_000;
const IDLE_MS = 30_000;
/** So much longer than the database the client waits, in milliseconds, before it takes the connection for dead. */
const GRACE_MS = 1000;
const SETTINGS = "-c TimeZone=UTC -c DateStyle=ISO -c client_encoding=UTF8";

/** Adds records to a PostgreSQL database with a few connections, which are made when they are needed. */
export function createPostgresWriter(options: PostgresWriterOptions): RecordWriter {
  let pool: Promise<Pool> | undefined;
  let closed = false;
  return {
    async createRecord(target, columns, writing) {
      if (writing.signal.aborted) return { kind: "stopped" };
      if (closed) return { kind: "refused", problem: "the database is closed", errorClass: "transient_io" };
      try {
        pool ??= openPool(options);
        return await unlessStopped(await pool, { target, columns, writing });
      } catch (error) {
        return refusal(error);
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      await (await pool)?.end();
    },
  };
}

function ignore(): void {
  // what has broken is left out, and the next record makes another connection
}

/** The driver is loaded only now. */
async function openPool(options: PostgresWriterOptions): Promise<Pool> {
  const { default: pg } = await import("pg");
  const statementMs = options.statementMs ?? STATEMENT_MS;
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: CONNECTIONS,
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

interface Record {
  readonly target: WriteTarget;
  readonly columns: readonly WriteColumn[];
  readonly writing: WriteOptions;
}

/** Ends the connection when it is told to stop: what the database does with the statement then is known by the idempotency key alone. */
async function unlessStopped(pool: Pool, record: Record): Promise<Written> {
  const { signal } = record.writing;
  const { promise: stopped, resolve } = Promise.withResolvers<Written>();
  const stop = (): void => resolve({ kind: "stopped" });
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop(); // while the pool was made
  const connecting = pool.connect();
  let client: PoolClient | undefined;
  let isSound = false;
  try {
    const connected = await Promise.race([connecting, stopped]);
    if ("kind" in connected) {
      void connecting.then((late) => late.release(), ignore);
      return connected;
    }
    client = connected;
    client.on("error", ignore); // told by the statement too; without a listener it would end the process
    const working = write(client, record);
    working.catch(ignore); // told below, or of no interest any more
    const written = await Promise.race([working, stopped]);
    isSound = written.kind !== "stopped";
    return written;
  } catch (error) {
    isSound = /^(?:2[23]|3F|42)/.test(sqlState(error));
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    if (isSound) client?.off("error", ignore); // of one that is ended nobody asks any more
    client?.release(!isSound);
  }
}

async function write(client: PoolClient, { target, columns, writing: { idempotencyKey } }: Record): Promise<Written> {
  const { insert, find } = insertTexts(target, { columns, dialect: "postgres" });
  const added = await keyOf(client, { text: insert, values: [...columns.map(bound), idempotencyKey] });
  if (added !== undefined) return { kind: "created", key: added };
  const known = await keyOf(client, { text: find, values: [idempotencyKey] });
  if (known !== undefined) return { kind: "known", key: known };
  return {
    kind: "refused",
    problem: "the record with the idempotency key was removed meanwhile",
    errorClass: "transient_io",
  };
}

/** A whole number that JavaScript can hold is one; anything else is the text that the database writes. */
function keyParser(type: number): (value: string) => string | number {
  return (value) => (INTEGERS.has(type) && Number.isSafeInteger(Number(value)) ? Number(value) : value);
}

async function keyOf(
  client: PoolClient,
  { text, values }: { readonly text: string; readonly values: readonly (string | null)[] },
): Promise<Json | undefined> {
  const types = { getTypeParser: keyParser };
  const { rows } = await client.query<(string | number | null)[]>({
    text,
    values: [...values],
    rowMode: "array",
    types,
  });
  const [row] = rows;
  return row === undefined ? undefined : (row[0] ?? null);
}

/** Numbers that PostgreSQL has for bigint, smallint and integer. */
const INTEGERS: ReadonlySet<number> = new Set([20, 21, 23]);

/** Every value goes as a text, which the database reads as the column's type. */
function bound({ type, value }: WriteColumn): string | null {
  if (value === null) return null;
  return type === "json" || typeof value === "object" ? JSON.stringify(value) : String(value);
}

function sqlState(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^[0-9A-Z]{5}$/.test(code) ? code : "";
}

/** Classes 22 and 23: a value does not fit, or breaks a constraint. 28, 3D, 3F, 42: a right, a database, or a name that there is not. */
function refusal(error: unknown): Written {
  const problem = error instanceof Error ? error.message : String(error);
  const state = sqlState(error);
  if (/^2[23]/.test(state)) return { kind: "refused", problem, errorClass: "validation_failed" };
  return { kind: "refused", problem, errorClass: /^(?:25|28|3D|3F|42)/.test(state) ? "permanent" : "transient_io" };
}
