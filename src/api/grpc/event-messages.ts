import { isShared } from "#evidence";
import type { EvidenceRecord, StoredRecord } from "#evidence";
import type { ExecutionResult } from "#model";
import type { StepEvent, StepReference, StepResult } from "../gen/verbatim/executor/v1/executor_pb.ts";
import { StepStatus } from "../gen/verbatim/executor/v1/executor_pb.ts";
import { keepBytes } from "./hot-messages.ts";
import { resultMessage } from "./result-messages.ts";
import { jsonBytes, plainJsonBytes, timestamp } from "./wire-values.ts";

/** Events of one message, in characters of their lines: about 64 KiB, because a call may buffer several messages. */
export const BATCH_CHARACTERS = 64 * 1024;

/**
 * Cuts records into batches of at most `limit` characters of lines, one record at least, in order.
 */
export function* batches(
  records: readonly StoredRecord[],
  limit: number,
): Generator<readonly StoredRecord[], void, void> {
  let start = 0;
  let size = 0;
  for (const [position, { line }] of records.entries()) {
    if (size > 0 && size + line.length > limit) {
      yield records.slice(start, position);
      start = position;
      size = 0;
    }
    size += line.length;
  }
  if (start === 0) yield records;
  else yield records.slice(start);
}

/** The events of lists that many readers are given. */
const eventsOfShared = new WeakMap<readonly StoredRecord[], StepEvent[]>();

/** The list of events, to be filled by whoever comes first, where many readers are told of these very records; they end no run. */
export function sharedEvents(batch: readonly StoredRecord[]): StepEvent[] | undefined {
  if (!isShared(batch) || batch.at(-1)?.record.event_type === "run.completed") return undefined;
  const events = eventsOfShared.get(batch) ?? [];
  eventsOfShared.set(batch, events);
  keepBytes(events);
  return events;
}

/** The event that tells of a record, or undefined for a record that is only of interest in the log. */
export function eventOf(record: EvidenceRecord): StepEvent | undefined {
  switch (record.event_type) {
    case "step.started":
      return event(record, {
        case: "started",
        value: {
          $typeName: "verbatim.executor.v1.StepStarted",
          step: reference(record),
          startedAt: timestamp(record.timestamp_utc),
        },
      });
    case "step.succeeded":
    case "step.failed":
      return event(record, { case: "stepResult", value: stepResult(record) });
    case "step.in_doubt":
      return event(record, { case: "inDoubt", value: reference(record) });
    default:
      return undefined;
  }
}

/** The last event of a stream: the result, without what the stream has told already. */
export function endEvent(record: EvidenceRecord, result: ExecutionResult): StepEvent {
  return event(record, { case: "executionResult", value: resultMessage(result, "without lists") });
}

function event(record: EvidenceRecord, told: StepEvent["event"]): StepEvent {
  return { $typeName: "verbatim.executor.v1.StepEvent", seq: BigInt(record.seq), hash: record.hash, event: told };
}

function reference(record: EvidenceRecord): StepReference {
  return {
    $typeName: "verbatim.executor.v1.StepReference",
    stepIndex: record.step_index ?? 0,
    stepType: record.step_type ?? "",
    target: record.target ?? "",
  };
}

function stepResult(record: EvidenceRecord): StepResult {
  return {
    $typeName: "verbatim.executor.v1.StepResult",
    stepIndex: record.step_index ?? 0,
    stepType: record.step_type ?? "",
    target: record.target ?? "",
    status: record.event_type === "step.succeeded" ? StepStatus.COMPLETED : StepStatus.FAILED,
    startedAt: timestamp(record.started_at ?? record.timestamp_utc),
    completedAt: timestamp(record.timestamp_utc),
    durationSeconds: record.duration_seconds ?? 0,
    outputJson: jsonBytes(record.output),
    error: record.reason ?? "",
    errorClass: record.error_class ?? "",
    healthAfterJson: plainJsonBytes(record.health),
    healthError: record.health_error ?? "",
    late: record.late ?? "",
  };
}
