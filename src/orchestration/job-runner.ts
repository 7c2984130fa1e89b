import type { StepType } from "#effects";
import type { Cancellation, ExecutionResult, Job, JobStatus } from "#model";

/** A job that was accepted: its record is durable. */
export interface SubmittedJob {
  readonly jobId: string;
  /** The run whose log holds the evidence; for a direct job the same as `jobId`. */
  readonly runId: string;
  /** Whether the job had been accepted before with the same request, so that this call performs nothing. */
  readonly attached: boolean;
  /** Whether the job had ended before: then `result` reads its whole log, when it is asked for. */
  readonly ended: boolean;
  /** Resolves when the job has ended and its last record is durable. Rejects with a Fault if the store halted. */
  readonly result: Promise<ExecutionResult>;
}

/** The state of a job, as its log tells it. */
export interface JobView {
  readonly jobId: string;
  readonly status: JobStatus;
  /** Present once the job has ended. */
  readonly result?: ExecutionResult;
  readonly logSize: number;
  readonly logHead: string;
}

/** How a job is submitted. */
export interface SubmitOptions {
  /** Said by the server itself of what has ended: taken during a drain too. */
  readonly lastWord?: boolean;
  /** Step types that the job may use; absent = all that there are. Another one is refused, as one that is not known. */
  readonly only?: ReadonlySet<string>;
  /** Asked for by the keeper of contracts: its contract has to grant it, whatever the server's admission is. */
  readonly ofContract?: boolean;
}

/** Starts jobs and drives the executor; the evidence of a job is read from the store, never from here. */
export interface JobRunner {
  /**
   * Accepts a job and starts it, or attaches to its recorded execution. Resolves when the acceptance is durable.
   * @throws {Fault} INVALID_REQUEST with every problem; ADMISSION_REFUSED with every reason; JOB_ID_TAKEN if the id was
   *   used for another request; LIMIT_EXCEEDED when too many jobs run, or the disk is full; DRAINING after `drain`; STORE_HALTED.
   */
  submit(job: Job, options?: SubmitOptions): Promise<SubmittedJob>;
  /** @throws {Fault} RUN_NOT_FOUND */
  get(jobId: string): Promise<JobView>;
  /** Aborts the current step and ends the job CANCELLED; answers once it has ended. @throws {Fault} RUN_NOT_FOUND, RUN_ENDED */
  cancel(jobId: string, cancellation: Cancellation): Promise<ExecutionResult>;
  /** Stops a job whose run another process has taken over, if it runs here: nothing more of it is performed or recorded here. */
  abandon(jobId: string): void;
  /** What can be performed here, sorted by name. */
  readonly stepTypes: readonly StepType[];
  /** Refuses new jobs from now on, waits for those that run, cancels what is left after `graceMs`. Safe to call twice. */
  drain(options: { readonly graceMs: number }): Promise<void>;
}
