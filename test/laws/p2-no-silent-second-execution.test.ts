import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drive } from "../support/drive.ts";
import { memoryStore } from "../support/evidence-store.ts";
import { jobOf } from "../support/job.ts";
import { performRandomJob } from "../support/perform-random-job.ts";
import { randomJob } from "../support/random-job.ts";
import { runnerOver } from "../support/runner.ts";
import { handlerOf } from "../support/step-handler.ts";

/** The keys that the steps of a job are given. */
async function keysOf(jobId: string): Promise<string[]> {
  const handler = handlerOf();
  await drive(jobOf(3, { jobId }), handler);
  return handler.calls.map(({ context }) => context.idempotencyKey);
}

describe("P2: no effect happens twice without a record that says so", () => {
  it("P2: the key of a step is the same for ever and different for every other step and job", async () => {
    const [once, again, other] = [await keysOf("job-1"), await keysOf("job-1"), await keysOf("job-11")];
    expect(again).toEqual(once);
    expect(new Set([...once, ...other]).size).toBe(6);
  });

  it("P2: any effect has its own recorded start, under the key that its handler was given", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async (random) => {
        const { calls, records } = await performRandomJob(random);
        const started = records.filter(({ event_type }) => event_type === "step.started");
        const keys = started.map(({ idempotency_key }) => idempotency_key);
        expect(new Set(keys).size).toBe(keys.length);
        expect(keys.slice(0, calls.length)).toEqual(calls.map(({ context }) => context.idempotencyKey));
      }),
    );
  });

  it("P2: the same job handed over twice at once and once more later is performed once", async () => {
    const handler = handlerOf();
    const runner = runnerOver(memoryStore(), handler);
    const both = await Promise.all([runner.submit(jobOf(2)), runner.submit(jobOf(2))]);
    const results = await Promise.all(both.map(({ result }) => result));
    const later = await runner.submit(jobOf(2));
    expect([...both, later].map(({ attached }) => attached)).toEqual([false, true, true]);
    expect([...results, await later.result]).toEqual([results[0], results[0], results[0]]);
    expect(handler.calls).toHaveLength(2);
  });

  it("P2: another job under a used id is refused and performs nothing", async () => {
    const handler = handlerOf();
    const runner = runnerOver(memoryStore(), handler);
    await (
      await runner.submit(jobOf(1))
    ).result;
    await expect(runner.submit(jobOf(2))).rejects.toMatchObject({ code: "JOB_ID_TAKEN" });
    expect(handler.calls).toHaveLength(1);
  });
});
