import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drive, machineWith } from "../support/drive.ts";
import { jobOf } from "../support/job.ts";
import { performRandomJob } from "../support/perform-random-job.ts";
import { randomJob } from "../support/random-job.ts";
import { handlerOf, never, succeed } from "../support/step-handler.ts";

const ERROR_CLASSES = ["transient_io", "validation_failed", "timeout", "sandbox_violation", "permanent", "unknown"];

describe("EXEC-006: failed means done, nothing is tried again", () => {
  it.each(ERROR_CLASSES)("EXEC-006: a failure of class %s is not tried again", async (errorClass) => {
    const handler = handlerOf(() =>
      handler.calls.length > 1 ? succeed() : { success: false, output: null, error: "no", errorClass },
    );
    const { result } = await drive(jobOf(1), handler);
    expect(handler.calls).toHaveLength(1);
    expect(result.stepResults).toMatchObject([{ status: "FAILED", errorClass }]);
  });

  it("EXEC-006: a handler that would succeed at its second call is called once", async () => {
    const handler = handlerOf(() => {
      if (handler.calls.length === 1) throw new Error("not yet");
      return succeed();
    });
    const { result, records } = await drive(jobOf(2), handler);
    expect(handler.calls).toHaveLength(1);
    expect(result).toMatchObject({ finalStatus: "FAILED", finalReason: "Step 0 failed: not yet", stepsExecuted: 1 });
    expect(records).toHaveLength(2);
  });

  it("EXEC-006: a handler that never returns is called once and left at that", async () => {
    const handler = handlerOf(never);
    const { result } = await drive(jobOf([{ timeoutSeconds: 1 }]), handler);
    expect(handler.calls).toHaveLength(1);
    expect(result.stepResults).toMatchObject([{ error: "timed out after 1 s", late: "running" }]);
  });

  it("EXEC-006: a job that is handed over once more is another execution, not another try inside one", async () => {
    const handler = handlerOf(() => ({ success: false, output: null, error: "no" }));
    const machine = machineWith(handler);
    for (const jobId of ["job-1", "job-2"]) {
      const { result, records } = await drive(jobOf(1, { jobId }), machine);
      expect(result).toMatchObject({ jobId, stepsExecuted: 1 });
      expect(records.map(({ attempt }) => attempt)).toEqual([0, 0]);
    }
    expect(handler.calls.map(({ context }) => context.jobId)).toEqual(["job-1", "job-2"]);
  });

  it("EXEC-006: any job calls each handler at most once a step, whatever happens", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async (random) => {
        const { calls, records } = await performRandomJob(random);
        const called = calls.map(({ context }) => context.stepIndex);
        expect(new Set(called).size).toBe(called.length);
        const started = records.filter(({ event_type }) => event_type === "step.started");
        expect(new Set(started.map(({ step_index }) => step_index)).size).toBe(started.length);
      }),
    );
  });
});
