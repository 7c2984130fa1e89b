import type { EventType, RecordDraft } from "#evidence";

/** One moment, for all records whose time does not matter. */
export const AT = "2026-11-21T00:00:00.000Z";

/** A draft of this type, with whatever else is said. */
export function draft(event_type: EventType, members: Partial<RecordDraft> = {}): RecordDraft {
  return { event_type, timestamp_utc: AT, actor: "tester", attempt: 0, ...members };
}

/** The record that opens a log. */
export function created(runId: string, members: Partial<RecordDraft> = {}): RecordDraft {
  return draft("run.created", {
    job_id: runId,
    contract_id: "contract-1",
    schema: "evidence/v1",
    executor_version: "1.0.0",
    steps_declared: 0,
    plan: { steps: [] },
    job_keys: ["job"],
    recovery: "operator",
    ...members,
  });
}

/** A record that says only its number. */
export function note(number: number): RecordDraft {
  return draft("log.checkpoint", { data: { number } });
}

/** The notes `from`, `from + 1`, ..., as many as `count`. */
export function notes(from: number, count: number): readonly RecordDraft[] {
  return Array.from({ length: count }, (_nothing, offset) => note(from + offset));
}

/** The record that ends a log. */
export function completed(): RecordDraft {
  return draft("run.completed", { status: "succeeded", reason: "All steps completed successfully" });
}

/** A step that began. */
export function stepStarted(step_index: number, members: Partial<RecordDraft> = {}): RecordDraft {
  return draft("step.started", { step_index, step_type: "test.echo", target: `target-${step_index}`, ...members });
}

/** A step that succeeded. */
export function stepSucceeded(step_index: number, members: Partial<RecordDraft> = {}): RecordDraft {
  return draft("step.succeeded", {
    step_index,
    step_type: "test.echo",
    target: `target-${step_index}`,
    status: "COMPLETED",
    output: { step_index },
    started_at: AT,
    duration_seconds: 0.25,
    ...members,
  });
}

/** The record that ends the log of a run that failed. */
export function failedEnd(): RecordDraft {
  return draft("run.completed", { status: "failed", reason: "Step 0 failed: no" });
}

/** The record that opens a run again that has failed. */
export function resumed(members: Partial<RecordDraft> = {}): RecordDraft {
  return draft("run.resumed", { reason: "The disk was replaced.", ...members });
}
