import type { ExecutionResult, Json, JsonObject, StepResult } from "#model";
import type { LogHead, OpenRun } from "./run-view.ts";

/** An ended run in the evidence format (snake_case, seconds, null for a fixed member without a value), and its log's head. */
export function resultJson(result: ExecutionResult, log: LogHead): JsonObject {
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
    step_results: result.stepResults.map(stepJson),
    steps_not_run: result.stepsNotRun.map(snakeCase),
    steps_in_doubt: result.stepsInDoubt.map(snakeCase),
    health_observations: { before: result.healthBefore ?? null, after: result.healthAfter ?? null },
    timing: {
      started_at: result.startedAt,
      completed_at: result.completedAt,
      duration_seconds: result.durationSeconds,
    },
    executor_version: result.executorVersion,
    log: { records: log.records, head: log.head },
  };
}

function stepJson(step: StepResult): JsonObject {
  return { output: null, error: null, error_class: null, ...snakeCase(step) };
}

/** The same members under snake_case names; what they hold stays untouched. */
export function snakeCase(members: object): JsonObject {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value as Json, // as typed by the model
    ]),
  );
}

/** A run without an end, as far as its log goes. */
export function openRunJson({ replay, declared, createdAt, log }: OpenRun): JsonObject {
  const done = new Set(replay.stepResults.map((step) => step.stepIndex));
  const undone = declared.filter(({ stepIndex }) => !done.has(stepIndex) && stepIndex !== replay.running?.stepIndex);
  return {
    job_id: replay.jobId,
    status: replay.status,
    steps_declared: declared.length,
    step_results: replay.stepResults.map(stepJson),
    step_running: replay.running === undefined ? null : snakeCase(replay.running),
    steps_not_run: undone.map(snakeCase),
    timing: { created_at: createdAt },
    log: { records: log.records, head: log.head },
  };
}
