import type { EvidenceRecord } from "#evidence";
import type { Plan, PlannedJob, PlannedStep } from "#model";
import type { PlannedJobView, RunView, ScheduleView } from "#orchestration";
import type {
  PlannedJob as PlannedJobMessage,
  PlannedStep as PlannedStepMessage,
  Run,
  RunEvent,
  RunJob,
  Schedule,
} from "../gen/verbatim/orchestration/v1/run_pb.ts";
import { Gate, PlannedJobStatus, RunStatus } from "../gen/verbatim/orchestration/v1/run_pb.ts";
import { timestamp } from "./wire-values.ts";

/** The message of a run. */
export function runMessage(view: RunView): Run {
  return {
    $typeName: "verbatim.orchestration.v1.Run",
    runId: view.runId,
    name: view.name,
    status: RUN_STATUS[view.status],
    reason: view.reason ?? "",
    planHash: view.planHash,
    submittedBy: view.submittedBy,
    createdAt: timestamp(view.createdAt),
    endedAt: view.endedAt === undefined ? undefined : timestamp(view.endedAt),
    maxWorkers: view.maxWorkers,
    jobs: view.jobs.map(jobMessage),
  };
}

function jobMessage(job: PlannedJobView): RunJob {
  return {
    $typeName: "verbatim.orchestration.v1.RunJob",
    key: job.key,
    needs: [...job.needs],
    status: JOB_STATUS[job.status],
    attempt: job.attempt < 0 ? undefined : job.attempt,
    maxAttempts: job.maxAttempts,
    gate: gateOf(job.gate),
    gateOpen: job.gateOpen,
    marked: job.marked,
    steps: job.steps,
    reason: job.reason ?? "",
    errorClass: job.errorClass ?? "",
    startedAt: job.startedAt === undefined ? undefined : timestamp(job.startedAt),
    endedAt: job.endedAt === undefined ? undefined : timestamp(job.endedAt),
  };
}

/** States of a run on the wire. */
export const RUN_STATUS = {
  created: RunStatus.CREATED,
  preflight_validated: RunStatus.PREFLIGHT_VALIDATED,
  executing: RunStatus.EXECUTING,
  blocked: RunStatus.BLOCKED,
  rolling_back: RunStatus.ROLLING_BACK,
  succeeded: RunStatus.SUCCEEDED,
  failed: RunStatus.FAILED,
  cancelled: RunStatus.CANCELLED,
  rolled_back: RunStatus.ROLLED_BACK,
} as const satisfies Record<RunView["status"], RunStatus>;

const JOB_STATUS = {
  pending: PlannedJobStatus.PENDING,
  blocked: PlannedJobStatus.BLOCKED,
  running: PlannedJobStatus.RUNNING,
  retrying: PlannedJobStatus.RETRYING,
  succeeded: PlannedJobStatus.SUCCEEDED,
  failed: PlannedJobStatus.FAILED,
  in_doubt: PlannedJobStatus.IN_DOUBT,
  skipped: PlannedJobStatus.SKIPPED,
  compensated: PlannedJobStatus.COMPENSATED,
} as const satisfies Record<PlannedJobView["status"], PlannedJobStatus>;

/** The word of the model for a state on the wire; undefined for one that this version does not know. */
export function runStatusOf(status: RunStatus): RunView["status"] | undefined {
  return STATUS_WORDS.get(status);
}

const STATUS_WORDS = new Map(
  (Object.keys(RUN_STATUS) as RunView["status"][]).map((word) => [RUN_STATUS[word] as RunStatus, word]), // its very keys
);

/** The number of a state on the wire. */
export function runStatusMessage(status: RunView["status"]): RunStatus {
  return RUN_STATUS[status];
}

/** The word of the model for a job's state on the wire; undefined for one that this version does not know. */
export function plannedJobStatusOf(status: PlannedJobStatus): PlannedJobView["status"] | undefined {
  return JOB_STATUS_WORDS.get(status);
}

const JOB_STATUS_WORDS = new Map(
  (Object.keys(JOB_STATUS) as PlannedJobView["status"][]).map((word) => [JOB_STATUS[word] as PlannedJobStatus, word]), // its very keys
);

/** The message of a job that would run. */
export function plannedJobMessages(plan: Plan): PlannedJobMessage[] {
  return plan.jobs.map((job: PlannedJob) => ({
    $typeName: "verbatim.orchestration.v1.PlannedJob",
    key: job.key,
    needs: [...job.needs],
    gate: gateOf(job.gate),
    steps: job.steps.map(stepMessage),
    maxAttempts: job.retry.maxAttempts,
    compensate: job.compensate.map(stepMessage),
  }));
}

function stepMessage({ stepType, target, timeoutSeconds }: PlannedStep): PlannedStepMessage {
  return { $typeName: "verbatim.orchestration.v1.PlannedStep", stepType, target, timeoutSeconds };
}

/** The message of a schedule. */
export function scheduleMessage({ nextAt, ...schedule }: ScheduleView): Schedule {
  const next = nextAt === undefined ? undefined : timestamp(nextAt);
  return { $typeName: "verbatim.orchestration.v1.Schedule", ...schedule, nextAt: next };
}

function gateOf(gate: PlannedJob["gate"]): Gate {
  if (gate === undefined) return Gate.UNSPECIFIED;
  return gate === "hard" ? Gate.HARD : Gate.MANUAL;
}

/** The event that tells of a record. */
export function runEvent(record: EvidenceRecord): RunEvent {
  const delay = record.data?.["delay_ms"];
  return {
    $typeName: "verbatim.orchestration.v1.RunEvent",
    seq: BigInt(record.seq),
    hash: record.hash,
    eventType: record.event_type,
    timestamp: timestamp(record.timestamp_utc),
    actor: record.actor,
    jobKey: record.job_key ?? "",
    attempt: record.attempt,
    stepIndex: record.step_index,
    stepType: record.step_type ?? "",
    target: record.target ?? "",
    status: record.status ?? "",
    errorClass: record.error_class ?? "",
    reason: record.reason ?? "",
    durationSeconds: record.duration_seconds,
    stepsDeclared: record.steps_declared,
    delayMs: typeof delay === "number" ? delay : undefined,
  };
}
