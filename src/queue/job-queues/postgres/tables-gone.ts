/** What PostgreSQL says of a table, and of a schema, that is not there. */
const GONE = new Set<unknown>(["42P01", "3F000"]);

/** The database is another one than that in which the tables were made. */
export class TablesGone extends Error {
  override readonly name = "TablesGone";
}

/** Whether the tables have to be made again. */
export function areTablesGone(error: unknown): boolean {
  return error instanceof TablesGone || (error instanceof Error && "code" in error && GONE.has(error.code));
}
