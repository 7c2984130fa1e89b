import { describe, expect, it } from "vitest";
import type { StepView } from "../../../src/cli/views/run-view.ts";
import { stepView } from "../../../src/cli/views/run-view.ts";
import { indexColumns, stepLine } from "../../../src/cli/views/step-line.ts";
import { plain } from "../../../src/cli/text/paint.ts";
import { step } from "../support/results.ts";

const FAILED: StepView = {
  stepIndex: 3,
  stepType: "command.run",
  target: "pack the archive",
  word: "failed",
  durationSeconds: 0.125,
  error: "exited with code 2: tar: docs: no such file or directory",
};

function lineOn(columns: number, view: StepView = FAILED): string {
  return stepLine(view, { paint: plain, columns, indexColumns: 2 });
}

describe("the line of a step", () => {
  it.each([
    [
      Infinity,
      "✗ failed      3  command.run     pack the archive                     0.13s  exited with code 2: tar: docs: no such file or directory",
    ],
    [100, "✗ failed      3  command.run     pack the archive                     0.13s  exited with code 2: ta…"],
    [60, "✗ failed      3  command.run     pack th…     0.13s  exited…"],
    [50, "✗ failed      3  command.run     pack th…     0.1…"],
    [30, "✗ failed      3  command.run …"],
    [14, "✗ failed     …"],
  ])("on %d columns gives up its target first, then its end, never its word", (columns, line) => {
    expect(lineOn(columns)).toBe(line);
    expect(line.length).toBeLessThanOrEqual(columns);
  });

  it("shows the whole target where nobody looks, however long it is", () => {
    const target = "t".repeat(100);
    expect(lineOn(Infinity, { ...FAILED, target })).toContain(`  ${target}  `);
  });

  it("tells the kind of an error where that says more than unknown", () => {
    const failed = { ...step(0), status: "FAILED", error: "it was late" } as const;
    expect(stepView({ ...failed, errorClass: "timeout" }).error).toBe("it was late [timeout]");
    expect(stepView({ ...failed, errorClass: "unknown" }).error).toBe("it was late");
    expect(stepView({ ...failed, errorClass: "timeout", late: "running" }).error).toBe(
      "it was late [timeout] (it did not stop when it was told to)",
    );
  });

  it.each([
    [0, 1],
    [1, 1],
    [10, 1],
    [11, 2],
    [10_000, 4],
  ])("of %i steps gives the index the columns of the largest: %i", (steps, columns) => {
    expect(indexColumns(steps)).toBe(columns);
  });
});
