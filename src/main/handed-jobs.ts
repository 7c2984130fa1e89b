import type { EvidenceStore } from "#evidence";
import { HandedJobs, isAttemptLog } from "#orchestration";
import type { HistoryOfRuns } from "./history.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import { systemClock } from "./system-clock.ts";
import { openStepQueue } from "./step-queue.ts";

/** What handing over stands on. */
export interface HandedJobsParts {
  readonly store: EvidenceStore;
  readonly history: HistoryOfRuns;
  /** Told of each run whose log has ended. */
  readonly onEnded: (runId: string) => void;
  /** Closes it. */
  readonly resources: AsyncDisposableStack;
  readonly log: EventLog;
}

/**
 * What hands jobs over to worker processes, as the configuration says; a server without workers follows what another one has handed over.
 * Undefined: the store is this process's own.
 * @throws {Fault} INVALID_CONFIGURATION
 */
export async function openHandedJobs(
  configuration: LoadedConfiguration,
  { store, history, onEnded, resources, log }: HandedJobsParts,
): Promise<HandedJobs | undefined> {
  if (configuration.store !== "postgres") return undefined;
  const handsOver = configuration.workers !== undefined;
  const queue = handsOver ? resources.adopt(await openStepQueue(configuration), (open) => open.close()) : undefined;
  return new HandedJobs({
    store,
    clock: systemClock,
    handsOver,
    ...(queue !== undefined && { queue }),
    onFollowed(runId, records) {
      if (isAttemptLog(runId)) return; // what it says stands in the log of its run
      history.take([{ runId, records }]);
      if (records.at(-1)?.record.event_type === "run.completed") onEnded(runId);
    },
    onProblem: (logId, error) =>
      log("handing_over.failed", { log_id: logId, error: error instanceof Error ? error.message : String(error) }),
  });
}
