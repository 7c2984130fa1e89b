import { describe, expect, it } from "vitest";
import { JobExecutor } from "#executor";
import type { JobStep } from "#model";
import { isDeepFrozen } from "../governance/support/deep-freeze.ts";
import { drive, machineWith } from "../support/drive.ts";
import { jobOf } from "../support/job.ts";
import { handlerOf, succeed } from "../support/step-handler.ts";

describe("what a handler is given", () => {
  it("is frozen through and through: the step, its parameters, the context", async () => {
    const handler = handlerOf();
    await drive(jobOf([{ parameters: { list: [{ deep: true }] } }]), handler);
    const [call] = handler.calls;
    expect(call?.step.parameters).toEqual({ list: [{ deep: true }] });
    expect(isDeepFrozen(call?.step)).toBe(true);
    expect(isDeepFrozen(call?.context)).toBe(true);
  });

  it("is exactly the declared step and nothing more than names about the job", async () => {
    const handler = handlerOf();
    await drive(jobOf([{ parameters: { a: 1 }, timeoutSeconds: 9 }]), handler);
    expect(handler.calls[0]?.step).toStrictEqual({
      stepIndex: 0,
      stepType: "act",
      target: "target-0",
      parameters: { a: 1 },
      timeoutSeconds: 9,
    });
    expect(handler.calls[0]?.context).toStrictEqual({
      jobId: "job-1",
      contractId: "contract-1",
      stepIndex: 0,
      stepType: "act",
      target: "target-0",
      executedBy: "tester",
      startedAt: "2026-01-04T00:00:00.000Z",
      idempotencyKey: "job-1/0",
    });
  });

  it("has the idempotency key of the work that the job is an attempt at, which each attempt has", async () => {
    const handler = handlerOf();
    for (const attempt of [1, 2])
      await drive({ ...jobOf(2), jobId: `work-1-a${attempt}`, attemptOf: "work-1" }, handler);
    const keys = handler.calls.map(({ context }) => context.idempotencyKey);
    expect(keys).toEqual(["work-1/0", "work-1/1", "work-1/0", "work-1/1"]);
  });

  it("fails the step of a handler that writes on it without catching the error", async () => {
    const handler = handlerOf(({ step }) => {
      Object.assign(step.parameters, { changed: true });
      return succeed();
    });
    const { result } = await drive(jobOf(2), handler);
    expect(result).toMatchObject({ finalStatus: "FAILED", stepsExecuted: 1, stepResults: [{ errorClass: "unknown" }] });
  });

  it("is not the caller's copy, which stays as it was and not frozen", async () => {
    const parameters = { list: [1] };
    const job = jobOf([{ parameters }]);
    const handler = handlerOf();
    await drive(job, handler);
    expect(handler.calls[0]?.step.parameters).not.toBe(parameters);
    expect([job, job.steps, job.steps[0], parameters, parameters.list].some((part) => Object.isFrozen(part))).toBe(
      false,
    );
    expect(job).toEqual(jobOf([{ parameters: { list: [1] } }]));
  });
});

describe("the plan, once the job has begun", () => {
  it("does not change with the caller's job: not its steps, its names or its limit", async () => {
    const job = jobOf(3, { timeoutSeconds: 100 });
    const handler = handlerOf(({ step }) => {
      if (step.stepIndex > 0) return succeed();
      for (const declared of job.steps) Object.assign(declared, { target: "elsewhere", stepType: "nobody" });
      (job.steps as JobStep[]).length = 1; // the caller's list is not frozen
      Object.assign(job, { jobId: "other", contractId: "other", executedBy: "other", timeoutSeconds: 0.001 });
      return succeed();
    });
    const { result, records } = await drive(job, handler);
    expect(result).toMatchObject({
      jobId: "job-1",
      contractId: "contract-1",
      executedBy: "tester",
      finalStatus: "COMPLETED",
      stepsDeclared: 3,
      stepsExecuted: 3,
      stepResults: [{ target: "target-0" }, { target: "target-1" }, { target: "target-2" }],
    });
    expect(new Set(records.map(({ job_id, contract_id, actor }) => `${job_id} ${contract_id} ${actor}`))).toEqual(
      new Set(["job-1 contract-1 tester"]),
    );
  });

  it("names what did not run as it was declared, whatever became of the caller's copy", async () => {
    const job = jobOf(2);
    const handler = handlerOf(() => {
      for (const declared of job.steps) Object.assign(declared, { target: "elsewhere" });
      return { success: false, output: null };
    });
    const { result } = await drive(job, handler);
    expect(result.stepsNotRun).toEqual([{ stepIndex: 1, stepType: "act", target: "target-1" }]);
  });
});

describe("the handler table, once the job has begun", () => {
  it("does not change when a handler is replaced on the way", async () => {
    const machine = machineWith(handlerOf(({ step }) => ({ success: true, output: step.stepIndex })));
    const replacement = handlerOf(() => ({ success: false, output: null }));
    machine.registerHandler(
      "first",
      handlerOf(() => {
        machine.registerHandler("act", replacement);
        return succeed();
      }),
    );
    const { result } = await drive(jobOf([{ stepType: "first" }, {}]), machine);
    expect(result.finalStatus).toBe("COMPLETED");
    expect(replacement.calls).toHaveLength(0);
    expect((await drive(jobOf(1), machine)).result.finalStatus).toBe("FAILED");
  });

  it("does not gain a type that is registered on the way", async () => {
    const handler = handlerOf();
    const machine = machineWith(handler);
    const { result } = await drive(jobOf([{}, { stepType: "later" }]), machine, {
      health: {
        observeHealth: () => {
          machine.registerHandler("later", handler);
          return { status: "HEALTHY", signals: {} };
        },
      },
    });
    expect(result.finalReason).toBe("Step 1 failed: No handler registered for step type: later");
    expect(handler.calls).toHaveLength(0);
  });

  it("is not the table that the machine was made from", async () => {
    const table = new Map([["act", handlerOf()]]);
    const machine = new JobExecutor(table);
    table.clear();
    expect((await drive(jobOf(1), machine)).result.finalStatus).toBe("COMPLETED");
  });
});
