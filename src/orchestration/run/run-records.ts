import { LOG_SCHEMA } from "#evidence";
import type { RecordDraft } from "#evidence";
import type { ErrorClass, ExecutionResult, Json, JsonObject, NotificationCause, RunStatus } from "#model";

/** Who says something, and when. */
export interface Said {
  readonly at: string;
  readonly actor: string;
  readonly reason?: string | undefined;
}

/** What the first record of a plan's run tells. */
export interface RunOpening {
  readonly said: Said;
  /** The plan's name. */
  readonly name: string;
  readonly contractId: string;
  readonly planHash: string;
  /** The plan, or the reference to it. */
  readonly plan: Json;
  readonly jobKeys: readonly string[];
  readonly executorVersion: string;
  /** When its jobs may be started first, RFC 3339; absent = at once. */
  readonly startAfter?: string | undefined;
  /** What of the run somebody is to be told. */
  readonly notifyOn: readonly NotificationCause[];
}

/** Opens the log of a plan's run: appended at 0, it is the claim on the run id. */
export function runOpeningRecords(opening: RunOpening): readonly RecordDraft[] {
  const { said, name, contractId, planHash, plan, jobKeys, executorVersion, startAfter, notifyOn } = opening;
  return [
    {
      event_type: "run.created",
      ...common(said),
      contract_id: contractId,
      schema: LOG_SCHEMA,
      executor_version: executorVersion,
      plan_hash: planHash,
      plan,
      job_keys: jobKeys,
      data: { name, admission: "open", ...(notifyOn.length > 0 && { notify_on: notifyOn }) },
    },
    stateChanged("preflight_validated", { at: said.at, actor: ENGINE }),
    stateChanged("executing", { at: said.at, actor: ENGINE }),
    ...(startAfter === undefined ? [] : [delayed(startAfter, said.at)]),
  ];
}

/** Nothing of the run is started before a time. */
function delayed(startAfter: string, at: string): RecordDraft {
  const draft = blocked("delayed", { at, actor: ENGINE, reason: `starts at ${startAfter}` });
  return { ...draft, data: { ...draft.data, start_after: startAfter } };
}

/** Who is named where nobody asked: the records' own author. */
export const ENGINE = "verbatim";

/** A record about the run's state. */
export function stateChanged(status: RunStatus, said: Said): RecordDraft {
  return { event_type: "run.state_changed", ...common(said), status };
}

/** Why a run is blocked: what a start may go on with, and what waits for somebody's word. */
export type BlockCause = "stopped" | "interrupted" | "gate" | "in_doubt" | "reopened" | "delayed";

/** The run waits. */
export function blocked(cause: BlockCause, said: Said): RecordDraft {
  return { ...stateChanged("blocked", said), data: { cause } };
}

/** What names an attempt in its records. */
export interface AttemptNames {
  readonly recordKey: string;
  readonly jobId: string;
  readonly attempt: number;
}

/** An attempt begins. `firstStep` is the step of the job that it begins with, `logId` the log of its own, if a worker performs it. */
export function jobStarted(
  names: AttemptNames,
  {
    said,
    steps,
    firstStep,
    logId,
  }: {
    readonly said: Said;
    readonly steps: number;
    readonly firstStep: number;
    readonly logId?: string | undefined;
  },
): RecordDraft {
  const data = { ...(firstStep > 0 && { first_step: firstStep }), ...(logId !== undefined && { log: logId }) };
  return {
    event_type: "job.started",
    ...common(said),
    ...named(names),
    steps_declared: steps,
    ...(Object.keys(data).length > 0 && { data }),
  };
}

/** An attempt has ended. */
export function jobEnded(
  names: AttemptNames,
  {
    result,
    errorClass,
    data,
  }: {
    readonly result: ExecutionResult;
    readonly errorClass?: ErrorClass | undefined;
    readonly data?: JsonObject | undefined;
  },
): RecordDraft {
  return {
    event_type: result.finalStatus === "COMPLETED" ? "job.succeeded" : "job.failed",
    ...common({ at: result.completedAt, actor: result.executedBy, reason: result.finalReason }),
    ...named(names),
    status: result.finalStatus,
    error_class: errorClass,
    duration_seconds: result.durationSeconds,
    started_at: result.startedAt,
    health_before: result.healthBefore,
    health: result.healthAfter,
    ...(data !== undefined && { data }),
  };
}

/** What is told of a job beside its attempts. */
export function aboutJob(
  eventType:
    | "job.retried"
    | "job.skipped"
    | "job.compensated"
    | "gate.opened"
    | "gate.approved"
    | "gate.rejected"
    | "gate.failed",
  {
    key,
    said,
    attempt = 0,
    data,
    errorClass,
  }: {
    readonly key: string;
    readonly said: Said;
    readonly attempt?: number;
    readonly data?: JsonObject;
    readonly errorClass?: ErrorClass;
  },
): RecordDraft {
  return {
    event_type: eventType,
    ...common(said),
    attempt,
    job_key: key,
    error_class: errorClass,
    ...(data !== undefined && { data }),
  };
}

/** The last word of a run. */
export function runCompleted(status: "succeeded" | "failed" | "cancelled" | "rolled_back", said: Said): RecordDraft {
  return { event_type: "run.completed", ...common(said), status };
}

/** A record with who, when and why. */
export function common({
  at,
  actor,
  reason,
}: Said): Pick<RecordDraft, "timestamp_utc" | "actor" | "attempt" | "reason"> {
  return { timestamp_utc: at, actor, attempt: 0, ...(reason !== undefined && { reason }) };
}

function named({ recordKey, jobId, attempt }: AttemptNames): Pick<RecordDraft, "attempt" | "job_key" | "job_id"> {
  return { attempt, job_key: recordKey, job_id: jobId };
}
