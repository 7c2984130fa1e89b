import type { WorkerRoster } from "../worker-roster.ts";
import type { PostgresRosterOptions } from "./postgres.ts";

// Its package is loaded by those who use it: nobody else waits for that.

/** The list of workers in PostgreSQL. It connects, and makes its table, when it is first used. */
export async function openPostgresRoster(options: PostgresRosterOptions): Promise<WorkerRoster> {
  const { PostgresRoster } = await import("./postgres.ts");
  return new PostgresRoster(options);
}
