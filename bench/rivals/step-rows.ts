import type pg from "pg";

/** Makes a table for what steps came to, as somebody would whose queue keeps nothing of a step. Gives its name. */
export async function makeStepTable(pool: pg.Pool, name: string): Promise<string> {
  await pool.query(`CREATE TABLE IF NOT EXISTS ${name} (job text, step int, output jsonb, PRIMARY KEY (job, step))`);
  await pool.query(`TRUNCATE ${name}`);
  return name;
}

/** Adds one row, which is one commit. */
export async function addStepRow(
  on: Pick<pg.Pool | pg.PoolClient, "query">,
  table: string,
  { job, step }: { readonly job: string; readonly step: number },
): Promise<void> {
  const text = `INSERT INTO ${table} VALUES ($1, $2, $3)`;
  await on.query({ name: "add_step", text, values: [job, step, JSON.stringify({ done: step })] });
}
