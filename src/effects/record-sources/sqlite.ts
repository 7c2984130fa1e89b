import { DatabaseSync } from "node:sqlite";
import type { EntityRecord, FieldType } from "#model";
import { Fault } from "#model";
import type { ReadRecordsOptions, RecordQuery, RecordSource } from "../record-source.ts";
import type { ColumnValue } from "./column-json.ts";
import { recordsOf, refuseAborted } from "./read-check.ts";
import { selectText } from "./select-text.ts";

/** How an application's SQLite file is read. */
export interface SqliteSourceOptions {
  readonly file: string;
  /** Waits so long for a writer, in milliseconds. Default: 1000. */
  readonly busyMs?: number;
}

const BUSY_MS = 1000;
/** SQLite's code for a statement that does not fit the tables. */
const SQLITE_ERROR = 1;

/** Reads an application's SQLite file, which is opened for reading only. The file may come later: it is opened when it is needed. */
export function createSqliteSource({ file, busyMs = BUSY_MS }: SqliteSourceOptions): RecordSource {
  let database: DatabaseSync | undefined;
  let closed = false;
  const read = (query: RecordQuery, { values, maxRecords }: ReadRecordsOptions): readonly EntityRecord[] => {
    database ??= new DatabaseSync(file, { readOnly: true, timeout: busyMs });
    const statement = database.prepare(selectText(query, "sqlite"));
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    const rows = statement.all(jsonList(values, query.fields.get(query.column)), maxRecords + 1);
    return recordsOf(rows as unknown as readonly (readonly (ColumnValue | null)[])[], query, { maxRecords }); // arrays, as was asked for
  };
  return {
    async readRecords(query, options) {
      refuseAborted(options.signal);
      if (closed) throw unavailable("it is closed");
      if (options.values.length === 0) return [];
      try {
        return read(query, options);
      } catch (error) {
        throw error instanceof Fault ? error : sourceFault(error);
      }
    },
    async close() {
      closed = true;
      database?.close();
      database = undefined;
    },
  };
}

/** Digits of a whole number that JSON's readers would round are written as they are: SQLite's keeps 64 bits. */
function jsonList(values: readonly (string | number)[], type: FieldType | undefined): string {
  const items = values.map((value) =>
    type === "int" && typeof value === "string" && /^-?\d{1,19}$/.test(value) ? value : JSON.stringify(value),
  );
  return `[${items.join(",")}]`;
}

function sourceFault(cause: unknown): Fault {
  const { errcode, message } = cause as { readonly errcode?: number; readonly message?: string }; // what node:sqlite throws; both may be missing
  if (errcode === SQLITE_ERROR)
    return new Fault("NOT_CONFIGURED", `The database does not fit the file of hooks: ${message ?? "no reason"}.`, {
      cause,
    });
  return unavailable(message ?? String(cause), cause);
}

function unavailable(why: string, cause?: unknown): Fault {
  return new Fault("SOURCE_UNAVAILABLE", `The database of records cannot be read: ${why}.`, { cause });
}
