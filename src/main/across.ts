import { randomUUID } from "node:crypto";
import type { EvidenceStore } from "#evidence";
import { AskedElsewhere, carryOutCall, createJobsAcross, createRunsAcross } from "#orchestration";
import type { JobRunner, RunRunner } from "#orchestration";
import { assert } from "#model";
import { openPostgresCallBox } from "#queue";
import { addressOf } from "./database-address.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import { systemClock } from "./system-clock.ts";
import { textOf } from "./work-log.ts";

/** The runners as callers are given them: what another process over the same store holds is asked there. */
export interface Across {
  readonly runner: JobRunner;
  readonly runs: RunRunner;
  /** Answers what other processes ask of the runs that are held here. */
  serve(): void;
}

/** What the runners across processes are made of. */
export interface AcrossParts {
  readonly store: EvidenceStore;
  readonly runner: JobRunner;
  readonly runs: RunRunner;
  readonly resources: AsyncDisposableStack;
  readonly log: EventLog;
}

/** Until the lease of a holder that died is over, and somebody has taken its runs over. */
const LEASES_WAITED = 2;

/** Where one process owns the store, the runners are what they were. @throws {Fault} INVALID_CONFIGURATION */
export async function openAcross(configuration: LoadedConfiguration, parts: AcrossParts): Promise<Across> {
  const { store, runner, runs, resources, log } = parts;
  const { postgres, base } = configuration;
  if (configuration.store !== "postgres") return { runner, runs, serve: () => undefined };
  assert(postgres !== undefined, "the configuration was checked");
  const box = await openPostgresCallBox({
    url: addressOf(postgres.url, { field: "postgres.url", base }),
    schema: `${postgres.schema}_calls`,
    clock: systemClock,
    newToken: randomUUID,
  });
  resources.defer(() => box.close());
  const patienceMs = postgres.lease_seconds * 1000 * LEASES_WAITED;
  const elsewhere = new AskedElsewhere({ box, clock: systemClock, patienceMs });
  return {
    runner: createJobsAcross(runner, elsewhere),
    runs: createRunsAcross(runs, elsewhere),
    serve: () =>
      box.serve({
        holds: (runId) => store.epochOf(runId) !== undefined,
        carryOut: async (call) => await carryOutCall(call, { runner, runs }),
        onInternalError: (error, { runId, verb }) =>
          log("internal.error", { method: `call ${verb}`, run_id: runId, error: textOf(error) }),
      }),
  };
}
