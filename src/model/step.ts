import type { Json, JsonObject } from "./json.ts";

/** What became of one step. A step that never ran has no result; it is named in `stepsNotRun`. */
export type StepStatus = "PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "SKIPPED";

/** All kinds of failures. */
export const ERROR_CLASSES = [
  "transient_io",
  "contract_input_missing",
  "hard_gate_failed",
  "validation_failed",
  "timeout",
  "sandbox_violation",
  "in_doubt",
  "cancelled",
  "permanent",
  "handler_contract",
  "unknown",
] as const;

/** The kind of a failure, for those who decide above the executor. */
export type ErrorClass = (typeof ERROR_CLASSES)[number];

/** One declared action. */
export interface JobStep {
  /** 0-based; must equal the position in the job's list. */
  readonly stepIndex: number;
  /** Names the handler and is the capability's name, for example `command.run`. 1..128 characters. */
  readonly stepType: string;
  /** What the step acts on, for people and audit. 0..1024 characters. */
  readonly target: string;
  /** What the handler is given. At most 256 KiB as JSON. */
  readonly parameters: JsonObject;
  /** Mechanical limit in seconds, fractions allowed; default 300, more than 0, at most 86,400. */
  readonly timeoutSeconds: number;
}

/** Names a declared step without its parameters. */
export interface StepReference {
  readonly stepIndex: number;
  readonly stepType: string;
  readonly target: string;
}

/** What one performed step left behind. Target and type are the executor's, never the handler's. */
export interface StepResult extends StepReference {
  readonly status: "COMPLETED" | "FAILED";
  /** RFC 3339, UTC, milliseconds. */
  readonly startedAt: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly completedAt: string;
  /** Seconds on a monotonic clock; never negative. */
  readonly durationSeconds: number;
  /** What the handler returned; a value over 8 KiB is a {@link BlobReference}. */
  readonly output?: Json;
  /** Present exactly if `status` is FAILED. */
  readonly error?: string;
  /** Present exactly if `status` is FAILED. */
  readonly errorClass?: ErrorClass;
  /** After a passed deadline or a cancel: what the handler did within its grace. Its word is not used. */
  readonly late?: "returned" | "threw" | "running";
  /** The observation made after the step. */
  readonly healthAfter?: JsonObject;
  /** Why there is no observation. */
  readonly healthError?: string;
}
