import { describe, expect, it } from "vitest";
import { EXECUTOR_VERSION, JobExecutor } from "#executor";
import { ManualClock, wallTime } from "../support/clock.ts";
import { drive, pause } from "../support/drive.ts";
import { jobOf } from "../support/job.ts";
import { handlerOf, succeed } from "../support/step-handler.ts";

describe("the result of a job", () => {
  it("without steps is COMPLETED with nothing declared, executed, succeeded or failed", async () => {
    const { result, batches } = await drive(jobOf(0), handlerOf());
    expect(batches).toEqual([]);
    expect(result).toStrictEqual({
      jobId: "job-1",
      contractId: "contract-1",
      executedBy: "tester",
      finalStatus: "COMPLETED",
      finalReason: "All steps completed successfully",
      stepsDeclared: 0,
      stepsExecuted: 0,
      stepsSucceeded: 0,
      stepsFailed: 0,
      stepResults: [],
      stepsNotRun: [],
      stepsInDoubt: [],
      startedAt: wallTime(0),
      completedAt: wallTime(0),
      durationSeconds: 0,
      executorVersion: EXECUTOR_VERSION,
    });
  });

  it("has its own times, which include what was waited for between the steps", async () => {
    const clock = new ManualClock();
    clock.advance(5000);
    const handler = handlerOf(async () => {
      await pause(clock, 250);
      return succeed();
    });
    const { result } = await drive(jobOf(2), handler, { clock, storeMs: 100 });
    expect(result).toMatchObject({ startedAt: wallTime(5000), completedAt: wallTime(5800), durationSeconds: 0.8 });
    expect(result.stepResults.map(({ startedAt, completedAt }) => [startedAt, completedAt])).toEqual([
      [wallTime(5000), wallTime(5350)],
      [wallTime(5350), wallTime(5700)],
    ]);
  });

  it("never has a negative duration when the clock goes back, of a step or of the job", async () => {
    const clock = new ManualClock();
    const handler = handlerOf(() => {
      clock.setBack(60_000);
      return succeed();
    });
    const { result, records } = await drive(jobOf(2), handler, { clock });
    expect(result).toMatchObject({ finalStatus: "COMPLETED", durationSeconds: 0 });
    expect(result.stepResults.map(({ durationSeconds }) => durationSeconds)).toEqual([0, 0]);
    expect(records.map(({ duration_seconds }) => duration_seconds)).toEqual([undefined, 0, undefined, 0]);
    expect(result.completedAt < result.startedAt).toBe(true); // what the wall clock said is told as it was said
  });

  it("keeps fractions of a millisecond of the monotonic clock", async () => {
    const clock = new ManualClock();
    const handler = handlerOf(async () => {
      await pause(clock, 0.25);
      return succeed();
    });
    const { result } = await drive(jobOf(1), handler, { clock });
    expect(result.stepResults[0]?.durationSeconds).toBe(0.000_25);
  });

  it("names the version of the machine that executed it", async () => {
    expect(EXECUTOR_VERSION).toMatch(/^\d+\.\d+\.\d+$/);
    expect((await drive(jobOf(1), new JobExecutor([["act", handlerOf()]]))).result.executorVersion).toBe(
      EXECUTOR_VERSION,
    );
    const other = new JobExecutor([["act", handlerOf()]], "9.9.9-test");
    expect(other.version).toBe("9.9.9-test");
    expect((await drive(jobOf(1), other)).result.executorVersion).toBe("9.9.9-test");
  });

  it("of 10,000 steps has 10,000 results in order", async () => {
    const { result, records } = await drive(
      jobOf(10_000),
      handlerOf(({ step }) => ({ success: true, output: step.stepIndex })),
    );
    expect(result).toMatchObject({ finalStatus: "COMPLETED", stepsExecuted: 10_000 });
    expect(result.stepResults.every(({ output }, index) => output === index)).toBe(true);
    expect(records).toHaveLength(20_000);
  });
});
