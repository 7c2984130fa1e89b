import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planOfChanges, planRollback } from "#governance";
import type { ChangeRequest, PerformedJob } from "#governance";
import type { JobStep } from "#model";
import { ONE_OF_EACH, requestWith } from "../request/examples.ts";
import { isDeepFrozen } from "../support/deep-freeze.ts";

const plan = planOfChanges(requestWith(ONE_OF_EACH) as unknown as ChangeRequest); // `as`: it is readable
const steps: readonly JobStep[] = plan.verdict === "PLANNED" ? plan.steps : [];

describe("planning the rollback of a job", () => {
  it("undoes what was performed, the last first, each on the resource of its step", () => {
    expect(planRollback({ jobId: "job-1", steps, performed: [0, 1, 2] })).toEqual(
      [
        [0, "configuration/retry.limit", 2],
        [1, "capability/SYSTEM", 1],
        [2, "capability/http.post", 0],
      ].map(([stepIndex, target, undone]) => ({
        stepIndex,
        stepType: "change_revert",
        target,
        parameters: { job_id: "job-1", step_index: undone },
        timeoutSeconds: 30,
      })),
    );
  });

  it("undoes nothing of a job of which nothing was performed", () => {
    expect(planRollback({ jobId: "job-1", steps, performed: [] })).toEqual([]);
  });

  it("undoes each performed step once and in reverse, in whatever order and how often it is told", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2, max: 6 })), (performed) => {
        const undone = planRollback({ jobId: "job-1", steps, performed });
        const expected = [3, 2, 1, 0].filter((index) => performed.includes(index));
        expect(undone.map(({ parameters }) => parameters["step_index"])).toEqual(expected);
        expect(undone.map(({ stepIndex }) => stepIndex)).toEqual([...expected.keys()]);
        expect(isDeepFrozen(undone)).toBe(true);
      }),
    );
  });

  it("never throws on any JSON, and undoes nothing of what is no job", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom("jobId", "steps", "performed"), (json, member) => {
        expect(planRollback(json as unknown as PerformedJob)).toEqual([]); // `as`: this is the point
        const job = { jobId: "job-1", steps, performed: [0], [member]: json };
        expect(isDeepFrozen(planRollback(job as unknown as PerformedJob))).toBe(true); // `as`: likewise
      }),
    );
  });
});
