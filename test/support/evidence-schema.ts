import { basename } from "node:path";
import pg from "pg";

/** The schema that the tests use for the store of a state directory. */
export function schemaOf(directory: string): string {
  return `v_${Buffer.from(basename(directory)).toString("hex").slice(-40)}`;
}

/** Does statements as the owner of the tables would. */
export async function asOwner<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Row>(text, values);
    return rows;
  } finally {
    await client.end();
  }
}

/** The same with no trigger that denies a change. */
export async function undenied(url: string, tables: readonly string[], text: string): Promise<void> {
  const switched = (to: string): string =>
    tables.map((table) => `ALTER TABLE ${table} ${to} TRIGGER deny_change;`).join("\n");
  await asOwner(url, `BEGIN; ${switched("DISABLE")} ${text}; ${switched("ENABLE ALWAYS")} COMMIT;`);
}
