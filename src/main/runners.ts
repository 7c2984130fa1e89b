import { randomBytes, randomUUIDv7 } from "node:crypto";
import type { StepType } from "#effects";
import { DisclosureFiles } from "#evidence";
import type { EvidenceStore, Signer } from "#evidence";
import type { HealthObserver } from "#health";
import { contractAuthority, createJobRunner, createRunRunner, Machine } from "#orchestration";
import type { DiskGuard, HandedJobs, JobRunner, RunRunner } from "#orchestration";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import { systemClock } from "./system-clock.ts";

/** What the runners stand on. */
export interface RunnerParts {
  readonly store: EvidenceStore;
  /** The logs of contracts; undefined = there are none. */
  readonly contractStore: EvidenceStore | undefined;
  readonly stepTypes: readonly StepType[];
  readonly health: HealthObserver;
  readonly signer: Signer;
  /** What hands jobs over to workers; undefined = one process owns the store. */
  readonly handed: HandedJobs | undefined;
  readonly disk: DiskGuard | undefined;
  readonly log: EventLog;
  readonly drivesOn: boolean;
}

/** What drives direct jobs, and what drives runs of plans: on the same store, machine and eyes. */
export interface Runners {
  readonly runner: JobRunner;
  readonly runs: RunRunner;
}

/** Makes both runners. */
export function createRunners(parts: RunnerParts, configuration: LoadedConfiguration): Runners {
  const { state, store: kind, active_jobs: maxActiveJobs, governance } = configuration;
  const admission = governance === "required" ? "contract" : "open";
  const { store, contractStore, stepTypes, health, signer, handed, disk, log, drivesOn } = parts;
  const files = new DisclosureFiles(state);
  const common = {
    store,
    disclosures: {
      keep: (...kept: Parameters<DisclosureFiles["keep"]>) => files.keep(...kept),
      newSalt: () => randomBytes(16).toString("base64url"),
    },
    clock: systemClock,
    stepTypes,
    health,
    checkpoints: {
      signer,
      onProblem: (runId: string, error: unknown) => log("checkpoint.failed", { run_id: runId, error: textOf(error) }),
    },
    ...(handed !== undefined && { handed }),
    ...(disk !== undefined && { disk }),
    onRefused: (jobId: string, reasons: unknown) => log("job.refused", { job_id: jobId, reasons }),
  };
  return {
    runner: createJobRunner({
      ...common,
      elsewhere: kind === "postgres",
      maxActiveJobs,
      admission,
      ...(contractStore !== undefined && { authority: contractAuthority(contractStore, store) }),
    }),
    runs: createRunRunner({
      ...common,
      admission,
      machine: new Machine(admission === "contract" ? { ...common, stepTypes: [] } : common),
      newRunId: randomUUIDv7,
      chance: Math.random,
      drivesOn,
      onWaits: (runId, error) => log("run.waits", { run_id: runId, why: textOf(error) }),
    }),
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
