import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { performRandomJob } from "../support/perform-random-job.ts";
import { GRACE_MS, randomJob } from "../support/random-job.ts";

/** How long an observer can take, in milliseconds. */
const OBSERVER_MS = 1000;

/** A job that is stopped during its last store still has one batch to store. */
const STORES = 2;

describe("P6: a stop ends a job within known bounds and leaves nothing behind", () => {
  it("P6: any job ends within grace, one observation and two stores after it was stopped", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async (random) => {
        const stopMs = Math.min(random.cancelAtMs ?? Infinity, (random.job.timeoutSeconds ?? Infinity) * 1000);
        const { result } = await performRandomJob(random);
        const boundMs = stopMs + GRACE_MS + OBSERVER_MS + STORES * random.storeMs;
        const durationMs = Math.round(result.durationSeconds * 1_000_000) / 1000; // seconds have no exact milliseconds
        expect(durationMs).toBeLessThanOrEqual(Math.round(boundMs * 1000) / 1000);
      }),
    );
  });

  it("P6: any job leaves neither a timer nor a listener behind", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async (random) => {
        expect((await performRandomJob(random)).leftBehind).toBe(0);
      }),
    );
  });

  it("P6: any step ends within its limit, grace and one observation, whatever its handler does", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async (random) => {
        const { result } = await performRandomJob(random);
        for (const { stepIndex, durationSeconds } of result.stepResults) {
          const held = random.behaviours[stepIndex];
          const heldMs = held?.does === "hold the thread" ? held.forMs : 0; // nothing in this process can end that
          const limitMs = (random.job.steps[stepIndex]?.timeoutSeconds ?? 0) * 1000;
          expect(durationSeconds * 1000).toBeLessThanOrEqual(Math.max(heldMs, limitMs + GRACE_MS));
        }
      }),
    );
  });
});
