import type { JsonObject } from "./json.ts";
import type { ErrorClass } from "./step.ts";

/** What is done about a step that was started and has no recorded end, when its run is resumed. */
export type Recovery = "operator" | "idempotent" | "rerun" | "probe";

/** What stands before or over a job: `hard` = its failure fails the run at once; `manual` = somebody has to approve it first. */
export type Gate = "hard" | "manual";

/** One declared action of a plan's job; its index is its position. */
export interface PlannedStep {
  readonly stepType: string;
  readonly target: string;
  readonly parameters: JsonObject;
  /** Seconds, fractions allowed. */
  readonly timeoutSeconds: number;
}

/** When a failed attempt is followed by another one. */
export interface RetryPolicy {
  /** All attempts together, the first included: 1..100. 1 = no retry. */
  readonly maxAttempts: number;
  /** Only failures of these classes are tried again. */
  readonly on: readonly ErrorClass[];
  /** If given, the command's exit code has to be one of these as well. */
  readonly onExitCodes?: readonly number[];
  /** Seconds before the second attempt; more than 0. */
  readonly baseSeconds: number;
  /** Each wait is so many times the one before; 1..10. */
  readonly factor: number;
  /** If given, `factor` is not used: the wait behind attempt n, counted from 1, is `baseSeconds` × n to this power; 1..4. Hooks only. */
  readonly exponent?: number;
  /** No wait is longer, jitter included; seconds. */
  readonly maxSeconds: number;
  /** Each wait is changed by up to this share of it, either way; 0..1. */
  readonly jitter: number;
  /** No attempt is started so many seconds after the first; absent = no limit. */
  readonly maxElapsedSeconds?: number;
}

/** At most `max` jobs with the same `key` run at a time, whatever run they belong to. */
export interface Concurrency {
  readonly key: string;
  readonly max: number;
}

/** A job of a plan, everything resolved: what is written here is what runs. */
export interface PlannedJob {
  /** 1..64 of `A-Z a-z 0-9 _ -`, a letter or digit first; unique in its plan. */
  readonly key: string;
  /** Keys of jobs that have to succeed first. */
  readonly needs: readonly string[];
  /** Pre-checks, steps, post-checks, in the order of execution. */
  readonly steps: readonly PlannedStep[];
  readonly gate?: Gate;
  readonly retry: RetryPolicy;
  /** Limit on each attempt in seconds; absent = none. */
  readonly timeoutSeconds?: number;
  /** Whether branches that do not need it go on when it has failed; the run ends failed all the same. */
  readonly continueOnError: boolean;
  readonly recovery: Recovery;
  /** Steps that find out whether a step in doubt took effect; present with the recovery `probe`. */
  readonly probe: readonly PlannedStep[];
  /** Steps that undo the job in a rollback. */
  readonly compensate: readonly PlannedStep[];
  readonly concurrency?: Concurrency;
}

/** What of a run is told: that it succeeded, that it ended otherwise, or that it waits for somebody at a gate. */
export type NotificationCause = "success" | "failure" | "gate";

/** By what a notification is sent: a mail, or JSON to an address of the web. */
export type NotificationWay =
  | { readonly email: { readonly to: readonly string[]; readonly cc: readonly string[] } }
  | { readonly webhook: { readonly url: string } };

/** Who is told what of a plan's runs. */
export interface PlannedNotification {
  /** At least one, each once. */
  readonly on: readonly NotificationCause[];
  readonly way: NotificationWay;
}

/** A plan, everything resolved. */
export interface Plan {
  /** 1..128 characters. */
  readonly name: string;
  /** The contract under which its jobs are asked for. */
  readonly contractId: string;
  /** Jobs that run at the same time: 1..256. */
  readonly maxWorkers: number;
  /** In the order of the file. */
  readonly jobs: readonly PlannedJob[];
  /** Who is told of its runs, in the order of the file; absent = nobody. */
  readonly notifications?: readonly PlannedNotification[];
}

/** The states of a run. */
export type RunStatus =
  | "created"
  | "preflight_validated"
  | "executing"
  | "blocked"
  | "rolling_back"
  | "succeeded"
  | "failed"
  | "cancelled"
  | "rolled_back";

/** The states of a plan's job in a run. */
export type PlannedJobStatus =
  | "pending"
  | "blocked"
  | "running"
  | "retrying"
  | "succeeded"
  | "failed"
  | "in_doubt"
  | "skipped"
  | "compensated";

/** What a record about a job, beside its steps, says of the job's state; by event type. */
export const PLANNED_JOB_STATUS_AFTER: Readonly<Record<string, PlannedJobStatus>> = {
  "job.started": "running",
  "job.succeeded": "succeeded",
  "job.failed": "failed",
  "job.retried": "retrying",
  "job.skipped": "skipped",
  "job.compensated": "compensated",
  "gate.opened": "blocked",
  "gate.approved": "pending",
  "gate.rejected": "blocked",
};
