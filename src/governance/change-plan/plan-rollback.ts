import type { JobStep } from "#model";
import { isNamed } from "../named.ts";
import { listOf, membersOf } from "../unread.ts";
import { STEP_TIMEOUT_SECONDS } from "./plan-of-changes.ts";

/** The step type that undoes what an earlier step has done. */
export const REVERT_STEP_TYPE = "change_revert";

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
 * stands there twice is undone once; one that names no step is left out. Deeply frozen. Never throws on JSON.
 */
export function planRollback(job: PerformedJob): readonly JobStep[] {
  const { jobId, steps, performed } = membersOf(job);
  const [declared, indexes] = [listOf(steps) ?? [], new Set(listOf(performed))];
  if (!isNamed(jobId)) return Object.freeze([]);
  const undone = declared.flatMap((step, index) => {
    const { target } = membersOf(step);
    return typeof target === "string" && indexes.has(index) ? [{ target, index }] : [];
  });
  return Object.freeze(
    undone.toReversed().map(({ target, index }, stepIndex) =>
      Object.freeze({
        stepIndex,
        stepType: REVERT_STEP_TYPE,
        target,
        parameters: Object.freeze({ job_id: jobId, step_index: index }),
        timeoutSeconds: STEP_TIMEOUT_SECONDS,
      }),
    ),
  );
}
