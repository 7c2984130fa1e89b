import type { HistoryAttempt, HistoryRun, HistoryWord } from "#evidence";
import type { Attempt, Run, Word } from "../gen/verbatim/orchestration/v1/run_pb.ts";
import { AttemptStatus } from "../gen/verbatim/orchestration/v1/run_pb.ts";
import { RUN_STATUS } from "./run-messages.ts";
import { timestamp } from "./wire-values.ts";

/** The message of a run in a list, without its jobs. */
export function listedRunMessage(run: HistoryRun): Run {
  return {
    $typeName: "verbatim.orchestration.v1.Run",
    runId: run.runId,
    name: run.name,
    status: RUN_STATUS[run.status],
    reason: run.reason ?? "",
    planHash: run.planHash,
    submittedBy: run.submittedBy,
    createdAt: timestamp(run.createdAt),
    endedAt: time(run.endedAt),
    maxWorkers: 0,
    jobs: [],
  };
}

/** The message of an attempt. */
export function attemptMessage(attempt: HistoryAttempt): Attempt {
  return {
    $typeName: "verbatim.orchestration.v1.Attempt",
    jobKey: attempt.key,
    attempt: attempt.attempt,
    jobId: attempt.jobId,
    planHash: attempt.planHash,
    status: ATTEMPT_STATUS[attempt.status],
    errorClass: attempt.errorClass ?? "",
    reason: attempt.reason ?? "",
    startedAt: timestamp(attempt.startedAt),
    endedAt: time(attempt.endedAt),
    durationSeconds: attempt.durationSeconds,
    exitCode: number(attempt.exitCode),
    peakRssBytes: number(attempt.peakRssBytes),
    cpuSeconds: attempt.cpuSeconds,
    retryDelayMs: number(attempt.retryDelayMs),
  };
}

const ATTEMPT_STATUS = {
  running: AttemptStatus.RUNNING,
  succeeded: AttemptStatus.SUCCEEDED,
  failed: AttemptStatus.FAILED,
  cancelled: AttemptStatus.CANCELLED,
  in_doubt: AttemptStatus.IN_DOUBT,
  interrupted: AttemptStatus.INTERRUPTED,
} as const satisfies Record<HistoryAttempt["status"], AttemptStatus>;

/** The message of somebody's word. */
export function wordMessage({ seq, kind, jobKey, status, actor, reason, at }: HistoryWord): Word {
  return {
    $typeName: "verbatim.orchestration.v1.Word",
    seq: BigInt(seq),
    eventType: kind,
    jobKey: jobKey ?? "",
    status: status ?? "",
    actor,
    reason: reason ?? "",
    at: timestamp(at),
  };
}

function time(text: string | undefined): Attempt["endedAt"] {
  return text === undefined ? undefined : timestamp(text);
}

function number(value: number | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(value);
}
