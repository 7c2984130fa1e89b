import { randomUUID } from "node:crypto";
import type { WorkerRoster } from "#queue";
import { openPostgresRoster } from "#queue";
import { assert } from "#model";
import { addressOf } from "../database-address.ts";
import type { LoadedConfiguration } from "../load-configuration.ts";
import { systemClock } from "../system-clock.ts";

/**
 * The list of the workers of a store, on the server that the store is on. It connects when it is first used.
 * @throws {Fault} INVALID_CONFIGURATION
 */
export async function openWorkerRoster({ base, postgres }: LoadedConfiguration): Promise<WorkerRoster> {
  assert(postgres !== undefined, "the configuration was checked");
  const url = addressOf(postgres.url, { field: "postgres.url", base });
  return await openPostgresRoster({ url, store: postgres.schema, session: randomUUID(), clock: systemClock });
}
