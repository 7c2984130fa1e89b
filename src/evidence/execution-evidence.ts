import type { ExecutionResult, Json, JsonObject, StepResult } from "#model";

/** The result in the audit format: snake_case, durations in seconds, null where a fixed member has no value. */
export function executionResultToEvidence(result: ExecutionResult): JsonObject {
  const { jobId, contractId, executedBy, finalStatus, finalReason, stepResults, healthBefore, healthAfter } = result;
  const { stepsDeclared, stepsExecuted, stepsSucceeded, stepsFailed, stepsNotRun, stepsInDoubt } = result;
  const { startedAt, completedAt, durationSeconds, executorVersion } = result;
  return {
    ...snakeCase({ jobId, contractId, executedBy, finalStatus, finalReason }),
    execution_summary: snakeCase({ stepsDeclared, stepsExecuted, stepsSucceeded, stepsFailed }),
    step_results: stepResults.map(stepResultToEvidence),
    steps_not_run: stepsNotRun.map(snakeCase),
    steps_in_doubt: stepsInDoubt.map(snakeCase),
    health_observations: { before: healthBefore ?? null, after: healthAfter ?? null },
    timing: snakeCase({ startedAt, completedAt, durationSeconds }),
    executor_version: executorVersion,
  };
}

/** One step of it. */
export function stepResultToEvidence(step: StepResult): JsonObject {
  return { output: null, error: null, error_class: null, ...snakeCase(step) };
}

/** The same members under snake_case names; what they hold stays untouched. */
export function snakeCase(members: object): JsonObject {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [snakeName(name), value as Json])); // as typed by the model
}

function snakeName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
