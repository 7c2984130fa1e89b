import type { EvidenceStore } from "#evidence";
import { recoverRuns } from "#orchestration";
import type { HandedJobs, JobRunner, RunRunner } from "#orchestration";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import { resumeInterrupted, tellRecovered } from "./recovered-runs.ts";
import { systemClock } from "./system-clock.ts";

/** Looks for runs to take over within one lease. */
const LOOKS_PER_LEASE = 2;
/** What others give up is looked for at once, and no more often than so, in milliseconds. */
const PROMPT_LOOK_MS = 250;
/** When there is no room for more runs, what others give up is left to others for so long, in milliseconds. */
const FULL_MS = 5000;

/** What takes over the runs of servers that have ended, or were silent for too long. */
export interface TakeOvers extends AsyncDisposable {
  /** Stops what runs here of runs that others have taken over. */
  readonly abandon: (runIds: readonly string[]) => void;
  /** Another process has given runs up that somebody has to drive on. */
  readonly look: () => void;
  start(): void;
  /** Takes nothing over any more. Safe to call twice. */
  stop(): Promise<void>;
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
  let state: "waits" | "looks" | "looks, and again" | "stopped" | "not begun" = "not begun";
  let disarm: (() => void) | undefined;
  let looking: Promise<void> | undefined;
  let lookedMs = -Infinity;
  const look = async (): Promise<void> => {
    state = "looks";
    lookedMs = systemClock.monotonicMs();
    try {
      const recovered = await recoverRuns(store, systemClock, { drives: true, handed, isHere: runs.isHere });
      tellRecovered(recovered, log);
      const { full } = await resumeInterrupted(recovered, runs, log);
      if (full) lookedMs += FULL_MS;
    } catch (error) {
      if (store.halted === undefined) log("internal.error", { method: "take over", error: String(error) }); // later again
    }
    later();
  };
  const later = (): void => {
    if (state === "stopped" || postgres === undefined || store.halted !== undefined) return;
    const leaseMs = postgres.lease_seconds * 1000;
    if (state === "looks, and again") armSoon();
    else arm(leaseMs / LOOKS_PER_LEASE);
    state = "waits";
  };
  const armSoon = (): void => arm(Math.max(0, lookedMs + PROMPT_LOOK_MS - systemClock.monotonicMs()));
  const arm = (milliseconds: number): void => {
    disarm?.();
    disarm = systemClock.after(milliseconds, () => {
      looking = look();
    });
  };
  const stop = async (): Promise<void> => {
    state = "stopped";
    disarm?.();
    await looking;
  };
  return {
    abandon(runIds) {
      for (const runId of runIds) {
        log("run.fenced", { run_id: runId });
        runner.abandon(runId);
        runs.abandon(runId);
      }
    },
    look() {
      if (state === "waits") armSoon();
      if (state === "looks") state = "looks, and again";
    },
    start: later,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
