import type { JobStep } from "#model";

/** A job whose effects are to be undone. */
export interface PerformedJob {
  readonly jobId: string;
  /** All steps of the job, in their order. */
  readonly steps: readonly JobStep[];
  /** The indexes of the steps whose effect has happened or may have happened. */
  readonly performed: readonly number[];
}

/**
 * The steps that undo a job: one `change_revert` for each performed step, the last first, numbered anew from 0, each
 * with a limit of 30 s. Its target is the undone step's, its parameters are `{job_id, step_index}`. An index that
 * stands there twice is undone once; one that names no step is left out. Never throws.
 */
export function planRollback(job: PerformedJob): readonly JobStep[] {
  void job;
  return Object.freeze([]);
}
