import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HealthObserver } from "#health";
import { drive } from "../support/drive.ts";
import { expectedExecution } from "../support/expected-execution.ts";
import { scriptedObserver, snapshot } from "../support/health-observer.ts";
import { jobOf } from "../support/job.ts";
import { performRandomJob } from "../support/perform-random-job.ts";
import { randomJob } from "../support/random-job.ts";
import { handlerOf, never, succeed } from "../support/step-handler.ts";

/** Every way of touching an object other than reading a member of it. */
const TOUCHES = [
  "set",
  "deleteProperty",
  "defineProperty",
  "setPrototypeOf",
  "preventExtensions",
  "ownKeys",
  "apply",
] as const;

describe("EXEC-004: health is observed, never changed, and observing changes no outcome", () => {
  it("EXEC-004: health is observed once before the first step and once after each", async () => {
    const health = scriptedObserver();
    const { result, records } = await drive(jobOf(2), handlerOf(), { health });
    expect(health.observations).toBe(3);
    expect(result).toMatchObject({ healthBefore: snapshot(0), healthAfter: snapshot(2) });
    expect(records.map((record) => record.health)).toEqual([snapshot(0), snapshot(1), undefined, snapshot(2)]);
  });

  it("EXEC-004: each look comes when it says: before the first step, and after the step it belongs to", async () => {
    const story: string[] = [];
    const health = scriptedObserver((index) => {
      story.push(`look ${index}`);
      return snapshot(index);
    });
    const handler = handlerOf(({ step }) => {
      story.push(`step ${step.stepIndex}`);
      return succeed();
    });
    await drive(jobOf(2), handler, { health });
    expect(story).toEqual(["look 0", "step 0", "look 1", "step 1", "look 2"]);
  });

  it("EXEC-004: health is observed after a failed step, too, and is the job's last observation", async () => {
    const health = scriptedObserver();
    const handler = handlerOf(({ step }) => ({ success: step.stepIndex === 0, output: null }));
    const { result } = await drive(jobOf(3), handler, { health });
    expect(health.observations).toBe(3);
    expect(result.stepResults.map(({ healthAfter }) => healthAfter)).toEqual([snapshot(1), snapshot(2)]);
    expect(result).toMatchObject({ finalStatus: "FAILED", healthBefore: snapshot(0), healthAfter: snapshot(2) });
  });

  it("EXEC-004: nothing but the observation is asked of the observer, and nothing is handed to it", async () => {
    const touched: string[] = [];
    const argumentCounts: number[] = [];
    const eyes = {
      observeHealth: (...given: unknown[]) => {
        argumentCounts.push(given.length);
        return snapshot(0);
      },
    };
    const traps = Object.fromEntries(
      TOUCHES.map((name) => [name, () => Boolean(touched.push(name))]),
    ) as ProxyHandler<HealthObserver>; // traps that refuse nothing and remember all
    const health = new Proxy<HealthObserver>(eyes, {
      ...traps,
      get(target, name) {
        if (name !== "observeHealth") touched.push(String(name));
        return Reflect.get(target, name) as unknown;
      },
    });
    const { result } = await drive(jobOf(2), handlerOf(), { health });
    expect(result.finalStatus).toBe("COMPLETED");
    expect(argumentCounts).toEqual([0, 0, 0]);
    expect(touched).toEqual([]);
  });

  it("EXEC-004: the observer's answer stays untouched, and cannot be changed through the record", async () => {
    const given = snapshot(0);
    const { result } = await drive(jobOf(1), handlerOf(), { health: scriptedObserver(() => given) });
    expect(Object.isFrozen(given)).toBe(false);
    expect(given).toEqual(snapshot(0));
    expect(result.healthBefore).not.toBe(given);
    expect(Object.isFrozen(result.healthBefore?.["signals"])).toBe(true);
  });

  it.each<[string, () => unknown, string]>([
    [
      "throws",
      () => {
        throw new Error("the eye is shut");
      },
      "the eye is shut",
    ],
    ["rejects", () => Promise.reject(new Error("the eye is shut")), "the eye is shut"],
    ["answers with no object", () => "fine", "the observer's answer is not an object"],
    ["answers with what is not JSON", () => ({ status: 1n }), "JSON cannot say this bigint"],
    ["never answers", never, "the observer gave no answer within 1000 ms"],
  ])("EXEC-004: an observer that %s is evidence and fails nothing", async (_, answer, error) => {
    const { result, records } = await drive(jobOf(2), handlerOf(), { health: scriptedObserver(answer) });
    expect(result.finalStatus).toBe("COMPLETED");
    expect(result).not.toHaveProperty("healthBefore");
    expect(result).not.toHaveProperty("healthAfter");
    expect(result.stepResults.map(({ healthError }) => healthError)).toEqual([error, error]);
    expect(records.map(({ health_error }) => health_error)).toEqual([error, error, undefined, error]);
  });

  it("EXEC-004: any job is observed once before and once after each of its results", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async (random) => {
        const { observations, result } = await performRandomJob(random);
        expect(observations).toBe(random.sights === undefined ? 0 : 1 + result.stepResults.length);
        expect(result.healthBefore).toEqual(expectedExecution(random).result.healthBefore);
        expect(result.healthAfter).toEqual(expectedExecution(random).result.healthAfter);
      }),
    );
  });

  it("EXEC-004: any job that no time limit stops ends the same with any observer and with none", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async ({ job, behaviours, storeMs, sights }) => {
        const { timeoutSeconds: _, ...unlimited } = job;
        const random = { job: unlimited, behaviours, storeMs };
        const [unseen, seen] = [
          await performRandomJob(random),
          await performRandomJob({ ...random, ...(sights && { sights }) }),
        ];
        expect(seen.calls.map(({ context }) => context.stepIndex)).toEqual(
          unseen.calls.map(({ context }) => context.stepIndex),
        );
        expect(seen.result.finalReason).toBe(unseen.result.finalReason);
        expect(seen.result.stepResults.map(({ output, error, status }) => [status, error, output])).toEqual(
          unseen.result.stepResults.map(({ output, error, status }) => [status, error, output]),
        );
      }),
    );
  });

  it("EXEC-004: an observer that a handler changes on the way is none of the machine's business", async () => {
    const health = { observeHealth: () => snapshot(0) };
    const handler = handlerOf(() => {
      health.observeHealth = () => snapshot(9);
      return succeed();
    });
    const { result } = await drive(jobOf(1), handler, { health });
    expect(result).toMatchObject({ finalStatus: "COMPLETED", healthAfter: snapshot(9) });
  });
});
