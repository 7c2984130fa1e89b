import { quotedName } from "../record-sources/select-text.ts";
import type { SqlDialect } from "../record-sources/select-text.ts";
import type { WriteColumn, WriteTarget } from "../record-writer.ts";

/** The statements of one record. */
export interface InsertTexts {
  /** Adds it; parameters are the columns' values in their order, and the idempotency key as the last. It gives its key, or no row if there is one. */
  readonly insert: string;
  /** The key of the record that has the idempotency key, its one parameter. */
  readonly find: string;
}

/** Texts that depend on names alone, each of them quoted. Without a unique constraint on the idempotency column the database refuses them. */
export function insertTexts(
  { table, key, idempotencyColumn }: WriteTarget,
  { columns, dialect }: { readonly columns: readonly WriteColumn[]; readonly dialect: SqlDialect },
): InsertTexts {
  const into = table.split(".").map(quotedName).join(".");
  const own = quotedName(idempotencyColumn);
  const names = [...columns.map(({ name }) => quotedName(name)), own];
  const mark = (place: number): string => `${dialect === "sqlite" ? "?" : "$"}${place}`;
  const values = names.map((_, index) => mark(index + 1)).join(", ");
  return {
    insert: `INSERT INTO ${into} (${names.join(", ")}) VALUES (${values}) ON CONFLICT (${own}) DO NOTHING RETURNING ${quotedName(key)}`,
    find: `SELECT ${quotedName(key)} FROM ${into} WHERE ${own} = ${mark(1)}`,
  };
}
