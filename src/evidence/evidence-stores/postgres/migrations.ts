import { Fault } from "#model";
import { APPEND_FUNCTION } from "./append-function.ts";
import { DENIALS, HANDS, RESTS, TABLES } from "./tables.ts";
import type { Statements } from "./connections.ts";

/**
 * What made each form of the tables out of the one before, in order; form `n` is what the first `n` leave. Only ever added to. A function that
 * has been written anew stands at its last place alone, and replaces what an earlier form has left.
 */
export const MIGRATIONS: readonly string[] = [`${TABLES} ${DENIALS}`, HANDS, RESTS, APPEND_FUNCTION];

/**
 * Brings the schema to the form that this version knows, in one transaction; of several processes one does it and the others wait.
 * @throws {Fault} INVALID_CONFIGURATION if a newer version has been there.
 */
export async function migrate(on: Statements, schema: string): Promise<void> {
  await on.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`verbatim evidence ${schema}`]);
  if (!(await existsForm(on, schema))) {
    await on.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    await on.query(
      `CREATE TABLE ${schema}.forms (form integer PRIMARY KEY, since timestamptz NOT NULL DEFAULT clock_timestamp())`,
    );
  }
  const { rows } = await on.query<{ form: number }>(`SELECT coalesce(max(form), 0) AS form FROM ${schema}.forms`);
  const found = rows[0]?.form ?? 0;
  if (found > MIGRATIONS.length) throw newer(schema, found);
  for (const [place, migration] of MIGRATIONS.entries()) {
    if (place < found) continue;
    await on.query(migration.replaceAll("$.", () => `${schema}.`));
    await on.query(`INSERT INTO ${schema}.forms (form) VALUES ($1)`, [place + 1]);
  }
}

async function existsForm(on: Statements, schema: string): Promise<boolean> {
  const { rows } = await on.query<{ there: boolean }>("SELECT to_regclass($1) IS NOT NULL AS there", [
    `${schema}.forms`,
  ]);
  return rows[0]?.there === true;
}

function newer(schema: string, found: number): Fault {
  return new Fault(
    "INVALID_CONFIGURATION",
    `The schema ${schema} has form ${found}; this version knows up to ${MIGRATIONS.length}: use the newer Verbatim that made it.`,
  );
}
