import { describe, expect, it } from "vitest";
import type { HealthSnapshot } from "#health";
import { drive } from "../support/drive.ts";
import { jobOf } from "../support/job.ts";
import { handlerOf } from "../support/step-handler.ts";

const HEALTHY: HealthSnapshot = { status: "HEALTHY", signals: { load: 1 } };

describe("an observation that is given again", () => {
  it("is held once for all steps if it is frozen: a long job stays small", async () => {
    const snapshot = Object.freeze({ ...HEALTHY, signals: Object.freeze({ load: 1 }) });
    const { result } = await drive(jobOf(3), handlerOf(), { health: { observeHealth: () => snapshot } });
    const [first, ...others] = result.stepResults.map(({ healthAfter }) => healthAfter);
    expect(first).toEqual(HEALTHY);
    expect(others.every((other) => other === first)).toBe(true);
  });

  it("is looked at anew if it can have changed since", async () => {
    const signals = { load: 0 };
    const observeHealth = (): HealthSnapshot => {
      signals.load += 1;
      return { status: "HEALTHY", signals };
    };
    const { result } = await drive(jobOf(2), handlerOf(), { health: { observeHealth } });
    expect(result.stepResults.map(({ healthAfter }) => healthAfter?.["signals"])).toEqual([{ load: 2 }, { load: 3 }]);
  });

  it("says nothing of health if it is frozen and no object", async () => {
    const health = { observeHealth: () => "HEALTHY" as unknown as HealthSnapshot }; // the breach that is tested
    const { result } = await drive(jobOf(2), handlerOf(), { health });
    expect(new Set(result.stepResults.map(({ healthError }) => healthError))).toEqual(
      new Set(["the observer's answer is not an object"]),
    );
  });
});
