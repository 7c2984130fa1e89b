import type { AdmittedJob, Job, Violation } from "#model";
import { listed, LISTED_NAMES, seen } from "../phrase.ts";

/** The scope a caller's credential must have for a job to be executed. */
export const EXECUTE_SCOPE = "execute";

/** What admission looks at, beside the job. */
export interface AdmissionFacts {
  /** The step types that can be performed here. */
  readonly knownStepTypes: ReadonlySet<string>;
  /** The scopes of the caller's credential. */
  readonly scopes: ReadonlySet<string>;
}

/** Governance's answer to a job: the only thing the executor can be given, or every reason why not. */
export type AdmissionVerdict =
  | { readonly verdict: "ADMITTED"; readonly job: AdmittedJob }
  | { readonly verdict: "REFUSED"; readonly reasons: readonly Violation[] };

/**
 * Decides whether a job enters the path to the executor. It is refused if the scope `execute` is missing or a step's
 * type is unknown. The first 20 such steps are named, then all are counted, with what is known: the answer has to
 * fit into the trailers of a call. The admitted job is a frozen copy (parameters are shared), so that what was looked
 * at is what runs.
 */
export function admitJob(job: Job, facts: AdmissionFacts): AdmissionVerdict {
  const steps = Object.freeze(job.steps.map((step) => Object.freeze({ ...step })));
  const copy: Job = Object.freeze({ ...job, steps });
  const reasons = [...scopeReasons(facts), ...stepReasons(copy, facts)];
  if (reasons.length > 0) return Object.freeze({ verdict: "REFUSED", reasons: Object.freeze(reasons) });
  return Object.freeze({ verdict: "ADMITTED", job: copy as AdmittedJob }); // `as`: the one place that mints it, after every check
}

function scopeReasons({ scopes }: AdmissionFacts): readonly Violation[] {
  if (scopes.has(EXECUTE_SCOPE)) return [];
  const held = scopes.size === 0 ? "are empty" : `are only ${listed([...scopes].sort())}`;
  const description = `${held}; executing a job needs "${EXECUTE_SCOPE}": use a credential that has it`;
  return [Object.freeze({ field: "scopes", description })];
}

function stepReasons({ steps }: Job, { knownStepTypes }: AdmissionFacts): readonly Violation[] {
  const unknown = steps.flatMap(({ stepType }, position) =>
    knownStepTypes.has(stepType) ? [] : [{ stepType, field: `steps[${position}].step_type` }],
  );
  if (unknown.length === 0) return [];
  const named = unknown
    .slice(0, LISTED_NAMES)
    .map(({ stepType, field }) =>
      Object.freeze({ field, description: `is ${seen(stepType)}, which is not known here` }),
    );
  const known = knownStepTypes.size === 0 ? "none" : listed([...knownStepTypes].sort());
  const description =
    `has ${unknown.length} of ${steps.length} steps of a type that is not known here (known: ${known}); ` +
    "correct the job, or allow the type in the server's configuration (key `steps`)";
  return [...named, Object.freeze({ field: "steps", description })];
}
