import { describe, expect, it } from "vitest";
import { ManualClock } from "../support/clock.ts";
import { drive, pause } from "../support/drive.ts";
import { scriptedObserver, snapshot } from "../support/health-observer.ts";
import { jobOf } from "../support/job.ts";
import { handlerOf, never } from "../support/step-handler.ts";

describe("looking at health", () => {
  it("is left out if there is no observer, and nothing is said of it", async () => {
    const { result, records } = await drive(jobOf(1), handlerOf());
    for (const member of ["healthBefore", "healthAfter"]) expect(result).not.toHaveProperty(member);
    for (const member of ["healthAfter", "healthError"]) expect(result.stepResults[0]).not.toHaveProperty(member);
    expect(records.map(({ health, health_error }) => [health, health_error])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it("happens before and after a step whose type has no handler", async () => {
    const health = scriptedObserver();
    const { result, records } = await drive(jobOf([{ stepType: "nobody" }]), handlerOf(), { health });
    expect(health.observations).toBe(2);
    expect(result).toMatchObject({ healthBefore: snapshot(0), healthAfter: snapshot(1) });
    expect(records).toMatchObject([{ event_type: "step.failed", health: snapshot(1) }]);
  });

  it("happens once for a job without steps, as the first and the last observation", async () => {
    const health = scriptedObserver();
    const { result } = await drive(jobOf(0), handlerOf(), { health });
    expect(health.observations).toBe(1);
    expect(result).toMatchObject({ healthBefore: snapshot(0), healthAfter: snapshot(0) });
  });

  it("gives the last snapshot that was seen if the very last look fails", async () => {
    const health = scriptedObserver((index) => (index === 2 ? undefined : snapshot(index)));
    const { result } = await drive(jobOf(2), handlerOf(), { health });
    expect(result.healthAfter).toEqual(snapshot(1));
    expect(result.stepResults[1]).toHaveProperty("healthError");
  });

  it.each([
    { afterMs: 999, seen: true },
    { afterMs: 1001, seen: false },
  ])("waits a second: an answer after $afterMs ms is seen: $seen", async ({ afterMs, seen }) => {
    const clock = new ManualClock();
    const health = scriptedObserver(async (index) => {
      await pause(clock, afterMs);
      return snapshot(index);
    });
    const { result } = await drive(jobOf(0), handlerOf(), { clock, health });
    expect(result.healthBefore !== undefined).toBe(seen);
    expect(result.finalStatus).toBe("COMPLETED");
  });

  it("takes what any thenable says, and what it says in refusal", async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- a thenable is what this is about
    const yes = { then: (resolve: (value: unknown) => void) => resolve(snapshot(7)) };
    // oxlint-disable-next-line unicorn/no-thenable -- a thenable is what this is about
    const no = { then: (_: unknown, reject: (reason: unknown) => void) => reject(new Error("shut")) };
    const { result } = await drive(jobOf(1), handlerOf(), {
      health: scriptedObserver((index) => (index === 0 ? yes : no)),
    });
    expect(result).toMatchObject({ healthBefore: snapshot(7), stepResults: [{ healthError: "shut" }] });
  });

  it.each<[string, () => unknown, string]>([
    ["null", () => null, "the observer's answer is not an object"],
    ["a list", () => [1], "the observer's answer is not an object"],
    ["a number", () => 1, "the observer's answer is not an object"],
    ["NaN inside", () => ({ load: Number.NaN }), "JSON cannot say this number"],
    [
      "a getter that throws",
      () => ({
        get status() {
          throw new Error("do not look");
        },
      }),
      "do not look",
    ],
    [
      "a throw of nothing",
      () => {
        throw undefined;
      },
      "undefined",
    ],
  ])("that gives %s is recorded as an error of looking, not of the step", async (_, answer, healthError) => {
    const { result } = await drive(jobOf(1), handlerOf(), { health: scriptedObserver(answer) });
    expect(result).toMatchObject({ finalStatus: "COMPLETED", stepResults: [{ status: "COMPLETED", healthError }] });
  });

  it("accepts an object without a prototype like any other", async () => {
    const bare = Object.assign(Object.create(null) as object, { status: "HEALTHY" });
    const { result } = await drive(jobOf(0), handlerOf(), { health: scriptedObserver(() => bare) });
    expect(result.healthBefore).toEqual({ status: "HEALTHY" });
  });

  it("sees what changes inside a snapshot that is given again, also if it is frozen on the outside", async () => {
    const signals = { observation: 0 };
    const given = Object.freeze({ status: "HEALTHY", signals });
    const health = scriptedObserver((index) => {
      signals.observation = index;
      return given;
    });
    const { result } = await drive(jobOf(2), handlerOf(), { health });
    expect([result.healthBefore, ...result.stepResults.map(({ healthAfter }) => healthAfter)]).toEqual(
      [0, 1, 2].map(snapshot),
    );
  });

  it("does not count into the duration of a step, only into that of the job", async () => {
    const { result } = await drive(jobOf(1), handlerOf(), { health: scriptedObserver(never) });
    expect(result.stepResults).toMatchObject([{ durationSeconds: 0 }]);
    expect(result.durationSeconds).toBe(2);
  });

  it("is not part of a step's limit, so a slow observer fails no step", async () => {
    const { result } = await drive(jobOf([{ timeoutSeconds: 0.5 }]), handlerOf(), { health: scriptedObserver(never) });
    expect(result.finalStatus).toBe("COMPLETED");
  });
});
