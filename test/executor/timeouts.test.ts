import { describe, expect, it } from "vitest";
import { ManualClock } from "../support/clock.ts";
import { drive, pause } from "../support/drive.ts";
import { scriptedObserver, snapshot } from "../support/health-observer.ts";
import { jobOf } from "../support/job.ts";
import { aborted, handlerOf, never, succeed } from "../support/step-handler.ts";

const DEFAULT_GRACE_MS = 5000;

describe("the declared limit of a step", () => {
  it.each([
    { afterMs: 999, status: "COMPLETED" },
    { afterMs: 1001, status: "FAILED" },
  ])("of one second lets a handler of $afterMs ms end $status", async ({ afterMs, status }) => {
    const clock = new ManualClock();
    const handler = handlerOf(async () => {
      await pause(clock, afterMs);
      return succeed();
    });
    const { result } = await drive(jobOf([{ timeoutSeconds: 1 }]), handler, { clock });
    expect(result.stepResults).toMatchObject([{ status }]);
  });

  it("may be a fraction of a second and is told as it was declared", async () => {
    const clock = new ManualClock();
    const { result } = await drive(jobOf([{ timeoutSeconds: 0.05 }]), handlerOf(never), { clock, graceMs: 10 });
    expect(result.stepResults).toMatchObject([
      { error: "timed out after 0.05 s", errorClass: "timeout", late: "running", durationSeconds: 0.06 },
    ]);
  });

  it("counts from the moment at which the start of the step is durable", async () => {
    const clock = new ManualClock();
    const handler = handlerOf(async () => {
      await pause(clock, 900);
      return succeed();
    });
    const { result } = await drive(jobOf([{ timeoutSeconds: 1 }]), handler, { clock, storeMs: 60_000 });
    expect(result.stepResults).toMatchObject([{ status: "COMPLETED", durationSeconds: 0.9 }]);
  });

  it("tells the handler by its signal, with the reason, and fails the step whatever it then says", async () => {
    const clock = new ManualClock();
    const handler = handlerOf(async ({ signal }) => {
      await aborted(signal);
      return { success: true, output: "done after all" };
    });
    const { result } = await drive(jobOf([{ timeoutSeconds: 2 }, {}]), handler, { clock });
    expect(handler.calls[0]?.signal.reason).toMatchObject({ name: "Stop", message: "timed out after 2 s" });
    expect(result.stepResults).toMatchObject([{ status: "FAILED", error: "timed out after 2 s", late: "returned" }]);
    expect(result.stepResults[0]).not.toHaveProperty("output");
    expect(JSON.stringify(result)).not.toContain("after all");
  });

  it.each([
    { says: "returned", atMs: 6999, durationSeconds: 6.999 },
    { says: "running", atMs: 7001, durationSeconds: 7 },
  ] as const)("lets a handler that ignores it have five seconds, and records $says", async (expected) => {
    const clock = new ManualClock();
    const handler = handlerOf(async () => {
      await pause(clock, expected.atMs);
      return succeed();
    });
    const { result } = await drive(jobOf([{ timeoutSeconds: 2 }]), handler, { clock });
    expect(result.stepResults).toMatchObject([
      { status: "FAILED", late: expected.says, durationSeconds: expected.durationSeconds },
    ]);
  });

  it("records a handler that throws in its grace as late, and keeps the reason of the stop", async () => {
    const handler = handlerOf(async ({ signal }) => {
      await aborted(signal);
      throw new Error("interrupted");
    });
    const { result, records } = await drive(jobOf([{ timeoutSeconds: 2 }]), handler);
    expect(result.stepResults).toMatchObject([{ error: "timed out after 2 s", errorClass: "timeout", late: "threw" }]);
    expect(records.at(-1)).toMatchObject({ event_type: "step.failed", reason: "timed out after 2 s", late: "threw" });
  });

  it("waits for a stopped handler as long as it is told, by default five seconds", async () => {
    const durations = [];
    for (const options of [{}, { graceMs: 0 }, { graceMs: 12_000 }]) {
      const { result } = await drive(jobOf([{ timeoutSeconds: 1 }]), handlerOf(never), options);
      durations.push(result.stepResults[0]?.durationSeconds);
    }
    expect(durations).toEqual([1 + DEFAULT_GRACE_MS / 1000, 1, 13]);
  });

  it.each([
    { heldMs: 999, ending: { status: "COMPLETED", output: "held" } },
    {
      heldMs: 1000,
      ending: { status: "FAILED", error: "timed out after 1 s", errorClass: "timeout", late: "returned" },
    },
  ])("holds for a handler that holds the thread for $heldMs ms of one second", async ({ heldMs, ending }) => {
    const clock = new ManualClock();
    const handler = handlerOf(() => {
      clock.hold(heldMs); // no timer can fire meanwhile
      return { success: true, output: "held" };
    });
    const { result } = await drive(jobOf([{ timeoutSeconds: 1 }]), handler, { clock });
    expect(result.stepResults).toMatchObject([ending]);
  });

  it("holds for a handler that holds the thread too long and then throws", async () => {
    const clock = new ManualClock();
    const handler = handlerOf(() => {
      clock.hold(1500);
      throw new Error("out of breath");
    });
    const { result } = await drive(jobOf([{ timeoutSeconds: 1 }]), handler, { clock });
    expect(result.stepResults).toMatchObject([{ error: "timed out after 1 s", late: "threw", durationSeconds: 1.5 }]);
  });

  it("is a new one for each step, however long the job is", async () => {
    const clock = new ManualClock();
    const handler = handlerOf(async () => {
      await pause(clock, 900);
      return succeed();
    });
    const { result } = await drive(jobOf(Array.from({ length: 5 }, () => ({ timeoutSeconds: 1 }))), handler, { clock });
    expect(result).toMatchObject({ finalStatus: "COMPLETED", durationSeconds: 4.5 });
  });
});

describe("the declared limit of a job", () => {
  it("stops the step that runs, names itself, and lets no later step run", async () => {
    const handler = handlerOf(({ step, signal }) => (step.stepIndex === 1 ? aborted(signal) : succeed()));
    const { result } = await drive(jobOf(3, { timeoutSeconds: 7 }), handler);
    expect(handler.calls).toHaveLength(2);
    expect(result).toMatchObject({
      finalStatus: "FAILED",
      finalReason: "Step 1 failed: job timed out after 7 s",
      stepResults: [{ status: "COMPLETED" }, { errorClass: "timeout", late: "returned" }],
      stepsNotRun: [{ stepIndex: 2 }],
      durationSeconds: 7,
    });
    expect(handler.calls[1]?.signal.reason).toMatchObject({ message: "job timed out after 7 s" });
  });

  it("that passes between two steps fails the job before the next one", async () => {
    const { result } = await drive(jobOf(2, { timeoutSeconds: 7 }), handlerOf(), {
      health: { observeHealth: () => never() },
      storeMs: 5500,
    });
    expect(result).toMatchObject({
      finalStatus: "FAILED",
      finalReason: "Stopped before step 1: job timed out after 7 s",
      stepsSucceeded: 1,
      stepsFailed: 0,
      stepsNotRun: [{ stepIndex: 1 }],
    });
  });

  it("that passes while the start of a step is stored fails the step without calling its handler", async () => {
    const handler = handlerOf();
    const { result, records } = await drive(jobOf(2, { timeoutSeconds: 7 }), handler, { storeMs: 8000 });
    expect(handler.calls).toHaveLength(0);
    expect(records.map(({ event_type }) => event_type)).toEqual(["step.started", "step.failed"]);
    expect(result).toMatchObject({ finalStatus: "FAILED", finalReason: "Step 0 failed: job timed out after 7 s" });
    expect(result.stepResults[0]).not.toHaveProperty("late");
  });

  it("that passes after the last step has succeeded takes nothing back", async () => {
    const clock = new ManualClock();
    const handler = handlerOf(async () => {
      await pause(clock, 6000);
      return succeed();
    });
    const { result } = await drive(jobOf(1, { timeoutSeconds: 7 }), handler, { clock, storeMs: 900 });
    expect(result).toMatchObject({ finalStatus: "COMPLETED", durationSeconds: 7.8 });
  });

  it("holds for a handler that holds the thread within the limit of its step", async () => {
    const clock = new ManualClock();
    const handler = handlerOf(() => {
      clock.hold(8000); // no timer can fire meanwhile
      return succeed();
    });
    const { result } = await drive(jobOf(3, { timeoutSeconds: 7 }), handler, { clock });
    expect(handler.calls).toHaveLength(1);
    expect(result).toMatchObject({
      finalStatus: "FAILED",
      finalReason: "Step 0 failed: job timed out after 7 s",
      stepResults: [{ errorClass: "timeout", late: "returned", durationSeconds: 8 }],
    });
  });

  it("holds for handlers that hold the thread in turns, so that no timer ever fires", async () => {
    const clock = new ManualClock();
    const handler = handlerOf(() => {
      clock.hold(3000);
      return succeed();
    });
    const { result } = await drive(jobOf(9, { timeoutSeconds: 7 }), handler, { clock });
    expect(handler.calls).toHaveLength(3);
    expect(result).toMatchObject({ finalStatus: "FAILED", stepsSucceeded: 2, stepsFailed: 1 });
  });

  it("holds when somebody else holds the thread before a step, so that its handler is not called", async () => {
    const clock = new ManualClock();
    const handler = handlerOf();
    const health = scriptedObserver((index) => {
      clock.hold(index === 1 ? 8000 : 0);
      return snapshot(index);
    });
    const { result } = await drive(jobOf(3, { timeoutSeconds: 7 }), handler, { clock, health });
    expect(handler.calls).toHaveLength(1);
    expect(result).toMatchObject({ finalStatus: "FAILED", finalReason: "Step 1 failed: job timed out after 7 s" });
  });

  it("gives way to the limit of a step that passes before it", async () => {
    const { result } = await drive(jobOf([{ timeoutSeconds: 1 }], { timeoutSeconds: 1.5 }), handlerOf(never));
    expect(result.finalReason).toBe("Step 0 failed: timed out after 1 s");
  });
});
