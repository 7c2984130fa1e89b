import { describe, expect, it } from "vitest";
import { knownNames, nearestName } from "../../src/document/known-names.ts";
import { planFileSchema } from "../../src/api/plan-file/plan-schema.ts";

describe("the name that was perhaps meant", () => {
  const known = ["max_workers", "needs", "retry", "name"];
  it.each([
    ["maxWorkers", "max_workers"],
    ["MAX-WORKERS", "max_workers"],
    ["need", "needs"],
    ["neeeds", "needs"],
    ["rerty", "retry"],
    ["nane", "name"],
    ["nam", "name"],
  ])("is the one that %s is near to: %s", (name, meant) => expect(nearestName(name, known)).toBe(meant));

  it.each(["retries", "na", "x", "", "workers"])("is not guessed where no name is near: %j", (name) => {
    expect(nearestName(name, known)).toBeUndefined();
  });

  it("is looked for among the names of the place, and of no other", () => {
    expect(knownNames(planFileSchema, ["jobs", "a", "retry", "backoff"])).toEqual([
      "base_seconds",
      "factor",
      "max_seconds",
      "jitter",
    ]);
    expect(knownNames(planFileSchema, ["jobs", "a", "steps", 3])).toContain("step_type");
    expect(knownNames(planFileSchema, ["jobs", "a", "steps"])).toEqual([]);
    expect(knownNames(planFileSchema, ["jobs"])).toEqual([]);
    expect(knownNames(planFileSchema, ["nothing", "there"])).toEqual([]);
  });
});
