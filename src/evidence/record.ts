import type { ErrorClass, Json, JsonObject } from "#model";

/** The closed list of record types. The executor emits only `step.started`, `step.succeeded` and `step.failed`. */
export const EVENT_TYPES = [
  "run.created", "run.state_changed", "run.resumed", "run.override_applied", "run.completed",
  "job.started", "job.succeeded", "job.failed", "job.retried", "job.skipped", "job.compensated",
  "gate.opened", "gate.approved", "gate.rejected", "gate.failed",
  "step.started", "step.succeeded", "step.failed", "step.in_doubt", "step.resolved",
  "artifact.emitted", "log.checkpoint", "log.recovered",
] as const;

/** The kind of a record, on the wire and in the log. */
export type EventType = (typeof EVENT_TYPES)[number];

/**
 * What a producer knows of a record. The members are those of the line, in the line's order; evidence adds
 * `event_id`, `run_id`, `seq`, `outputs_hash` and `hash`. Absent members are omitted, never null.
 */
export interface RecordDraft {
  readonly event_type: EventType;
  /** RFC 3339, UTC, milliseconds. Advisory: order is `seq`. */
  readonly timestamp_utc: string;
  readonly actor: string;
  /** 0-based. */
  readonly attempt: number;
  readonly job_key?: string;
  readonly job_id?: string;
  readonly contract_id?: string;
  readonly step_index?: number;
  readonly step_type?: string;
  readonly target?: string;
  readonly status?: string;
  readonly error_class?: ErrorClass;
  /** Why: the error of a failed step, the final reason of a job. */
  readonly reason?: string;
  readonly idempotency_key?: string;
  readonly epoch?: number;
  /** Base64url SHA-256 of the canonical JSON of the parameters. */
  readonly inputs_hash?: string;
  readonly output?: Json;
  readonly late?: "returned" | "threw" | "running";
  /** Seconds, monotonic. */
  readonly duration_seconds?: number;
  readonly started_at?: string;
  readonly health_before?: JsonObject;
  readonly health?: JsonObject;
  readonly health_error?: string;
  /** `run.created` only: form of the log, `evidence/v1`. */
  readonly schema?: string;
  readonly executor_version?: string;
  readonly steps_declared?: number;
  /** Base64url SHA-256 of the canonical JSON of the plan. */
  readonly plan_hash?: string;
  /** The plan without parameters, or a blob reference to it. */
  readonly plan?: Json;
  readonly job_keys?: readonly string[];
  /** Recovery policy of a step in doubt. */
  readonly recovery?: string;
  /** Free data of `log.*` and `artifact.emitted`. */
  readonly data?: JsonObject;
}

/** A record as stored. */
export interface EvidenceRecord extends RecordDraft {
  /** UUIDv7. */
  readonly event_id: string;
  readonly run_id: string;
  /** 0-based, without gaps. */
  readonly seq: number;
  /** Base64url SHA-256 of the canonical JSON of `output`, present with it. */
  readonly outputs_hash?: string;
  /** Base64url; chains this line to all before it. */
  readonly hash: string;
}

/** A stored line: its exact text (without the line feed) and the record it says. */
export interface StoredRecord {
  readonly line: string;
  readonly record: EvidenceRecord;
}

/** Stands in a record for a payload over 8 KiB, which lies beside the log under its digest. */
export interface BlobReference extends JsonObject {
  readonly $blob: string;
  readonly size: number;
}
