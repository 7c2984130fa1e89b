import type { FieldType, Json } from "#model";

/** Where records are written: names exactly as the database has them. */
export interface WriteTarget {
  /** A table, or `schema.table`. */
  readonly table: string;
  /** Column of the primary key, which is told of each record. */
  readonly key: string;
  /** Text, under a unique constraint of its own: a record with the same value is not written again. */
  readonly idempotencyColumn: string;
}

/** One column of a new record. */
export interface WriteColumn {
  readonly name: string;
  readonly type: FieldType;
  /** Fits the type; null = NULL. */
  readonly value: Json;
}

/** What a record is written with. */
export interface WriteOptions {
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
}

/** What became of a record: its key in the database, and whether it is of now; or why there is none. */
export type Written =
  | { readonly kind: "created" | "known"; readonly key: Json }
  | {
      readonly kind: "refused";
      readonly problem: string;
      /** `validation_failed`: the record breaks a rule of the table. `permanent`: the database is not as it was declared, or does not permit it. */
      readonly errorClass: "validation_failed" | "permanent" | "transient_io";
    }
  | { readonly kind: "stopped" };

/** Port: adds records to an application's database, one statement each, and can do nothing else with it. */
export interface RecordWriter {
  /**
   * Adds a record, unless there is one with the idempotency key: then nothing is written. Values are parameters of the statement, never part of its
   * text. Never rejects.
   */
  createRecord(target: WriteTarget, columns: readonly WriteColumn[], options: WriteOptions): Promise<Written>;

  /** Ends its connections. Safe to call twice. */
  close(): Promise<void>;
}
