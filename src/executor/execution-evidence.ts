import type { ExecutionResult, Json, JsonObject } from "#model";

/** The result in the audit format: snake_case, durations in seconds, null where a fixed member has no value. */
export function executionResultToEvidence(result: ExecutionResult): JsonObject {
  return {
    job_id: result.jobId,
    contract_id: result.contractId,
    executed_by: result.executedBy,
    final_status: result.finalStatus,
    final_reason: result.finalReason,
    execution_summary: {
      steps_declared: result.stepsDeclared,
      steps_executed: result.stepsExecuted,
      steps_succeeded: result.stepsSucceeded,
      steps_failed: result.stepsFailed,
    },
    step_results: result.stepResults.map((step) => ({
      output: null,
      error: null,
      error_class: null,
      ...snakeCase(step),
    })),
    steps_not_run: result.stepsNotRun.map(snakeCase),
    steps_in_doubt: result.stepsInDoubt.map(snakeCase),
    health_observations: { before: result.healthBefore ?? null, after: result.healthAfter ?? null },
    timing: {
      started_at: result.startedAt,
      completed_at: result.completedAt,
      duration_seconds: result.durationSeconds,
    },
    executor_version: result.executorVersion,
  };
}

/** The same members under snake_case names; what they hold stays untouched. */
function snakeCase(members: object): JsonObject {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [snakeName(name), value as Json])); // as typed by the model
}

function snakeName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
