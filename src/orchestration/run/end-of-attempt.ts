import type { RecordDraft } from "#evidence";
import type { ErrorClass, ExecutionResult, JsonObject } from "#model";
import { failureClass } from "./attempt.ts";
import type { Artifact } from "./attempt.ts";
import type { AttemptKind } from "./attempt-names.ts";
import { attemptJobId } from "./attempt-names.ts";
import { decideRetry } from "./decide-retry.ts";
import type { JobState } from "./job-state.ts";
import { aboutJob, ENGINE, jobEnded } from "./run-records.ts";
import type { AttemptNames } from "./run-records.ts";
import type { Stop } from "./run-state.ts";

/** What is known when an attempt has ended. */
export interface AttemptEnd {
  readonly kind: AttemptKind;
  readonly names: AttemptNames;
  readonly result: ExecutionResult;
  /** Of the command that failed, if one did. */
  readonly exitCode: number | undefined;
  readonly artifacts: readonly Artifact[];
  /** Whether its worker has cut it off: then it is not failed, and another one goes on. */
  readonly interrupted: boolean;
  readonly stop: Stop | undefined;
  /** Whether another failed job has stopped the run. */
  readonly stopped: boolean;
  /** In [0, 1): where in its jitter a wait lies. */
  readonly chance: number;
  readonly at: string;
}

/** What is recorded of the end of an attempt, and what it means for its job: together, so that a crash leaves all of it or none. */
export function endOfAttempt(job: JobState, end: AttemptEnd): RecordDraft[] {
  const { kind, names, result, artifacts, at } = end;
  const errorClass =
    result.finalStatus === "COMPLETED" ? undefined : end.interrupted ? "cancelled" : failureClass(result);
  const drafts = artifacts.map((data): RecordDraft => artifactRecord(data, names, result));
  drafts.push(jobEnded(names, { result, errorClass, data: endData(end, errorClass) }));
  if (end.interrupted) drafts.push(...afterInterruption(end));
  else if (kind === "probe") drafts.push(...afterProbe(job, end, errorClass));
  else if (kind === "job" && errorClass !== undefined) drafts.push(...afterFailure(job, end, errorClass));
  else if (kind === "compensate" && errorClass === undefined)
    drafts.push(
      aboutJob("job.compensated", { key: job.job.key, said: { at, actor: ENGINE }, attempt: Math.max(0, job.attempt) }),
    );
  return drafts;
}

function artifactRecord(data: Artifact, names: AttemptNames, result: ExecutionResult): RecordDraft {
  return {
    event_type: "artifact.emitted",
    timestamp_utc: result.completedAt,
    actor: result.executedBy,
    attempt: names.attempt,
    job_key: names.recordKey,
    job_id: names.jobId,
    data,
  };
}

/** An attempt that this process stopped for its own sake is cut off, not failed. */
function endData(end: AttemptEnd, errorClass: ErrorClass | undefined): JsonObject | undefined {
  const { exitCode, stop } = end;
  const interrupted = end.interrupted || (errorClass === "cancelled" && stop?.kind === "drain");
  if (exitCode === undefined && !interrupted) return undefined;
  return { ...(exitCode !== undefined && { exit_code: exitCode }), ...(interrupted && { interrupted: true }) };
}

/** Another worker goes on where this one was. */
function afterInterruption({ names: { recordKey: key, attempt }, stop, at }: AttemptEnd): readonly RecordDraft[] {
  if (stop?.kind === "cancel") return [];
  const said = { at, actor: ENGINE, reason: "its worker went away, with no step in doubt" };
  return [aboutJob("job.retried", { key, said, attempt: attempt + 1, data: { delay_ms: 0 } })];
}

/** What a start would do with a step in doubt, where the job declares that it needs nobody's word. A probe is due by itself. */
function afterDoubt({ job, attempt }: JobState, { stopped, at }: AttemptEnd): readonly RecordDraft[] {
  const { key, recovery, retry } = job;
  const again = recovery === "idempotent" || recovery === "rerun";
  if (!again || stopped || attempt + 1 >= Math.max(retry.maxAttempts, 1) + DOUBTS_RUN_AGAIN) return [];
  const said = { at, actor: ENGINE, reason: `in doubt: its recovery is ${recovery}` };
  return [aboutJob("job.retried", { key, said, attempt: attempt + 1, data: { delay_ms: 0 } })];
}

/** A step that takes down whatever performs it is not given to one worker after the other for ever: then it waits for somebody's word. */
const DOUBTS_RUN_AGAIN = 5;

function afterFailure(job: JobState, end: AttemptEnd, errorClass: ErrorClass): readonly RecordDraft[] {
  if (errorClass === "cancelled" || end.stop?.kind === "cancel") return [];
  if (errorClass === "in_doubt") return afterDoubt(job, end);
  const { result, exitCode, chance, at } = end;
  const { key, retry, gate } = job.job;
  const { attempt } = job;
  const elapsedMs = Date.parse(result.completedAt) - Date.parse(job.firstStartedAt ?? result.startedAt);
  const verdict = decideRetry(retry, { attempt, errorClass, exitCode, elapsedMs }, chance);
  if (verdict.retry && !end.stopped) {
    const { delayMs } = verdict;
    const reason = `${errorClass}: attempt ${attempt + 2} of ${retry.maxAttempts} in ${delayMs / 1000} s`;
    const said = { at, actor: ENGINE, reason };
    return [aboutJob("job.retried", { key, said, attempt: attempt + 1, data: { delay_ms: delayMs } })];
  }
  if (gate !== "hard") return [];
  const said = { at, actor: ENGINE, reason: result.finalReason };
  return [aboutJob("gate.failed", { key, said, attempt, errorClass: "hard_gate_failed" })];
}

/** A probe that succeeded says that the step took effect, one that failed that it did not; anything else says nothing. */
function afterProbe(
  job: JobState,
  { at, names }: AttemptEnd,
  errorClass: ErrorClass | undefined,
): readonly RecordDraft[] {
  const says = errorClass === undefined || errorClass === "validation_failed" || errorClass === "unknown";
  if (!says) return [];
  const took = errorClass === undefined;
  const { key } = job.job;
  const { attempt, doubtfulStep = 0 } = job;
  const reason = took ? "its probe succeeded: it took effect" : "its probe failed: it took no effect";
  const runId = names.jobId.slice(0, names.jobId.indexOf("/"));
  return [
    {
      event_type: "step.resolved",
      timestamp_utc: at,
      actor: ENGINE,
      attempt,
      job_key: key,
      job_id: attemptJobId(runId, key, attempt),
      step_index: doubtfulStep,
      status: took ? "COMPLETED" : "FAILED",
      reason,
    },
    aboutJob("job.retried", { key, said: { at, actor: ENGINE, reason }, attempt: attempt + 1, data: { delay_ms: 0 } }),
  ];
}
