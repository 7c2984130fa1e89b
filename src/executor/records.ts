import type { ExecutionContext } from "#effects";
import type { RecordDraft } from "#evidence";
import type { JsonObject, StepResult } from "#model";

/** The record that must be durable before the handler runs. */
export function startedRecord(context: ExecutionContext, healthBefore: JsonObject | undefined): RecordDraft {
  return { ...draft("step.started", context.startedAt, context), health: healthBefore };
}

/** The record of one performed step: all of its result. */
export function endedRecord(context: ExecutionContext, result: StepResult): RecordDraft {
  return {
    ...draft(result.status === "COMPLETED" ? "step.succeeded" : "step.failed", result.completedAt, context),
    status: result.status,
    error_class: result.errorClass,
    reason: result.error,
    output: result.output,
    late: result.late,
    started_at: result.startedAt,
    duration_seconds: result.durationSeconds,
    health: result.healthAfter,
    health_error: result.healthError,
  };
}

function draft(event_type: RecordDraft["event_type"], timestamp_utc: string, context: ExecutionContext): RecordDraft {
  return {
    event_type,
    timestamp_utc,
    actor: context.executedBy,
    attempt: 0,
    job_id: context.jobId,
    contract_id: context.contractId,
    step_index: context.stepIndex,
    step_type: context.stepType,
    target: context.target,
    idempotency_key: context.idempotencyKey,
  };
}
