import type { CallBox } from "../call-box.ts";
import type { PostgresCallBoxOptions } from "./postgres.ts";

/** A box in PostgreSQL, which many processes share. It connects and makes its table when it is first used. Its package is loaded by those who use it. */
export async function openPostgresCallBox(options: PostgresCallBoxOptions): Promise<CallBox> {
  const { PostgresCallBox } = await import("./postgres.ts");
  return new PostgresCallBox(options);
}
