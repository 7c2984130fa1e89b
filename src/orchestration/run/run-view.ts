import type { ErrorClass, PlannedJobStatus, RunStatus } from "#model";
import type { RunState } from "./run-state.ts";

/** One job of a run, as its log tells it. */
export interface PlannedJobView {
  readonly key: string;
  readonly needs: readonly string[];
  readonly status: PlannedJobStatus;
  /** The last attempt, 0-based; -1 = none was started. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly gate: "hard" | "manual" | undefined;
  /** Whether its gate waits for somebody. */
  readonly gateOpen: boolean;
  /** Whether it counts as succeeded because somebody said so. */
  readonly marked: boolean;
  readonly steps: number;
  readonly reason: string | undefined;
  readonly errorClass: ErrorClass | undefined;
  /** Of the last attempt, RFC 3339. */
  readonly startedAt: string | undefined;
  readonly endedAt: string | undefined;
}

/** A run, as its log tells it. */
export interface RunView {
  readonly runId: string;
  readonly name: string;
  readonly status: RunStatus;
  readonly reason: string | undefined;
  readonly planHash: string;
  readonly submittedBy: string;
  readonly createdAt: string;
  readonly endedAt: string | undefined;
  readonly maxWorkers: number;
  /** In the order of the plan. */
  readonly jobs: readonly PlannedJobView[];
}

/** What a run is beside its state. */
export interface RunFacts {
  readonly runId: string;
  readonly planHash: string;
  readonly state: RunState;
}

/** The view of a run. */
export function runView({ runId, planHash, state }: RunFacts): RunView {
  const { plan, status, reason, submittedBy, createdAt, endedAt } = state;
  return {
    runId,
    name: plan.name,
    status,
    reason,
    planHash,
    submittedBy,
    createdAt,
    endedAt,
    maxWorkers: plan.maxWorkers,
    jobs: [...state.jobs.values()].map((job) => ({
      key: job.job.key,
      needs: job.job.needs,
      status: job.status,
      attempt: job.attempt,
      maxAttempts: job.job.retry.maxAttempts,
      gate: job.job.gate,
      gateOpen: state.openGates.has(job.job.key),
      marked: job.marked,
      steps: job.job.steps.length,
      reason: job.reason,
      errorClass: job.errorClass,
      startedAt: job.startedAt,
      endedAt: job.endedAt,
    })),
  };
}
