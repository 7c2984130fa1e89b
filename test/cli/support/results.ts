import type { ExecutionResult, StepResult } from "#model";

/** A step that has succeeded. */
export function step(stepIndex: number): StepResult {
  return {
    stepIndex,
    stepType: "check.contract",
    target: `input-${stepIndex}`,
    status: "COMPLETED",
    startedAt: "2026-02-16T23:00:00.000Z",
    completedAt: "2026-02-16T23:00:10.000Z",
    durationSeconds: stepIndex === 1 ? 0.004 : 10,
    output: { n: stepIndex },
  };
}

/** A run of eight steps, the third of which has failed. */
export function failedRun(): ExecutionResult {
  return {
    jobId: "run-abc",
    contractId: "contract-1",
    executedBy: "runner",
    finalStatus: "FAILED",
    finalReason: "Step 1 failed: Accuracy 95.2% below threshold 97%",
    stepsDeclared: 8,
    stepsExecuted: 3,
    stepsSucceeded: 2,
    stepsFailed: 1,
    stepResults: [
      step(0),
      step(1),
      {
        ...step(2),
        stepType: "phase.bench",
        target: "benchmark",
        status: "FAILED",
        durationSeconds: 302,
        error: "Accuracy 95.2% below threshold 97%",
        errorClass: "hard_gate_failed",
      },
    ],
    stepsNotRun: [3, 4, 5, 6, 7].map((stepIndex) => ({
      stepIndex,
      stepType: "stage.data",
      target: `stage-${stepIndex}`,
    })),
    stepsInDoubt: [],
    healthBefore: { status: "HEALTHY" },
    healthAfter: { status: "DEGRADED" },
    startedAt: "2026-02-16T23:00:00.000Z",
    completedAt: "2026-02-16T23:05:12.450Z",
    durationSeconds: 312.45,
    executorVersion: "1.0.0",
  };
}
