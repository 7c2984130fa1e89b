import { randomUUIDv7 } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WaitingRun } from "#evidence";
import type { LivingWorker } from "#queue";
import { unserved } from "#worker";
import { leaseOf } from "./compose-worker.ts";
import { loadConfiguration } from "../load-configuration.ts";
import type { ConfigurationFlags } from "../load-configuration.ts";
import { openPostgresStore } from "../postgres-store.ts";
import { openWorkerRoster } from "./worker-roster.ts";

/** The workers of a store, and what waits for one. */
export interface ListedWorkers {
  readonly workers: readonly LivingWorker[];
  /** `missing` is there if no worker could take the run: the step types that none serves. */
  readonly waiting: readonly (WaitingRun & { readonly missing?: readonly string[] })[];
}

/**
 * Asks the store and the list of workers that the configuration names, whatever runs over them. It claims nothing.
 * @throws {Fault} INVALID_CONFIGURATION; STORE_UNAVAILABLE; QUEUE_UNAVAILABLE
 */
export async function listWorkers(flags: ConfigurationFlags): Promise<ListedWorkers> {
  const sources = { flags, environment: process.env, workingDirectory: process.cwd() };
  const configuration = await loadConfiguration(sources);
  leaseOf(configuration); // only what is shared has workers
  await using resources = new AsyncDisposableStack();
  // A place of its own: that of the configuration may be a server's, who has its lock.
  const state = mkdtempSync(join(tmpdir(), "verbatim-workers-"));
  resources.defer(() => rmSync(state, { recursive: true, force: true }));
  const store = openPostgresStore({ ...configuration, state }, { newEventId: randomUUIDv7, log: () => undefined });
  resources.defer(() => store.close());
  const roster = await openWorkerRoster(configuration);
  resources.defer(() => roster.close());
  const [waiting, workers] = [await store.waiting(), await roster.living()];
  const missing = new Map(unserved(waiting, workers).map((run) => [run.runId, run.missing]));
  return {
    workers,
    waiting: waiting.map((run) => {
      const types = missing.get(run.runId);
      return types === undefined ? run : { ...run, missing: types };
    }),
  };
}
