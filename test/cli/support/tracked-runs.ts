import type { ToldJob, ToldRun } from "#api";
import { RunTracker } from "../../../src/cli/plan-run/run-tracker.ts";
import type { RunEvent } from "../../../src/cli/plan-run/run-tracker.ts";

/** A job as a server tells it, before it was started. */
export function toldJob(key: string, given: Partial<ToldJob> = {}): ToldJob {
  return {
    key,
    needs: [],
    status: "pending",
    maxAttempts: 1,
    gateOpen: false,
    marked: false,
    steps: 1,
    reason: "",
    errorClass: "",
    startedAt: "",
    endedAt: "",
    ...given,
  };
}

/** A run as a server tells it. */
export function toldRunOf(jobs: readonly ToldJob[], given: Partial<ToldRun> = {}): ToldRun {
  return {
    runId: "run-1",
    name: "nightly",
    status: "executing",
    reason: "",
    planHash: "hash",
    submittedBy: "ann",
    createdAt: "2026-02-16T23:00:00.000Z",
    endedAt: "",
    maxWorkers: 4,
    jobs,
    ...given,
  };
}

/** An event as the wire brings it; one second after another. */
export function runEvent(eventType: string, jobKey = "", given: Partial<RunEvent> = {}): RunEvent {
  return {
    $typeName: "verbatim.orchestration.v1.RunEvent",
    seq: 0n,
    hash: "h",
    eventType,
    timestamp: {
      $typeName: "google.protobuf.Timestamp",
      seconds: BigInt(Date.parse("2026-02-16T23:00:00.000Z") / 1000),
      nanos: 0,
    },
    actor: "verbatim",
    jobKey,
    attempt: 0,
    stepType: "",
    target: "",
    status: "",
    errorClass: "",
    reason: "",
    ...given,
  };
}

/** A tracker that has taken these events. */
export function tracked(
  jobs: readonly ToldJob[],
  events: readonly RunEvent[],
  given: Partial<ToldRun> = {},
): RunTracker {
  const tracker = new RunTracker(toldRunOf(jobs, given));
  for (const event of events) tracker.take(event);
  return tracker;
}
