import { describe, expect, it } from "vitest";
import { ManualClock } from "../support/clock.ts";
import { drive, pause } from "../support/drive.ts";
import { scriptedObserver } from "../support/health-observer.ts";
import { jobOf } from "../support/job.ts";
import { aborted, handlerOf, never, succeed } from "../support/step-handler.ts";

const BY_ADA = { cancelledBy: "ada", reason: "wrong plan" };

/** A signal that aborts when the clock has come so far. */
function cancelledAt(clock: ManualClock, milliseconds: number, reason: unknown = BY_ADA): AbortSignal {
  const controller = new AbortController();
  clock.after(milliseconds, () => controller.abort(reason));
  return controller.signal;
}

describe("a cancelled job", () => {
  it("performs nothing if it was cancelled before it began", async () => {
    const handler = handlerOf();
    const health = scriptedObserver();
    const { result, batches } = await drive(jobOf(2), handler, { signal: AbortSignal.abort(BY_ADA), health });
    expect([handler.calls.length, batches.length, health.observations]).toEqual([0, 0, 1]);
    expect(result).toMatchObject({
      finalStatus: "CANCELLED",
      finalReason: "Stopped before step 0: cancelled by ada: wrong plan",
      stepsExecuted: 0,
      stepsNotRun: [{ stepIndex: 0 }, { stepIndex: 1 }],
    });
  });

  it("stops the step that runs and says who and why", async () => {
    const clock = new ManualClock();
    const handler = handlerOf(({ signal }) => aborted(signal));
    const { result, records } = await drive(jobOf(2), handler, { clock, signal: cancelledAt(clock, 500) });
    expect(result).toMatchObject({
      finalStatus: "CANCELLED",
      finalReason: "Step 0 failed: cancelled by ada: wrong plan",
      stepResults: [{ status: "FAILED", errorClass: "cancelled", late: "returned", durationSeconds: 0.5 }],
      stepsNotRun: [{ stepIndex: 1 }],
    });
    expect(records.at(-1)).toMatchObject({ event_type: "step.failed", error_class: "cancelled" });
    expect(handler.calls[0]?.signal.reason).toMatchObject({
      name: "Stop",
      errorClass: "cancelled",
      message: "cancelled by ada: wrong plan",
    });
  });

  it("stops a step that ignores its signal when its grace has passed", async () => {
    const clock = new ManualClock();
    const { result } = await drive(jobOf(1), handlerOf(never), { clock, signal: cancelledAt(clock, 500) });
    expect(result).toMatchObject({
      finalStatus: "CANCELLED",
      stepResults: [{ late: "running", durationSeconds: 5.5 }],
    });
  });

  it("stops between two steps, and the step before keeps its success", async () => {
    const clock = new ManualClock();
    const handler = handlerOf();
    const { result } = await drive(jobOf(2), handler, {
      clock,
      signal: cancelledAt(clock, 1500),
      health: scriptedObserver(never), // a second before the first step, a second after it
    });
    expect(handler.calls).toHaveLength(1);
    expect(result).toMatchObject({
      finalStatus: "CANCELLED",
      finalReason: "Stopped before step 1: cancelled by ada: wrong plan",
      stepsSucceeded: 1,
      stepsFailed: 0,
    });
  });

  it("never calls a handler whose start was being stored when the job was cancelled", async () => {
    const clock = new ManualClock();
    const handler = handlerOf();
    const { result, records } = await drive(jobOf(3), handler, { clock, storeMs: 10, signal: cancelledAt(clock, 15) });
    expect(handler.calls.map(({ context }) => context.stepIndex)).toEqual([0]);
    expect(records.map(({ event_type }) => event_type)).toEqual([
      "step.started",
      "step.succeeded",
      "step.started",
      "step.failed",
    ]);
    expect(result).toMatchObject({
      finalStatus: "CANCELLED",
      stepResults: [{ status: "COMPLETED" }, { status: "FAILED", errorClass: "cancelled" }],
      stepsNotRun: [{ stepIndex: 2 }],
    });
    expect(result.stepResults[1]).not.toHaveProperty("late");
  });

  it("stays COMPLETED if it was cancelled when every step had succeeded", async () => {
    const clock = new ManualClock();
    const { result } = await drive(jobOf(1), handlerOf(), { clock, storeMs: 10, signal: cancelledAt(clock, 15) });
    expect(result).toMatchObject({ finalStatus: "COMPLETED", finalReason: "All steps completed successfully" });
  });

  it("stays COMPLETED if it has no step at all", async () => {
    const { result } = await drive(jobOf(0), handlerOf(), { signal: AbortSignal.abort(BY_ADA) });
    expect(result).toMatchObject({ finalStatus: "COMPLETED", stepsDeclared: 0 });
  });

  it("stays FAILED if a step had failed before", async () => {
    const clock = new ManualClock();
    const handler = handlerOf(() => ({ success: false, output: null, error: "no" }));
    const { result } = await drive(jobOf(2), handler, { clock, storeMs: 10, signal: cancelledAt(clock, 15) });
    expect(result).toMatchObject({ finalStatus: "FAILED", finalReason: "Step 0 failed: no" });
  });

  it("stays timed out if it is cancelled during the grace of a passed deadline", async () => {
    const clock = new ManualClock();
    const signal = cancelledAt(clock, 1500);
    const { result } = await drive(jobOf([{ timeoutSeconds: 1 }, {}]), handlerOf(never), { clock, signal });
    expect(result).toMatchObject({ finalStatus: "FAILED", finalReason: "Step 0 failed: timed out after 1 s" });
  });

  it("may be cancelled by its own handler, which changes nothing about the rules", async () => {
    const controller = new AbortController();
    const handler = handlerOf(() => {
      controller.abort(BY_ADA);
      return succeed();
    });
    const { result } = await drive(jobOf(2), handler, { signal: controller.signal });
    expect(handler.calls).toHaveLength(1);
    expect(result).toMatchObject({ finalStatus: "CANCELLED", stepResults: [{ status: "FAILED", late: "returned" }] });
  });

  it("hands each handler a signal of its own, through which nobody else is stopped", async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const handler = handlerOf(() => succeed());
    await drive(jobOf(2), handler, { clock, signal: controller.signal });
    const signals = handler.calls.map(({ signal }) => signal);
    expect(new Set([...signals, controller.signal]).size).toBe(3);
    controller.abort(BY_ADA);
    expect(signals.map((signal) => signal.aborted)).toEqual([false, false]);
  });

  it("cannot be faked by a handler that fires its own signal's event", async () => {
    const clock = new ManualClock();
    const handler = handlerOf(async ({ signal }) => {
      signal.dispatchEvent(new Event("abort"));
      await pause(clock, 10);
      return succeed();
    });
    const { result } = await drive(jobOf(1), handler, { clock });
    expect(result).toMatchObject({ finalStatus: "COMPLETED", durationSeconds: 0.01 });
  });

  it.each<[string, unknown, string]>([
    ["nothing", undefined, "cancelled by the caller: no reason given"],
    ["null", null, "cancelled by the caller: no reason given"],
    ["a text", "enough", "cancelled by the caller: no reason given"],
    ["an error", new Error("enough"), "cancelled by the caller: no reason given"],
    ["only who", { cancelledBy: "ada" }, "cancelled by ada: no reason given"],
    ["only why", { reason: "enough" }, "cancelled by the caller: enough"],
    ["an object without a prototype", Object.create(null), "cancelled by the caller: no reason given"],
    ["what cannot be written out", { reason: Object.create(null) }, "cancelled by the caller: no reason given"],
    [
      "what throws when it is asked",
      {
        get reason() {
          throw new Error("no");
        },
      },
      "cancelled by the caller: no reason given",
    ],
    ["a lone surrogate", { cancelledBy: "ada", reason: "\ud800" }, "cancelled by ada: \ufffd"],
  ])("says as much as it can if the reason is %s", async (_, reason, said) => {
    const clock = new ManualClock();
    const { result } = await drive(jobOf(1), handlerOf(never), {
      clock,
      signal: cancelledAt(clock, 5, reason ?? null),
    });
    const { result: before } = await drive(jobOf(1), handlerOf(), { signal: AbortSignal.abort(reason) });
    expect(result).toMatchObject({ finalStatus: "CANCELLED", finalReason: `Step 0 failed: ${said}` });
    expect(before).toMatchObject({ finalStatus: "CANCELLED", finalReason: `Stopped before step 0: ${said}` });
  });
});

describe("the signal that a handler is given", () => {
  it("is the handler's own: hiding that it aborted gains no time, and its reason can be changed without effect", async () => {
    const clock = new ManualClock();
    const handler = handlerOf(async ({ signal }) => {
      Object.defineProperty(signal, "aborted", { value: false });
      signal.addEventListener("abort", () => {
        Object.assign(signal.reason as object, { errorClass: "cancelled", message: "ada asked for it" });
      });
      await pause(clock, 2000);
      return succeed();
    });
    const job = jobOf(1);
    const steps = job.steps.map((step) => ({ ...step, timeoutSeconds: 1 }));
    const { result } = await drive({ ...job, steps }, handler, { clock });
    expect(result).toMatchObject({
      finalStatus: "FAILED",
      stepResults: [{ error: "timed out after 1 s", errorClass: "timeout" }],
    });
  });
});
