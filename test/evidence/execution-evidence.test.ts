import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { executionResultToEvidence } from "#evidence";
import { EXECUTOR_VERSION } from "#executor";
import type { Json } from "#model";
import { ManualClock, wallTime } from "../support/clock.ts";
import { drive, pause } from "../support/drive.ts";
import { scriptedObserver, snapshot } from "../support/health-observer.ts";
import { jobOf } from "../support/job.ts";
import { performRandomJob } from "../support/perform-random-job.ts";
import { randomJob } from "../support/random-job.ts";
import { handlerOf } from "../support/step-handler.ts";

/** The known members of the audit format. What is added to it stands beside them. */
const KNOWN = {
  "": [
    "job_id",
    "final_status",
    "final_reason",
    "execution_summary",
    "step_results",
    "health_observations",
    "timing",
    "executor_version",
  ],
  execution_summary: ["steps_executed", "steps_succeeded", "steps_failed"],
  step_results: ["step_index", "status", "started_at", "completed_at", "output", "error"],
  health_observations: ["before", "after"],
  timing: ["started_at", "completed_at", "duration_seconds"],
} as const;

describe("the audit format of a result", () => {
  it("is this, for a job that succeeded", async () => {
    const clock = new ManualClock();
    const handler = handlerOf(async () => {
      await pause(clock, 123);
      return { success: true, output: { keptAsItIs: [1] } };
    });
    const { result } = await drive(jobOf(1), handler, { clock, health: scriptedObserver() });
    expect(executionResultToEvidence(result)).toStrictEqual({
      job_id: "job-1",
      contract_id: "contract-1",
      executed_by: "tester",
      final_status: "COMPLETED",
      final_reason: "All steps completed successfully",
      execution_summary: { steps_declared: 1, steps_executed: 1, steps_succeeded: 1, steps_failed: 0 },
      step_results: [
        {
          step_index: 0,
          step_type: "act",
          target: "target-0",
          status: "COMPLETED",
          started_at: wallTime(0),
          completed_at: wallTime(123),
          duration_seconds: 0.123,
          output: { keptAsItIs: [1] },
          error: null,
          error_class: null,
          health_after: snapshot(1),
        },
      ],
      steps_not_run: [],
      steps_in_doubt: [],
      health_observations: { before: snapshot(0), after: snapshot(1) },
      timing: { started_at: wallTime(0), completed_at: wallTime(123), duration_seconds: 0.123 },
      executor_version: EXECUTOR_VERSION,
    });
  });

  it("is this, for a job that failed in the middle and could not see its health", async () => {
    const health = scriptedObserver(() => 1);
    const handler = handlerOf(({ step }) =>
      step.stepIndex === 0 ? { success: true, output: null } : { success: false, output: "half", error: "no" },
    );
    const { result } = await drive(jobOf(3), handler, { health });
    const evidence = executionResultToEvidence(result);
    expect(evidence).toMatchObject({
      final_status: "FAILED",
      final_reason: "Step 1 failed: no",
      execution_summary: { steps_declared: 3, steps_executed: 2, steps_succeeded: 1, steps_failed: 1 },
      step_results: [
        { step_index: 0, status: "COMPLETED", output: null, error: null, error_class: null },
        { step_index: 1, status: "FAILED", output: "half", error: "no", error_class: "unknown" },
      ],
      steps_not_run: [{ step_index: 2, step_type: "act", target: "target-2" }],
      health_observations: { before: null, after: null },
    });
    expect(evidence).toHaveProperty("step_results.0.health_error", "the observer's answer is not an object");
  });

  it("tells of a late handler and of a step in doubt", async () => {
    const { result } = await drive(
      jobOf([{ timeoutSeconds: 1 }]),
      handlerOf(() => new Promise(() => {})),
    );
    const doubtful = { ...result, stepsInDoubt: [{ stepIndex: 0, stepType: "act", target: "target-0" }] };
    expect(executionResultToEvidence(doubtful)).toMatchObject({
      step_results: [{ late: "running", error_class: "timeout", output: null }],
      steps_in_doubt: [{ step_index: 0, step_type: "act", target: "target-0" }],
    });
  });

  it("has every known member for any job, is JSON, and loses nothing on the way through text", async () => {
    await fc.assert(
      fc.asyncProperty(randomJob, async (random) => {
        const { result } = await performRandomJob(random);
        const evidence = executionResultToEvidence(result);
        for (const [part, members] of Object.entries(KNOWN)) {
          const held: unknown = part === "" ? evidence : evidence[part];
          for (const object of Array.isArray(held) ? (held as Json[]) : [held])
            expect(Object.keys(object as object)).toEqual(expect.arrayContaining([...members])); // an object, or it fails
        }
        expect(JSON.parse(JSON.stringify(evidence))).toStrictEqual(evidence);
      }),
    );
  });

  it("does not touch the names inside outputs, parameters and observations", async () => {
    const output = { camelCase: { innerName: 1 }, snake_case: 2 };
    const seen = { status: "HEALTHY", signals: { freeBytes: 1 } };
    const { result } = await drive(
      jobOf(1),
      handlerOf(() => ({ success: true, output })),
      { health: scriptedObserver(() => seen) },
    );
    expect(executionResultToEvidence(result)).toMatchObject({
      step_results: [{ output, health_after: seen }],
      health_observations: { before: seen, after: seen },
    });
  });
});
