import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drive } from "../support/drive.ts";
import { jobOf } from "../support/job.ts";
import { performRandomJob } from "../support/perform-random-job.ts";
import { randomJob } from "../support/random-job.ts";
import { handlerOf, never, succeed } from "../support/step-handler.ts";

const FAILURES: readonly { readonly by: string; readonly answer: () => unknown; readonly error: string }[] = [
  { by: "a reported failure", answer: () => ({ success: false, output: null, error: "no" }), error: "no" },
  {
    by: "a throw",
    answer: () => {
      throw new Error("no");
    },
    error: "no",
  },
  { by: "a rejection", answer: () => Promise.reject(new Error("no")), error: "no" },
  { by: "a passed deadline", answer: never, error: "timed out after 300 s" },
  { by: "a broken contract", answer: () => "done", error: "handler contract broken: it returned done" },
];

describe("EXEC-003: the first failed step is the last step that runs", () => {
  it.each(FAILURES)("EXEC-003: $by ends the job, and later steps do not run", async ({ answer, error }) => {
    const handler = handlerOf(({ step }) => (step.stepIndex === 1 ? answer() : succeed()));
    const { result, records } = await drive(jobOf(4), handler);
    expect(handler.calls.map(({ step }) => step.stepIndex)).toEqual([0, 1]);
    expect(records.at(-1)).toMatchObject({ event_type: "step.failed", step_index: 1 });
    expect(result).toMatchObject({
      finalStatus: "FAILED",
      finalReason: `Step 1 failed: ${error}`,
      stepsDeclared: 4,
      stepsExecuted: 2,
      stepsSucceeded: 1,
      stepsFailed: 1,
      stepsNotRun: [
        { stepIndex: 2, stepType: "act", target: "target-2" },
        { stepIndex: 3, stepType: "act", target: "target-3" },
      ],
    });
  });

  it("EXEC-003: a failure of the last step fails the job, too", async () => {
    const { result } = await drive(
      jobOf(2),
      handlerOf(({ step }) => ({ success: step.stepIndex === 0, output: null })),
    );
    expect(result).toMatchObject({ finalStatus: "FAILED", stepsSucceeded: 1, stepsFailed: 1, stepsNotRun: [] });
  });

  it("EXEC-003: any job has at most one failed step, and it is the last that was performed", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async (random) => {
        const { result, calls } = await performRandomJob(random);
        const statuses = result.stepResults.map(({ status }) => status);
        expect(statuses.slice(0, -1).every((status) => status === "COMPLETED")).toBe(true);
        expect(calls.length).toBeLessThanOrEqual(result.stepsExecuted);
      }),
    );
  });

  it("EXEC-003: any job accounts for every declared step: performed, or named as not run", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async (random) => {
        const { result } = await performRandomJob(random);
        const accounted = [...result.stepResults, ...result.stepsNotRun].map(({ stepIndex }) => stepIndex);
        expect(accounted.toSorted((one, other) => one - other)).toEqual(random.job.steps.map((_, index) => index));
        expect(result.stepsSucceeded + result.stepsFailed).toBe(result.stepsExecuted);
      }),
    );
  });

  it("EXEC-003: any job is COMPLETED if and only if every declared step succeeded", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async (random) => {
        const { result } = await performRandomJob(random);
        expect(result.finalStatus === "COMPLETED").toBe(result.stepsSucceeded === random.job.steps.length);
        expect(result.finalReason === "All steps completed successfully").toBe(result.finalStatus === "COMPLETED");
      }),
    );
  });
});
