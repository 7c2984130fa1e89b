import { SchemaOwner } from "../../support/evidence-schema.ts";

/** The lines of every log that a PostgreSQL server has in the schema that is the default. */
export async function storedLogs(url: string): Promise<ReadonlyMap<string, readonly string[]>> {
  await using owner = new SchemaOwner(url, "verbatim_evidence");
  const rows = await owner.ask<{ run_id: string; line: string }>(
    "SELECT run_id, line FROM $.records JOIN $.runs USING (run_no) ORDER BY run_no, seq",
  );
  const logs = Map.groupBy(rows, ({ run_id: runId }) => runId);
  return new Map([...logs].map(([runId, lines]) => [runId, lines.map(({ line }) => line)]));
}
