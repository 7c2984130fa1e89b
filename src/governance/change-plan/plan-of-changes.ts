import type { JobStep, JsonObject, Violation } from "#model";
import { Problems } from "../request/problems.ts";
import type { ChangeRequest, ProposedChange } from "../request/change-request.ts";
import { readChanges } from "../request/read-changes.ts";
import { resourceKeyOf } from "../request/resource-key.ts";
import { membersOf } from "../unread.ts";

/** How long the step of a change, or of its undoing, may take. */
export const STEP_TIMEOUT_SECONDS = 30;

const NO_PARAMETERS: JsonObject = Object.freeze({});

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
 * change without a type, of an unknown one or of another form is refused, with all others that are, and so is a
 * request without a change or with two of one resource. Deeply frozen. Never throws on JSON.
 */
export function planOfChanges(request: ChangeRequest): ChangePlan {
  const problems = new Problems();
  const changes = readChanges(membersOf(request)["changes"], problems);
  if (problems.count > 0) return Object.freeze({ verdict: "REFUSED", reasons: problems.violations() });
  const steps = changes.map(({ change, position }) => stepOf(change, position));
  return Object.freeze({
    verdict: "PLANNED",
    steps: Object.freeze(steps),
    scope: Object.freeze(steps.map(({ target }) => target)),
    stepTypes: Object.freeze([...new Set(steps.map(({ stepType }) => stepType))].sort()),
  });
}

function stepOf(change: ProposedChange, stepIndex: number): JobStep {
  const parameters = "value" in change ? Object.freeze({ value: change.value }) : NO_PARAMETERS;
  return Object.freeze({
    stepIndex,
    stepType: change.type,
    target: resourceKeyOf(change),
    parameters,
    timeoutSeconds: STEP_TIMEOUT_SECONDS,
  });
}
