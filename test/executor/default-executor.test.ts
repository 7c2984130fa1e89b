import { describe, expect, it } from "vitest";
import { createDefaultExecutor, EXECUTOR_VERSION, FailingHandler, JobExecutor, NoOpHandler } from "#executor";
import { drive } from "../support/drive.ts";
import { jobOf } from "../support/job.ts";
import { handlerOf } from "../support/step-handler.ts";

const DEFAULT_TYPES = ["capability_enable", "capability_disable", "configuration_update", "parameter_change"];

describe("the default executor", () => {
  it("performs its four step types as no-ops, and its evidence says that they are", async () => {
    const { result } = await drive(jobOf(DEFAULT_TYPES.map((stepType) => ({ stepType }))), createDefaultExecutor());
    expect(result).toMatchObject({ finalStatus: "COMPLETED", stepsSucceeded: 4, executorVersion: EXECUTOR_VERSION });
    for (const { output } of result.stepResults) expect(output).toEqual({ no_op: true });
  });

  it.each(["unknown", "", "act", "Capability_Enable", "capability_enable ", "constructor", "__proto__"])(
    'has no handler for the type "%s"',
    async (stepType) => {
      const { result } = await drive(jobOf([{ stepType }]), createDefaultExecutor());
      expect(result).toMatchObject({
        finalStatus: "FAILED",
        finalReason: `Step 0 failed: No handler registered for step type: ${stepType}`,
      });
    },
  );

  it("shares nothing with the next one that is made", async () => {
    const one = createDefaultExecutor();
    one.registerHandler("act", handlerOf());
    expect((await drive(jobOf(1), one)).result.finalStatus).toBe("COMPLETED");
    expect((await drive(jobOf(1), createDefaultExecutor())).result.finalStatus).toBe("FAILED");
  });

  it("takes a real handler in place of a no-op", async () => {
    const machine = createDefaultExecutor();
    const handler = handlerOf(() => ({ success: true, output: "really" }));
    machine.registerHandler("parameter_change", handler);
    const { result } = await drive(jobOf([{ stepType: "parameter_change" }]), machine);
    expect(result.stepResults[0]?.output).toBe("really");
  });
});

describe("an executor without handlers", () => {
  it("completes an empty job and fails every other before any effect", async () => {
    expect((await drive(jobOf(0), new JobExecutor())).result.finalStatus).toBe("COMPLETED");
    expect((await drive(jobOf(1), new JobExecutor())).result.finalReason).toBe(
      "Step 0 failed: No handler registered for step type: act",
    );
  });
});

describe("the handlers for tests", () => {
  it("let a no-op succeed and say that nothing was done", () => {
    expect(new NoOpHandler().execute()).toEqual({ success: true, output: { no_op: true } });
  });

  it("let a failing handler fail with its default message", async () => {
    const { result } = await drive(jobOf(1), new FailingHandler());
    expect(result.finalReason).toBe("Step 0 failed: Intentional failure");
    expect(result.stepResults).toMatchObject([
      { status: "FAILED", error: "Intentional failure", errorClass: "unknown" },
    ]);
  });

  it("let a failing handler fail with the message that it is given", async () => {
    const { result } = await drive(jobOf(1), new FailingHandler("as ordered"));
    expect(result.finalReason).toBe("Step 0 failed: as ordered");
  });
});
