import type { EvidenceStore } from "#evidence";
import { recoverRuns } from "#orchestration";
import type { HandedJobs, JobRunner, RunRunner } from "#orchestration";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import { resumeInterrupted, tellRecovered } from "./recovered-runs.ts";
import { systemClock } from "./system-clock.ts";

/** Looks for runs to take over within one lease. */
const LOOKS_PER_LEASE = 2;

/** What takes over the runs of servers that have ended, or were silent for too long. */
export interface TakeOvers extends AsyncDisposable {
  /** Stops what runs here of runs that others have taken over. */
  readonly abandon: (runIds: readonly string[]) => void;
  start(): void;
}

/** Makes it; with a store that one process owns there is nothing to take over. */
export function createTakeOvers(
  { postgres }: LoadedConfiguration,
  parts: {
    readonly store: EvidenceStore;
    readonly runner: JobRunner;
    readonly runs: RunRunner;
    readonly handed: HandedJobs | undefined;
    readonly log: EventLog;
  },
): TakeOvers {
  const { store, runner, runs, handed, log } = parts;
  let disarm: (() => void) | undefined;
  let looking: Promise<void> | undefined;
  let closed = false;
  const look = async (): Promise<void> => {
    try {
      const recovered = await recoverRuns(store, systemClock, handed);
      tellRecovered(recovered, log);
      if (!closed) await resumeInterrupted(recovered, runs, log);
    } catch (error) {
      if (store.halted === undefined) log("internal.error", { method: "take over", error: String(error) }); // later again
    }
    later();
  };
  const later = (): void => {
    if (closed || postgres === undefined || store.halted !== undefined) return;
    disarm = systemClock.after((postgres.lease_seconds * 1000) / LOOKS_PER_LEASE, () => {
      looking = look();
    });
  };
  return {
    abandon(runIds) {
      for (const runId of runIds) {
        log("run.fenced", { run_id: runId });
        runner.abandon(runId);
        runs.abandon(runId);
      }
    },
    start: later,
    async [Symbol.asyncDispose]() {
      closed = true;
      disarm?.();
      await looking;
    },
  };
}
