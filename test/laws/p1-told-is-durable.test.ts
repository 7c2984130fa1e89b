import { setImmediate as eventLoopTurn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../support/clock.ts";
import { drive, machineWith } from "../support/drive.ts";
import { heldStore } from "../support/evidence-store.ts";
import { admitted, jobOf } from "../support/job.ts";
import { performRandomJob } from "../support/perform-random-job.ts";
import { randomJob } from "../support/random-job.ts";
import { runnerOver } from "../support/runner.ts";
import { handlerOf, succeed } from "../support/step-handler.ts";

/** Everything that can happen without time passing has happened. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await eventLoopTurn();
}

describe("P1: nothing is performed and nothing is told before its record is durable", () => {
  it("P1: the machine performs a step only when its start was taken and the next batch is asked for", async () => {
    const handler = handlerOf();
    const batches = machineWith(handler).executeJob(admitted(jobOf(2)), { clock: new ManualClock() });
    await quiet();
    expect(handler.calls).toHaveLength(0);
    for (const performed of [0, 1]) {
      const { value } = await batches.next();
      await quiet();
      expect(value).toMatchObject(
        performed === 0
          ? [{ event_type: "step.started", step_index: 0 }]
          : [
              { event_type: "step.succeeded", step_index: 0 },
              { event_type: "step.started", step_index: 1 },
            ],
      );
      expect(handler.calls).toHaveLength(performed);
    }
    expect((await batches.next()).value).toMatchObject([{ event_type: "step.succeeded", step_index: 1 }]);
    expect(handler.calls).toHaveLength(2);
    expect(await batches.next()).toMatchObject({ done: true, value: { finalStatus: "COMPLETED" } });
  });

  it("P1: any call of a handler comes after the batch that ends with the start of its step was stored", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async (random) => {
        const { batches, calls } = await performRandomJob(random);
        const starts = batches.flatMap((batch) =>
          batch.at(-1)?.event_type === "step.started" ? [batch.at(-1)?.step_index] : [],
        );
        expect(starts.slice(0, calls.length)).toEqual(calls.map(({ context }) => context.stepIndex));
        for (const batch of batches)
          expect(batch.slice(0, -1).every(({ event_type }) => event_type !== "step.started")).toBe(true);
      }),
    );
  });

  it("P1: any job that no time limit stops ends the same however slow the store is", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async ({ job, behaviours, sights }) => {
        const { timeoutSeconds: _, ...unlimited } = job;
        const random = { job: unlimited, behaviours, ...(sights && { sights }) };
        const fast = await performRandomJob({ ...random, storeMs: 0 });
        const slow = await performRandomJob({ ...random, storeMs: 1_000_000 });
        expect(slow.result.finalReason).toBe(fast.result.finalReason);
        expect(slow.result.stepResults.map(({ durationSeconds }) => durationSeconds)).toEqual(
          fast.result.stepResults.map(({ durationSeconds }) => durationSeconds),
        );
      }),
    );
  });

  it("P1: the runner accepts, performs and answers one durable record at a time", async () => {
    const store = heldStore();
    const handler = handlerOf();
    const told: string[] = [];
    const submitted = runnerOver(store, handler).submit(jobOf(1));
    const answered = submitted.then(async ({ result }) => {
      told.push("accepted");
      told.push((await result).finalStatus);
    });
    const opening = await store.nextAppend();
    await quiet();
    expect(opening.drafts.map(({ event_type }) => event_type)).toEqual(["run.created", "job.started", "step.started"]);
    expect([told, handler.calls.length]).toEqual([[], 0]);
    opening.release();
    const closing = await store.nextAppend();
    await quiet();
    expect(closing.drafts.map(({ event_type }) => event_type)).toEqual([
      "step.succeeded",
      "job.succeeded",
      "run.completed",
    ]);
    expect([told, handler.calls.length]).toEqual([["accepted"], 1]);
    closing.release();
    await answered;
    expect(told).toEqual(["accepted", "COMPLETED"]);
  });

  it("P1: a job whose opening cannot be stored performs nothing and is told to nobody", async () => {
    const store = heldStore();
    const handler = handlerOf();
    const submitted = runnerOver(store, handler).submit(jobOf(2));
    (await store.nextAppend()).fail();
    await expect(submitted).rejects.toThrow("the disk is full");
    await quiet();
    expect([handler.calls.length, store.came]).toEqual([0, 1]);
  });

  it("P1: a job whose step cannot be recorded performs nothing more and has no result", async () => {
    const store = heldStore();
    const handler = handlerOf(succeed);
    const submitting = runnerOver(store, handler).submit(jobOf(3));
    (await store.nextAppend()).release();
    const { result } = await submitting;
    const failing = expect(result).rejects.toThrow("the disk is full");
    (await store.nextAppend()).fail();
    const recovery = await store.nextAppend(); // the runner closes what broke off, with what its log proves
    expect(recovery.drafts.map(({ event_type }) => event_type)).toEqual([
      "log.recovered",
      "step.in_doubt",
      "job.failed",
      "run.completed",
    ]);
    recovery.release();
    await failing;
    expect(handler.calls).toHaveLength(1);
  });

  it("P1: a job of 1,000 steps is stored as one batch a step and one more", async () => {
    const { batches } = await drive(jobOf(1000), handlerOf());
    expect(batches.map(({ length }) => length)).toEqual([1, ...Array.from({ length: 999 }, () => 2), 1]);
  });
});
