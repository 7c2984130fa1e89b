import type { ErrorClass, Json, JsonObject } from "#model";

/** The closed list of record types. The executor emits only `step.started`, `step.succeeded` and `step.failed`. */
export const EVENT_TYPES = [
  "run.created",
  "run.state_changed",
  "run.resumed",
  "run.override_applied",
  "run.claimed",
  "run.completed",
  "job.started",
  "job.succeeded",
  "job.failed",
  "job.retried",
  "job.skipped",
  "job.compensated",
  "gate.opened",
  "gate.approved",
  "gate.rejected",
  "gate.failed",
  "step.started",
  "step.succeeded",
  "step.failed",
  "step.in_doubt",
  "step.resolved",
  "artifact.emitted",
  "log.checkpoint",
  "log.recovered",
  "contract.submitted",
  "contract.verdict",
  "contract.transitioned",
  "contract.rollback",
  "contract.rollout",
  "denials.opened",
  "denials.counted",
  "denials.closed",
] as const;

/** The kind of a record, on the wire and in the log. */
export type EventType = (typeof EVENT_TYPES)[number];

/**
 * What a producer knows of a record. The members are those of the line, in the line's order; evidence adds
 * `event_id`, `run_id`, `seq`, `outputs_hash` and `hash`. Absent and undefined members are omitted, never null.
 */
export interface RecordDraft {
  readonly event_type: EventType;
  /** RFC 3339, UTC, milliseconds. Advisory: order is `seq`. */
  readonly timestamp_utc: string;
  readonly actor: string;
  /** 0-based. */
  readonly attempt: number;
  readonly job_key?: string | undefined;
  readonly job_id?: string | undefined;
  readonly contract_id?: string | undefined;
  readonly step_index?: number | undefined;
  readonly step_type?: string | undefined;
  readonly target?: string | undefined;
  readonly status?: string | undefined;
  readonly error_class?: ErrorClass | undefined;
  /** Why: the error of a failed step, the final reason of a job. */
  readonly reason?: string | undefined;
  readonly idempotency_key?: string | undefined;
  readonly epoch?: number | undefined;
  /** Base64url SHA-256 of the canonical JSON of the parameters. */
  readonly inputs_hash?: string | undefined;
  readonly output?: Json | undefined;
  readonly late?: "returned" | "threw" | "running" | undefined;
  /** Seconds, monotonic. */
  readonly duration_seconds?: number | undefined;
  readonly started_at?: string | undefined;
  readonly health_before?: JsonObject | undefined;
  readonly health?: JsonObject | undefined;
  readonly health_error?: string | undefined;
  /** First record only: form of the log, `evidence/v1`. */
  readonly schema?: string | undefined;
  readonly executor_version?: string | undefined;
  /** Of the only job of a run, in `run.created`; of an attempt at a plan's job, in `job.started`. */
  readonly steps_declared?: number | undefined;
  /** Base64url SHA-256 of the canonical JSON of the plan. */
  readonly plan_hash?: string | undefined;
  /** The plan without parameters, or a blob reference to it. */
  readonly plan?: Json | undefined;
  readonly job_keys?: readonly string[] | undefined;
  /** Recovery policy of a step in doubt. */
  readonly recovery?: string | undefined;
  /**
   * Free data of `log.*`, `artifact.emitted` and `job.retried`; `first_step` of a `job.started` that goes on from another attempt;
   * what a record of a contract is about. It stands in the line whatever its size: the bound is that of an append, 4 MiB.
   */
  readonly data?: JsonObject | undefined;
}

/** A record as stored. */
export interface EvidenceRecord extends RecordDraft {
  /** UUIDv7. */
  readonly event_id: string;
  readonly run_id: string;
  /** 0-based, without gaps. */
  readonly seq: number;
  /** Base64url SHA-256 of the canonical JSON of `output`, present with it. */
  readonly outputs_hash?: string | undefined;
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
