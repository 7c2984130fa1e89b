import { LOG_SCHEMA } from "#evidence";
import type { RecordDraft } from "#evidence";
import type { ExecutionResult, Job, Json, JsonObject, StepReference } from "#model";

/** The only job of a run that stands for one direct call. */
export const DIRECT_JOB_KEY = "job";

/** What the first two records of a run tell. */
export interface Opening {
  readonly job: Job;
  readonly at: string;
  readonly planHash: string;
  /** The plan document, or the reference to it. */
  readonly plan: Json;
  readonly executorVersion: string;
  /** What let it in: whoever reaches the server may have jobs run, or a contract does. */
  readonly admission: "open" | "contract";
  /** Of a job that is handed over: the parameters of its steps, in order, or the reference to them. The plan has their hashes alone. */
  readonly parameters?: Json | undefined;
}

/** Opens a run's log: appended at 0, it is the claim on the job id. */
export function openingRecords({
  job,
  at,
  planHash,
  plan,
  executorVersion,
  admission,
  parameters,
}: Opening): readonly RecordDraft[] {
  const common = { timestamp_utc: at, actor: job.executedBy, attempt: 0 };
  return [
    {
      event_type: "run.created",
      ...common,
      job_id: job.jobId,
      contract_id: job.contractId,
      schema: LOG_SCHEMA,
      executor_version: executorVersion,
      steps_declared: job.steps.length,
      plan_hash: planHash,
      plan,
      job_keys: [DIRECT_JOB_KEY],
      recovery: "operator",
      data: { admission, ...(parameters !== undefined && { parameters }) },
    },
    { event_type: "job.started", ...common, job_key: DIRECT_JOB_KEY, job_id: job.jobId, contract_id: job.contractId },
  ];
}

/** Says which worker performs the job, under which claim: its first record of a job. */
export function claimedRecord({ worker, epoch, at }: Holder & { readonly at: string }): RecordDraft {
  return {
    event_type: "run.claimed",
    timestamp_utc: at,
    actor: worker,
    attempt: 0,
    data: claimData({ worker, epoch }),
  };
}

/** Who holds a run. */
export interface Holder {
  /** The worker's name. */
  readonly worker: string;
  /** Undefined where one process owns the store. */
  readonly epoch: string | undefined;
}

/** A holder as a record tells it. */
export function claimData({ worker, epoch }: Holder): JsonObject {
  return { ...(epoch !== undefined && { epoch }), worker };
}

/** Closes a run's log with what became of its job. */
export function closingRecords(result: ExecutionResult, doubtKey?: string): readonly RecordDraft[] {
  const succeeded = result.finalStatus === "COMPLETED";
  const common = { timestamp_utc: result.completedAt, actor: result.executedBy, attempt: 0 };
  const last = result.stepResults.at(-1);
  return [
    ...result.stepsInDoubt.map((step) => inDoubtRecord(step, result, doubtKey)),
    {
      event_type: succeeded ? "job.succeeded" : "job.failed",
      ...common,
      job_key: DIRECT_JOB_KEY,
      job_id: result.jobId,
      contract_id: result.contractId,
      status: result.finalStatus,
      error_class: result.stepsInDoubt.length > 0 ? "in_doubt" : last?.errorClass,
      reason: result.finalReason,
      duration_seconds: result.durationSeconds,
      started_at: result.startedAt,
      health_before: result.healthBefore,
      health: result.healthAfter,
    },
    {
      event_type: "run.completed",
      ...common,
      status: RUN_STATES[result.finalStatus],
      reason: result.finalReason,
    },
  ];
}

const RUN_STATES = { COMPLETED: "succeeded", FAILED: "failed", CANCELLED: "cancelled" } as const;

function inDoubtRecord(step: StepReference, result: ExecutionResult, idempotencyKey: string | undefined): RecordDraft {
  return {
    event_type: "step.in_doubt",
    timestamp_utc: result.completedAt,
    actor: result.executedBy,
    attempt: 0,
    job_id: result.jobId,
    contract_id: result.contractId,
    step_index: step.stepIndex,
    step_type: step.stepType,
    target: step.target,
    error_class: "in_doubt",
    reason: "It was started and has no recorded end: whether it took effect is not known.",
    idempotency_key: idempotencyKey,
  };
}
