import type { Json } from "#model";
import { canonicalJson, digest } from "./canonical-json.ts";
import { chainHash, sealLine } from "./chain.ts";
import type { BlobReference, EvidenceRecord, RecordDraft, StoredRecord } from "./record.ts";

/** The place that a draft takes in its log. */
export interface LogPosition {
  readonly runId: string;
  readonly seq: number;
  /** Hash of the line before, or the genesis. */
  readonly previous: string;
  readonly eventId: string;
}

/** Makes the line of a record: members in fixed order, absent ones left out, compact, the hash last. */
export function encodeRecord(draft: RecordDraft, position: LogPosition): StoredRecord {
  const members = orderedMembers(draft, position);
  const body = JSON.stringify(members);
  const hash = chainHash(position.previous, body);
  return { line: sealLine(body, hash), record: Object.assign(members, { hash }) };
}

/** Whether an output stands for a payload beside the log. */
export function isBlobReference(value: Json | undefined): value is BlobReference {
  return typeof value === "object" && value !== null && "$blob" in value;
}

/** The digest under which an output is known: of its canonical JSON, whether it lies inline or beside the log. */
export function outputDigest(output: Json): string {
  return isBlobReference(output) ? output.$blob : digest(canonicalJson(output));
}

// The literal below is the order of the line's members: it is part of the format, the linter cannot know.
function orderedMembers(draft: RecordDraft, position: LogPosition): Omit<EvidenceRecord, "hash"> {
  return {
    event_id: position.eventId,
    event_type: draft.event_type,
    run_id: position.runId,
    seq: position.seq,
    timestamp_utc: draft.timestamp_utc,
    actor: draft.actor,
    attempt: draft.attempt,
    job_key: draft.job_key,
    job_id: draft.job_id,
    contract_id: draft.contract_id,
    step_index: draft.step_index,
    step_type: draft.step_type,
    target: draft.target,
    status: draft.status,
    error_class: draft.error_class,
    reason: draft.reason,
    idempotency_key: draft.idempotency_key,
    epoch: draft.epoch,
    inputs_hash: draft.inputs_hash,
    outputs_hash: draft.output === undefined ? undefined : outputDigest(draft.output),
    output: draft.output,
    late: draft.late,
    duration_seconds: draft.duration_seconds,
    started_at: draft.started_at,
    health_before: draft.health_before,
    health: draft.health,
    health_error: draft.health_error,
    schema: draft.schema,
    executor_version: draft.executor_version,
    steps_declared: draft.steps_declared,
    plan_hash: draft.plan_hash,
    plan: draft.plan,
    job_keys: draft.job_keys,
    recovery: draft.recovery,
    data: draft.data,
  };
}
