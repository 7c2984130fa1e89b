import { describe, expect, it } from "vitest";
import { executionResultToEvidence } from "#evidence";
import type { ExecutionResult } from "#model";
import { openRunJson, resultJson } from "../../../src/cli/views/result-json.ts";
import { failedRun, step } from "../support/results.ts";

const LOG = { records: 9, head: "head" };

describe("a run as JSON", () => {
  const { healthBefore: _before, healthAfter: _after, ...unobserved } = failedRun();
  const cases: readonly (readonly [string, ExecutionResult])[] = [
    ["that failed", failedRun()],
    ["without observations", unobserved],
    ["with a step in doubt", { ...failedRun(), stepsInDoubt: [{ stepIndex: 3, stepType: "a.b", target: "" }] }],
    [
      "whose output is falsy",
      {
        ...failedRun(),
        stepResults: [
          { ...step(0), output: null },
          { ...step(1), output: 0 },
        ],
      },
    ],
    ["with a late step", { ...failedRun(), stepResults: [{ ...step(0), late: "threw", healthError: "no eyes" }] }],
  ];

  it.each(cases)("%s is the executor's evidence format and its log's head beside it", (_what, result) => {
    expect(resultJson(result, LOG)).toEqual({ ...executionResultToEvidence(result), log: LOG });
  });

  it("without an end tells what has ended, what runs, and what has not begun", () => {
    const declared = [0, 1, 2].map((stepIndex) => ({ stepIndex, stepType: "a.b", target: "t" }));
    const replay = { jobId: "j", status: "RUNNING", stepResults: [step(0)], running: declared[1] } as const;
    expect(openRunJson({ replay, declared, createdAt: "2026-01-01T00:00:00.000Z", log: LOG })).toMatchObject({
      job_id: "j",
      status: "RUNNING",
      steps_declared: 3,
      step_results: [{ step_index: 0, status: "COMPLETED", error: null }],
      step_running: { step_index: 1, step_type: "a.b", target: "t" },
      steps_not_run: [{ step_index: 2, step_type: "a.b", target: "t" }],
      log: LOG,
    });
  });
});
