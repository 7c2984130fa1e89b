import type { JsonObject } from "./json.ts";
import type { JobStep, StepReference, StepResult } from "./step.ts";

/** What became of a job. */
export type JobStatus = "PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED";

/** An ordered list of steps: the unit that is executed, once, under one job id. */
export interface Job {
  /** Chosen by the caller; executed at most once, ever. 1..128 of `A-Z a-z 0-9 . _ -`, a letter or digit first. */
  readonly jobId: string;
  /** The contract under which the caller asks. Same form as `jobId`. */
  readonly contractId: string;
  /** Who asks, for the record. 1..128 characters. */
  readonly executedBy: string;
  /** At most 10,000. */
  readonly steps: readonly JobStep[];
  /** Limit on the whole job in seconds; absent = none. */
  readonly timeoutSeconds?: number;
  /**
   * The work that this job is one attempt at: the idempotency keys of its steps begin with it, and are the same in each attempt.
   * Same form as `jobId`; absent = `jobId`: the job is the only attempt.
   */
  readonly attemptOf?: string;
}

declare const admitted: unique symbol;

/** A job that governance has admitted. Only `governance/admission` mints it, and `worker/recorded-admission.ts` reads it back. */
export type AdmittedJob = Job & { readonly [admitted]: true };

/** Who stopped a job and why: the `reason` of the abort signal that the executor is given. */
export interface Cancellation {
  readonly cancelledBy: string;
  readonly reason: string;
}

/** All that is known of an ended execution. */
export interface ExecutionResult {
  readonly jobId: string;
  readonly contractId: string;
  readonly executedBy: string;
  readonly finalStatus: "COMPLETED" | "FAILED" | "CANCELLED";
  readonly finalReason: string;
  readonly stepsDeclared: number;
  readonly stepsExecuted: number;
  readonly stepsSucceeded: number;
  readonly stepsFailed: number;
  /** In the order performed. */
  readonly stepResults: readonly StepResult[];
  /** Declared, and never performed. */
  readonly stepsNotRun: readonly StepReference[];
  /** Started, with no known end: the process died while it ran. At most one. */
  readonly stepsInDoubt: readonly StepReference[];
  readonly healthBefore?: JsonObject;
  /** The last observation, whatever the status. */
  readonly healthAfter?: JsonObject;
  readonly startedAt: string;
  readonly completedAt: string;
  readonly durationSeconds: number;
  readonly executorVersion: string;
}
