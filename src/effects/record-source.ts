import type { EntityRecord, FieldType } from "#model";

/** Which records are asked for: those of a table whose column holds one of some values. */
export interface RecordQuery {
  /** A table, or `schema.table`; exactly as the database has it. */
  readonly table: string;
  /** Columns that are read, and what each holds. */
  readonly fields: ReadonlyMap<string, FieldType>;
  /** One of `fields`, int or string. */
  readonly column: string;
}

/** What a query is asked with. */
export interface ReadRecordsOptions {
  /** Each once, none of them null; at most 10,000. A whole number that a JavaScript number cannot hold is a text of its digits. */
  readonly values: readonly (string | number)[];
  readonly maxRecords: number;
  readonly signal: AbortSignal;
}

/**
 * Port: reads records of an application's database, and can do nothing else with it.
 *
 * Values are parameters of a statement, never part of its text. What a record holds is JSON without loss: whole numbers outside of ±(2⁵³ - 1)
 * and decimals that a double cannot hold are texts of their digits, in columns of JSON too; a timestamp is a text as of RFC 3339 in UTC with
 * the fraction that it has.
 */
export interface RecordSource {
  /**
   * The records, in no particular order, each with all fields of the query. No values give no records, and the database is not asked.
   * @throws {Fault} SOURCE_UNAVAILABLE if the database is away or refuses, and after `close`; DEADLINE_PASSED if it answers, and has ended a
   * statement that took too long; NOT_CONFIGURED if there is no
   * such table or column, or a value is not what its field was declared to be; LIMIT_EXCEEDED if there are more than `maxRecords`;
   * CANCELLED if the signal aborts.
   */
  readRecords(query: RecordQuery, options: ReadRecordsOptions): Promise<readonly EntityRecord[]>;

  /** Ends its connections. Safe to call twice. */
  close(): Promise<void>;
}
