import { z } from "zod";
import { LIMITS, resourceKey } from "#model";
import type { PlatformStore } from "../platform/platform-store.ts";
import type { StepType } from "../step-type.ts";
import { parametersForm } from "./declared-parameters.ts";
import { declaredStepType } from "./declared-step-type.ts";
import { failure } from "./failure.ts";
import { performChange } from "./platform/perform-change.ts";

const form = parametersForm(
  "change_revert",
  z.strictObject({
    job_id: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._/:-]{0,511}$/, "expected the id of a job")
      .describe("The job whose step made the change; of a plan, the job id of the attempt."),
    step_index: z
      .int()
      .min(0)
      .max(LIMITS.stepsPerJob - 1)
      .describe("The step's index, from 0."),
  }),
);

/**
 * Makes the step type `change_revert`: puts back what stood at its target, a resource key, before the step of its parameters
 * `{job_id, step_index}` changed it. `permanent` if anybody has changed the key since; a step that changed nothing is reverted
 * by changing nothing.
 */
export function createChangeRevert(platform: PlatformStore): StepType {
  return declaredStepType(form, {
    notPermitted: () => [],
    perform: ({ job_id: jobId, step_index: stepIndex }, { context: { target: key, idempotencyKey } }) => {
      if (resourceKey(key) === undefined)
        return failure(`the target is ${JSON.stringify(key)}; expected a key of the platform`, "validation_failed");
      return performChange(() => platform.revert({ idempotencyKey, key, undoes: `${jobId}/${stepIndex}` }));
    },
  });
}
