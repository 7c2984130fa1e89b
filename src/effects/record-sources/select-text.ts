import { assert } from "#model";
import type { RecordQuery } from "../record-source.ts";

/** Databases whose SQL is spoken. */
export type SqlDialect = "sqlite" | "postgres";

/**
 * The statement of a query. Its text depends on names alone, and each of them is quoted; the first parameter is the list of values (for
 * SQLite as JSON), the second is how many records are read at most.
 */
export function selectText({ table, fields, column }: RecordQuery, dialect: SqlDialect): string {
  const columns = [...fields.keys()].map((name) => `r.${quotedName(name)}`).join(", ");
  const from = table.split(".").map(quotedName).join(".");
  const [found, most] = dialect === "sqlite" ? ["IN (SELECT value FROM json_each(?1))", "?2"] : ["= ANY($1)", "$2"];
  return `SELECT ${columns} FROM ${from} AS r WHERE r.${quotedName(column)} ${found} LIMIT ${most}`;
}

/** A name that means itself, whatever is in it. Unlike one that is not qualified, SQLite never takes it for a text. */
export function quotedName(name: string): string {
  assert(name !== "" && !name.includes("\0"), "a name of a table or column is not empty and has no NUL");
  return `"${name.replaceAll('"', '""')}"`;
}
