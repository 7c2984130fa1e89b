import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isDeepFrozen } from "../governance/support/deep-freeze.ts";
import { ManualClock, wallTime } from "../support/clock.ts";
import { drive, pause } from "../support/drive.ts";
import { expectedExecution } from "../support/expected-execution.ts";
import { jobOf } from "../support/job.ts";
import { performRandomJob } from "../support/perform-random-job.ts";
import { randomJob } from "../support/random-job.ts";
import { handlerOf } from "../support/step-handler.ts";

describe("EXEC-002: every performed step leaves exactly one result and its records", () => {
  it("EXEC-002: a step that succeeds leaves its output, its times and no error", async () => {
    const clock = new ManualClock();
    const handler = handlerOf(async () => {
      await pause(clock, 1500);
      return { success: true, output: { files: 3 } };
    });
    const { result, records } = await drive(jobOf(1), handler, { clock });
    expect(result.stepResults).toStrictEqual([
      {
        stepIndex: 0,
        stepType: "act",
        target: "target-0",
        status: "COMPLETED",
        startedAt: wallTime(0),
        completedAt: wallTime(1500),
        durationSeconds: 1.5,
        output: { files: 3 },
      },
    ]);
    expect(records.map(({ event_type }) => event_type)).toEqual(["step.started", "step.succeeded"]);
  });

  it("EXEC-002: a step that fails leaves its error, its class and what it had to say", async () => {
    const handler = handlerOf(() => ({ success: false, output: [1], error: "no route", errorClass: "transient_io" }));
    const { result, records } = await drive(jobOf(1), handler);
    expect(result.stepResults).toMatchObject([
      { status: "FAILED", error: "no route", errorClass: "transient_io", output: [1] },
    ]);
    expect(records.at(-1)).toMatchObject({
      event_type: "step.failed",
      status: "FAILED",
      reason: "no route",
      error_class: "transient_io",
      output: [1],
    });
  });

  it("EXEC-002: a step that throws leaves what was thrown as its error", async () => {
    const handler = handlerOf(() => {
      throw new RangeError("out of it");
    });
    const { result } = await drive(jobOf(1), handler);
    expect(result.stepResults).toMatchObject([{ status: "FAILED", error: "out of it", errorClass: "unknown" }]);
  });

  it("EXEC-002: type and target are those that were declared, whatever the handler says", async () => {
    const handler = handlerOf(() => ({ success: true, output: null, target: "elsewhere", stepType: "other" }));
    const { result, records } = await drive(jobOf([{ target: "here" }]), handler);
    expect(result.stepResults).toMatchObject([{ target: "here", stepType: "act" }]);
    for (const record of records) expect(record).toMatchObject({ target: "here", step_type: "act" });
  });

  it("EXEC-002: every record names the job, the contract, who asked and the key of the step", async () => {
    const job = jobOf(2, { jobId: "job-7", contractId: "contract-9", executedBy: "ada" });
    const { records } = await drive(job, handlerOf());
    expect(records).toHaveLength(4);
    for (const record of records)
      expect(record).toMatchObject({
        job_id: "job-7",
        contract_id: "contract-9",
        actor: "ada",
        attempt: 0,
        idempotency_key: `job-7/${record.step_index}`,
      });
  });

  it("EXEC-002: any job leaves exactly the records that its declared behaviours say", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async (random) => {
        const { batches } = await performRandomJob(random);
        expect(batches).toEqual(expectedExecution(random).batches);
      }),
    );
  });

  it("EXEC-002: any job returns exactly the result that its declared behaviours say", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async (random) => {
        const { result } = await performRandomJob(random);
        expect(result).toStrictEqual(expectedExecution(random).result);
      }),
    );
  });

  it("EXEC-002: any start is followed by exactly one end of the same step before the job ends", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async (random) => {
        const { records, result } = await performRandomJob(random);
        const ends = records.filter(({ event_type }) => event_type !== "step.started");
        expect(ends.map(({ step_index }) => step_index)).toEqual(result.stepResults.map(({ stepIndex }) => stepIndex));
        expect(result.stepsInDoubt).toEqual([]);
      }),
    );
  });

  it("EXEC-002: nobody can change a result once it is given", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async (random) => {
        const { result } = await performRandomJob(random);
        expect(Object.isFrozen(result)).toBe(true);
        expect(isDeepFrozen(result.stepResults)).toBe(true);
      }),
    );
  });
});
