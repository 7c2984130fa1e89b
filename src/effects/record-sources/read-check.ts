import { Fault } from "#model";
import type { EntityRecord } from "#model";
import type { ReadRecordsOptions, RecordQuery } from "../record-source.ts";
import { columnJson } from "./column-json.ts";
import type { ColumnValue } from "./column-json.ts";

/** @throws {Fault} CANCELLED */
export function refuseAborted(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled();
}

/** The reading was given up. */
export function cancelled(): Fault {
  return new Fault("CANCELLED", "The reading of records was cancelled.");
}

/** The records of what a statement has read, which is one more than may be if there are more. @throws {Fault} LIMIT_EXCEEDED */
export function recordsOf(
  rows: readonly (readonly (ColumnValue | null)[])[],
  { table, fields }: RecordQuery,
  { maxRecords }: Pick<ReadRecordsOptions, "maxRecords">,
): readonly EntityRecord[] {
  refuseMore(rows.length, { table, maxRecords });
  const columns = [...fields].map(([name, type]) => ({ table, name, type }));
  return rows.map((row) =>
    Object.fromEntries(columns.map((column, at) => [column.name, columnJson(row[at] ?? null, column)])),
  );
}

/** @throws {Fault} LIMIT_EXCEEDED */
export function refuseMore(
  count: number,
  { table, maxRecords }: { readonly table: string; readonly maxRecords: number },
): void {
  if (count > maxRecords)
    throw new Fault("LIMIT_EXCEEDED", `More than ${maxRecords} records of ${table} were found; that is the most.`);
}
