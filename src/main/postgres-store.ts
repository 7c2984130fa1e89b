import { randomUUID } from "node:crypto";
import { createPostgresStore } from "#evidence";
import type { EvidenceStore, LogStoreOptions } from "#evidence";
import { assert } from "#model";
import { addressOf } from "./database-address.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import { systemClock } from "./system-clock.ts";

/** The store in PostgreSQL that the configuration names. It connects at the first call. @throws {Fault} INVALID_CONFIGURATION, STATE_LOCKED */
export function openPostgresStore(
  { state, base, postgres }: LoadedConfiguration,
  { log, ...options }: LogStoreOptions & { readonly log: EventLog },
): EvidenceStore {
  assert(postgres !== undefined, "the configuration was checked");
  const place = {
    url: addressOf(postgres.url, { field: "postgres.url", base }),
    schema: postgres.schema,
    clock: systemClock,
    newToken: randomUUID,
    connections: postgres.connections,
    leaseMs: postgres.lease_seconds * 1000,
    patienceMs: postgres.unavailable_seconds * 1000,
    onUnavailable: (why: string | undefined) =>
      why === undefined ? log("store.available", {}) : log("store.unavailable", { error: why }),
  };
  return createPostgresStore(state, place, options);
}
