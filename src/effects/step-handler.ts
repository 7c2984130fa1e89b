import type { Json, JobStep } from "#model";

/** What a handler says of one performed step, before it becomes a `StepResult`. */
export interface StepOutput {
  readonly success: boolean;
  /** Any JSON value; at most 8 MiB as text. */
  readonly output: Json;
  /** Why, if `success` is false. */
  readonly error?: string;
  /** The kind of failure if `success` is false; `unknown` when absent. Not an order to anybody. */
  readonly errorClass?:
    | "transient_io"
    | "validation_failed"
    | "timeout"
    | "sandbox_violation"
    | "permanent"
    | "unknown";
}

/** What a handler is told of the job. It is frozen and carries no authority. */
export interface ExecutionContext {
  readonly jobId: string;
  readonly contractId: string;
  readonly stepIndex: number;
  readonly stepType: string;
  readonly target: string;
  readonly executedBy: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly startedAt: string;
  /** `<jobId>/<stepIndex>`, or with the work that the job is an attempt at: the same for this step for ever, different for every other. */
  readonly idempotencyKey: string;
  /**
   * Under which claim the run is held, as a whole number in text; it only grows. Absent where one process owns the store. With it
   * whoever is told to do something can refuse a process that was overtaken: one that names a smaller epoch than was seen before.
   */
  readonly epoch?: string;
}

/**
 * Port: performs one step type. Called once for a step, whatever happens.
 *
 * A throw, a value that is not a `StepOutput`, and an output that is not JSON are failed steps.
 * When `signal` aborts (deadline, cancel) the handler should stop and return soon; what it returns then is not used.
 */
export interface StepHandler {
  execute(
    step: JobStep,
    context: ExecutionContext,
    options: { readonly signal: AbortSignal },
  ): Promise<StepOutput> | StepOutput;
}
