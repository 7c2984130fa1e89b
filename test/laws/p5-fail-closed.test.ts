import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Job } from "#model";
import { drive } from "../support/drive.ts";
import { scriptedObserver } from "../support/health-observer.ts";
import { jobOf } from "../support/job.ts";
import { performRandomJob } from "../support/perform-random-job.ts";
import { randomJob } from "../support/random-job.ts";
import { handlerOf } from "../support/step-handler.ts";

describe("P5: what is unknown or wrong is refused before any effect", () => {
  it.each([0, 1, 3])(
    "P5: a type without a handler at position %i fails the job before any effect",
    async (position) => {
      const handler = handlerOf();
      const types = ["act", "act", "act", "act"].with(position, "nobody");
      const { result, batches } = await drive(jobOf(types.map((stepType) => ({ stepType }))), handler);
      const error = "No handler registered for step type: nobody";
      expect(handler.calls).toHaveLength(0);
      expect(batches).toMatchObject([[{ event_type: "step.failed", step_index: position, reason: error }]]);
      expect(result).toMatchObject({
        finalStatus: "FAILED",
        finalReason: `Step ${position} failed: ${error}`,
        stepsExecuted: 1,
        stepsFailed: 1,
        stepResults: [{ stepIndex: position, status: "FAILED", error, errorClass: "permanent" }],
      });
      expect(result.stepsNotRun.map(({ stepIndex }) => stepIndex)).toEqual(
        [0, 1, 2, 3].filter((at) => at !== position),
      );
    },
  );

  it("P5: of several types without a handler the first one is named", async () => {
    const job = jobOf(["act", "second", "third"].map((stepType) => ({ stepType })));
    const { result } = await drive(job, handlerOf());
    expect(result.finalReason).toBe("Step 1 failed: No handler registered for step type: second");
  });

  it.each<[string, readonly number[]]>([
    ["two the same", [0, 0]],
    ["a gap", [0, 2]],
    ["exchanged", [1, 0]],
    ["counted from one", [1, 2]],
    ["negative", [-1, 0]],
    ["a fraction", [0, 1.5]],
    ["no number", [0, Number.NaN]],
  ])("P5: a list whose indexes are %s is refused before any effect", async (_, indexes) => {
    const handler = handlerOf();
    const health = scriptedObserver();
    const { result, batches } = await drive(jobOf(indexes.map((stepIndex) => ({ stepIndex }))), handler, { health });
    const position = indexes.findIndex((index, at) => index !== at);
    expect([handler.calls.length, batches.length]).toEqual([0, 0]);
    expect(result).toMatchObject({
      finalStatus: "FAILED",
      finalReason: `Execution error: step_index ${indexes[position]} stands at position ${position}`,
      stepsDeclared: 2,
      stepsExecuted: 0,
      stepsSucceeded: 0,
      stepsFailed: 0,
      stepResults: [],
    });
    expect(result.stepsNotRun).toHaveLength(2);
  });

  it("P5: parameters that are not JSON, on any step, are refused before any effect", async () => {
    const handler = handlerOf();
    const parameters = { when: new Date(0) } as unknown as Job["steps"][number]["parameters"]; // a caller without types
    const { result, batches } = await drive(jobOf([{}, { parameters }]), handler);
    expect([handler.calls.length, batches.length]).toEqual([0, 0]);
    expect(result).toMatchObject({
      finalStatus: "FAILED",
      finalReason: "Execution error: the value is not a plain object",
      stepsExecuted: 0,
    });
  });

  it("P5: any job with an unknown type performs nothing and never completes", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, fc.nat(), async (random, seed) => {
        const { job, behaviours } = random;
        fc.pre(job.steps.length > 0);
        const at = seed % job.steps.length;
        const steps = job.steps.map((step, index) => (index === at ? { ...step, stepType: "nobody" } : step));
        const unknown = behaviours.with(at, { does: "miss its handler" });
        const { result, calls } = await performRandomJob({ ...random, job: { ...job, steps }, behaviours: unknown });
        expect(calls).toHaveLength(0);
        expect(result.finalStatus).not.toBe("COMPLETED");
        expect(result.stepsSucceeded).toBe(0);
      }),
    );
  });
});
