import pg from "pg";

/** What is inserted, and for how long. */
export interface FloorOptions {
  /** The lines of one step. */
  readonly lines: readonly string[];
  /** Steps that go into one statement, which is one commit. */
  readonly perCommit: number;
  readonly milliseconds: number;
}

/**
 * Steps a second that PostgreSQL makes durable with nothing around it: one connection, one prepared INSERT after the other into a table
 * with a primary key, for each step its lines, as long as ours.
 */
export async function postgresFloor(url: string, { lines, perCommit, milliseconds }: FloorOptions): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const table = `floor_${process.hrtime.bigint()}`;
  await client.query(`CREATE TABLE ${table} (run_no bigint, seq int, line text, PRIMARY KEY (run_no, seq))`);
  const text = `INSERT INTO ${table} SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[])`;
  const [runs, places]: [number[], number[]] = [[], []];
  for (let run = 0; run < perCommit; run += 1) {
    for (const place of lines.keys()) {
      runs.push(run);
      places.push(place);
    }
  }
  const all = Array.from({ length: perCommit }, () => lines).flat();
  let steps = 0;
  const start = performance.now();
  for (let round = 0; performance.now() - start < milliseconds; round += 1) {
    const seqs = places.map((place) => round * lines.length + place);
    await client.query({ name: "floor", text, values: [runs, seqs, all] });
    steps += perCommit;
  }
  const rate = (steps * 1000) / (performance.now() - start);
  await client.query(`DROP TABLE ${table}`);
  await client.end();
  return rate;
}
