import type { ExecutionContext } from "#effects";
import type { RecordDraft } from "#evidence";
import type { StepResult } from "#model";
import type { Observation } from "./observe.ts";

const EVENTS = { COMPLETED: "step.succeeded", FAILED: "step.failed" } as const;

/** The record that must be durable before the handler runs. */
export function startedRecord(context: ExecutionContext, before: Observation): RecordDraft {
  const seen = { health: before.healthAfter, health_error: before.healthError };
  return { event_type: "step.started", timestamp_utc: context.startedAt, ...identity(context), ...seen };
}

/** The record of one performed step: all of its result. */
export function endedRecord(context: ExecutionContext, result: StepResult): RecordDraft {
  const { status, errorClass, error, output, late, startedAt, durationSeconds, healthAfter, healthError } = result;
  const said = { status, error_class: errorClass, reason: error, output, late };
  const times = { started_at: startedAt, duration_seconds: durationSeconds };
  const seen = { health: healthAfter, health_error: healthError };
  const stamp = { event_type: EVENTS[status], timestamp_utc: result.completedAt };
  return { ...stamp, ...identity(context), ...said, ...times, ...seen };
}

function identity(context: ExecutionContext): Omit<RecordDraft, "event_type" | "timestamp_utc"> {
  const { executedBy, jobId, contractId, stepIndex, stepType, target, idempotencyKey } = context;
  const step = { step_index: stepIndex, step_type: stepType, target, idempotency_key: idempotencyKey };
  return { actor: executedBy, attempt: 0, job_id: jobId, contract_id: contractId, ...step };
}
