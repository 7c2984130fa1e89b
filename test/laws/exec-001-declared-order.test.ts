import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../support/clock.ts";
import { drive, pause } from "../support/drive.ts";
import { expectedExecution } from "../support/expected-execution.ts";
import { jobOf } from "../support/job.ts";
import { performRandomJob } from "../support/perform-random-job.ts";
import { randomJob } from "../support/random-job.ts";
import { handlerOf, succeed } from "../support/step-handler.ts";

describe("EXEC-001: steps are performed in the order in which they are declared", () => {
  it("EXEC-001: three steps run as first, second, third", async () => {
    const handler = handlerOf();
    const { result } = await drive(jobOf(3), handler);
    expect(handler.calls.map(({ step }) => step.stepIndex)).toEqual([0, 1, 2]);
    expect(result.stepResults.map(({ stepIndex }) => stepIndex)).toEqual([0, 1, 2]);
  });

  it("EXEC-001: names that would sort otherwise change nothing", async () => {
    const handler = handlerOf();
    const declared = ["z", "a", "m", "B", "10", "9"];
    await drive(jobOf(declared.map((target) => ({ target }))), handler);
    expect(handler.calls.map(({ step }) => step.target)).toEqual(declared);
  });

  it("EXEC-001: types that would group otherwise change nothing", async () => {
    const seen: string[] = [];
    const remember = handlerOf(({ step }) => {
      seen.push(step.stepType);
      return succeed();
    });
    const declared = ["b", "a", "b", "a"];
    await drive(jobOf(declared.map((stepType) => ({ stepType }))), { a: remember, b: remember });
    expect(seen).toEqual(declared);
  });

  it("EXEC-001: a step begins only when the one before it has ended and was recorded", async () => {
    const clock = new ManualClock();
    const story: string[] = [];
    const handler = handlerOf(async ({ step }) => {
      story.push(`begin ${step.stepIndex}`);
      await pause(clock, 10 - step.stepIndex); // the later ones would overtake the earlier ones
      story.push(`end ${step.stepIndex}`);
      return succeed();
    });
    await drive(jobOf(3), handler, { clock });
    expect(story).toEqual(["begin 0", "end 0", "begin 1", "end 1", "begin 2", "end 2"]);
  });

  it("EXEC-001: any job calls its handlers in declared order, each step by the handler of its type", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async (random) => {
        const { calls } = await performRandomJob(random);
        expect(calls.map(({ context }) => context.stepIndex)).toEqual(expectedExecution(random).called);
        for (const { context, handledAs } of calls)
          expect(handledAs).toBe(random.job.steps[context.stepIndex]?.stepType);
      }),
    );
  });

  it("EXEC-001: any job tells of its steps in declared order, start and end by turns", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async (random) => {
        const { records } = await performRandomJob(random);
        const told = records.map((record) => [record.event_type === "step.started", record.step_index]);
        const handled = random.behaviours.every(({ does }) => does !== "miss its handler");
        const starts = records.filter(({ event_type }) => event_type === "step.started").length;
        const turns = Array.from({ length: starts }, (_, index) => [
          [true, index],
          [false, index],
        ]).flat();
        if (handled) expect(told).toEqual(turns);
        else expect(starts).toBe(0);
      }),
    );
  });
});
