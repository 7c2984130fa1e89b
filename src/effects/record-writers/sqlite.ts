import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type { Clock, Json } from "#model";
import { columnJson } from "../record-sources/column-json.ts";
import type { ColumnValue } from "../record-sources/column-json.ts";
import type { RecordWriter, WriteColumn, WriteTarget, Written } from "../record-writer.ts";
import { insertTexts } from "./insert-text.ts";

/** How records are added to an application's SQLite file. */
export interface SqliteWriterOptions {
  /** It has to be there: none is ever made. */
  readonly file: string;
  readonly clock: Clock;
  /** Waits so long for another writer, in milliseconds. Default: 5000. */
  readonly busyMs?: number;
}

const BUSY_MS = 5000;
const PAUSE_MS = 20;
/** SQLite's codes. */
const [BUSY, LOCKED, CONSTRAINT, MISMATCH, TOO_BIG] = [5, 6, 19, 20, 18];
/** A statement that does not fit the tables, no right, a file that is read-only or no database. */
const FOR_GOOD: ReadonlySet<number> = new Set([1, 3, 8, 11, 23, 25, 26]);
const PRIMARY_CODE = 0xff;

/** Adds records to a SQLite file. Another writer is waited for without holding this process up. */
export function createSqliteWriter({ file, clock, busyMs = BUSY_MS }: SqliteWriterOptions): RecordWriter {
  let database: DatabaseSync | undefined;
  let closed = false;
  const tryOnce = (target: WriteTarget, columns: readonly WriteColumn[], idempotencyKey: string): Written => {
    database ??= openExisting(file);
    return write(database, { target, columns, idempotencyKey });
  };
  return {
    async createRecord(target, columns, { idempotencyKey, signal }) {
      const giveUpAtMs = clock.monotonicMs() + busyMs;
      for (;;) {
        if (signal.aborted) return { kind: "stopped" };
        if (closed) return { kind: "refused", problem: "the database is closed", errorClass: "transient_io" };
        try {
          return tryOnce(target, columns, idempotencyKey);
        } catch (error) {
          const code = codeOf(error);
          const isBusy = code === BUSY || code === LOCKED;
          if (!isBusy || clock.monotonicMs() >= giveUpAtMs) return refusal(error, code);
        }
        await new Promise<void>((resolve) => {
          clock.after(PAUSE_MS, resolve);
        });
      }
    },
    async close() {
      closed = true;
      database?.close();
      database = undefined;
    },
  };
}

function openExisting(file: string): DatabaseSync {
  const url = pathToFileURL(file);
  url.searchParams.set("mode", "rw"); // not made where there is none
  return new DatabaseSync(url, { timeout: 0 });
}

interface Record {
  readonly target: WriteTarget;
  readonly columns: readonly WriteColumn[];
  readonly idempotencyKey: string;
}

function write(database: DatabaseSync, { target, columns, idempotencyKey }: Record): Written {
  const { insert, find } = insertTexts(target, { columns, dialect: "sqlite" });
  const added = keyOf(database, { text: insert, values: [...columns.map(bound), idempotencyKey] });
  if (added !== undefined) return { kind: "created", key: added };
  const known = keyOf(database, { text: find, values: [idempotencyKey] });
  if (known !== undefined) return { kind: "known", key: known };
  return {
    kind: "refused",
    problem: "the record with the idempotency key was removed meanwhile",
    errorClass: "transient_io",
  };
}

type Bound = string | number | bigint | null;

function keyOf(
  database: DatabaseSync,
  { text, values }: { readonly text: string; readonly values: readonly Bound[] },
): Json | undefined {
  const statement = database.prepare(text);
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  const [row] = statement.all(...values) as unknown as readonly (readonly (ColumnValue | null)[])[]; // arrays, as was asked for
  if (row === undefined) return undefined;
  const [key = null] = row;
  const type = typeof key === "bigint" ? "int" : "string";
  return columnJson(key, { table: "the table", name: "its key", type });
}

function bound({ type, value }: WriteColumn): Bound {
  if (value === null) return null;
  if (type === "json") return JSON.stringify(value);
  if (typeof value === "boolean") return value ? 1 : 0;
  if (type === "int") return BigInt(value as string | number); // as was checked
  return value as string | number; // of the other types
}

function codeOf(error: unknown): number {
  const { errcode } = error as { readonly errcode?: number }; // what node:sqlite throws; it may be missing
  return (errcode ?? 0) & PRIMARY_CODE;
}

function refusal(error: unknown, code: number): Written {
  const problem = error instanceof Error ? error.message : String(error);
  if (code === CONSTRAINT || code === MISMATCH || code === TOO_BIG)
    return { kind: "refused", problem, errorClass: "validation_failed" };
  return { kind: "refused", problem, errorClass: FOR_GOOD.has(code) ? "permanent" : "transient_io" };
}
