import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { ExecutionResult, StepResult } from "#model";
import { coloured, plain } from "../../../src/cli/text/paint.ts";
import { endedRun, openRun } from "../../../src/cli/views/run-view.ts";
import { countsText, summaryText } from "../../../src/cli/views/summary.ts";
import { failedRun, step } from "../support/results.ts";

const STYLE = { paint: plain, columns: Infinity };
const LOG = { records: 9, head: "h".repeat(43) };

/** The summary of a run of so many steps that all succeeded. */
function summaryOf(count: number): string {
  const stepResults = Array.from({ length: count }, (_none, index) => step(index));
  return summaryText(endedRun({ ...failedRun(), stepResults, stepsNotRun: [] }, LOG), STYLE);
}

describe("the summary of a run", () => {
  it("tells state, times, counts, every step with its error below, and how to verify the log", () => {
    expect(summaryText(endedRun(failedRun(), LOG), STYLE)).toBe(`Run Summary: run-abc
============================================================
Status: ✗ FAILED
Reason: Step 1 failed: Accuracy 95.2% below threshold 97%
Created: 2026-02-16T23:00:00.000Z
Completed: 2026-02-16T23:05:12.450Z
Duration: 312.45s

Steps: 8 total (2 completed, 1 failed, 5 not run)

Steps:
------------------------------------------------------------
  ✓ completed  0  check.contract  input-0                             10.00s
  ✓ completed  1  check.contract  input-1                             0.004s
  ✗ failed     2  phase.bench     benchmark                          302.00s
      Error: Accuracy 95.2% below threshold 97% [hard_gate_failed]
  ⊘ not run    3  stage.data      stage-3
  ⊘ not run    4  stage.data      stage-4
  ⊘ not run    5  stage.data      stage-5
  ⊘ not run    6  stage.data      stage-6
  ⊘ not run    7  stage.data      stage-7

Run id: run-abc
Log: 9 records, head hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh
Verify: verbatim verify run-abc --head hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh
`);
  });

  it("shows a step in doubt with a word of its own, in its place", () => {
    const result: ExecutionResult = {
      ...failedRun(),
      stepResults: [step(0)],
      stepsInDoubt: [{ stepIndex: 1, stepType: "phase.bench", target: "benchmark" }],
      stepsNotRun: [{ stepIndex: 2, stepType: "stage.data", target: "stage" }],
    };
    const text = summaryText(endedRun(result, LOG), STYLE);
    expect(text).toContain("(1 completed, 0 failed, 1 in doubt, 1 not run)");
    expect(text).toContain("\n  ? in doubt   1  phase.bench     benchmark\n");
  });

  it("tells of a run that goes on which step runs, and offers no head to verify it by", () => {
    const declared = [0, 1, 2].map((stepIndex) => ({ stepIndex, stepType: "a.b", target: `t${stepIndex}` }));
    const replay = { jobId: "j", status: "RUNNING", stepResults: [step(0)], running: declared[1] } as const;
    const text = summaryText(openRun({ replay, declared, createdAt: "2026-02-16T23:00:00.000Z", log: LOG }), STYLE);
    expect(text).toContain("Status: ▸ RUNNING\nCreated: 2026-02-16T23:00:00.000Z\n\nSteps: 3 total");
    expect(text).toContain("(1 completed, 0 failed, 1 running, 1 not run)");
    expect(text).toContain("  ▸ running    1  a.b             t1\n  ⊘ not run    2  a.b             t2\n");
    expect(text).toMatch(/Verify: verbatim verify j\n$/);
  });

  it("shows what a hostile step wrote as text, in every place where it stands", () => {
    const evil = "\u001B]0;owned\u0007\n✓ completed";
    const bad: StepResult = { ...step(0), status: "FAILED", error: evil, errorClass: "unknown", target: evil };
    const result = {
      ...failedRun(),
      jobId: evil,
      finalReason: evil,
      stepResults: [{ ...bad, stepType: evil }],
      stepsNotRun: [],
    };
    const text = summaryText(endedRun(result, { records: 1, head: evil }), { paint: plain, columns: 80 });
    expect(text).not.toContain("\u001B");
    expect(text).not.toContain("\u0007");
    expect(text).not.toMatch(/^✓ completed/m);
    expect(text).toContain(String.raw`Error: \u{1b}]0;owned\u{7}\n✓ completed`);
  });

  it("keeps every line of a step within the columns of a terminal", () => {
    const text = summaryText(endedRun(failedRun(), LOG), { paint: plain, columns: 50 });
    const lines = text.split("\n").filter((line) => /^ {2}[✓✗⊘]/.test(line));
    expect(lines).toHaveLength(8);
    expect(lines.filter((line) => line.length > 50)).toEqual([]);
  });

  it("lists of a long run both ends and all that failed, and says how much is left out", () => {
    const stepResults = Array.from({ length: 1000 }, (_none, index) =>
      index === 500
        ? { ...step(index), status: "FAILED" as const, error: "bad", errorClass: "unknown" as const }
        : step(index),
    );
    const result = { ...failedRun(), stepsDeclared: 1000, stepResults, stepsNotRun: [] };
    const text = summaryText(endedRun(result, LOG), STYLE);
    const shown = [...text.matchAll(/^ {2}[✓✗] \w+ +(\d+) /gm)].map(([, index]) => Number(index));
    expect(shown).toHaveLength(201);
    expect(shown.slice(98, 103)).toEqual([98, 99, 500, 900, 901]);
    expect(text.match(/\.\.\. .*/g)).toEqual([
      "... 400 steps left out here; --json lists all",
      "... 399 steps left out here; --json lists all",
    ]);
  });

  it("lists 200 steps whole, and one of 201 is left out", () => {
    expect(summaryOf(200)).not.toContain("left out");
    expect(summaryOf(201)).toContain("... 1 step left out here; --json lists all");
  });

  it("has no escape codes without colours, and the same words with them", () => {
    const run = endedRun(failedRun(), LOG);
    const text = summaryText(run, STYLE);
    const painted = summaryText(run, { paint: coloured, columns: Infinity });
    expect(text).not.toContain("\u001B");
    expect(painted).toContain("\u001B[31m✗ FAILED\u001B[39m");
    expect(stripVTControlCharacters(painted)).toBe(text);
  });

  it("counts completed and failed always, and the others where there are any", () => {
    expect(countsText([])).toBe("0 completed, 0 failed");
  });
});
