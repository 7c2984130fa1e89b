import type { JobStep, Violation } from "#model";
import type { ChangeRequest } from "../request/change-request.ts";

/** How a request would be carried out, or every reason why it cannot be. */
export type ChangePlan =
  | {
      readonly verdict: "PLANNED";
      /** One step for each change, in the request's order. */
      readonly steps: readonly JobStep[];
      /** The resource keys that the job may touch: the targets of its steps, in their order. */
      readonly scope: readonly string[];
      /** The step types whose handlers the executor may be given for this job, and no other; each once, sorted. */
      readonly stepTypes: readonly string[];
    }
  | { readonly verdict: "REFUSED"; readonly reasons: readonly Violation[] };

/**
 * Makes the plan of a request: each change is one step of its type, on its resource key, with a limit of 30 s. A
 * change without a type, of an unknown one or of another form is refused, with all others that are. Never throws.
 */
export function planOfChanges(request: ChangeRequest): ChangePlan {
  void request;
  return Object.freeze({ verdict: "REFUSED", reasons: Object.freeze([]) });
}
