import { executionResultToEvidence, snakeCase, stepResultToEvidence } from "#evidence";
import type { ExecutionResult, JsonObject } from "#model";
import type { LogHead, OpenRun } from "./run-view.ts";

/** An ended run in the evidence format, and its log's head. */
export function resultJson(result: ExecutionResult, log: LogHead): JsonObject {
  return { ...executionResultToEvidence(result), log: { records: log.records, head: log.head } };
}

/** A run without an end, as far as its log goes. */
export function openRunJson({ replay, declared, createdAt, log }: OpenRun): JsonObject {
  const done = new Set(replay.stepResults.map((step) => step.stepIndex));
  const undone = declared.filter(({ stepIndex }) => !done.has(stepIndex) && stepIndex !== replay.running?.stepIndex);
  return {
    job_id: replay.jobId,
    status: replay.status,
    steps_declared: declared.length,
    step_results: replay.stepResults.map(stepResultToEvidence),
    step_running: replay.running === undefined ? null : snakeCase(replay.running),
    steps_not_run: undone.map(snakeCase),
    timing: { created_at: createdAt },
    log: { records: log.records, head: log.head },
  };
}
