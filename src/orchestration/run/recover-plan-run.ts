import type { EvidenceStore, RecordDraft, RunHead } from "#evidence";
import type { Clock, JsonObject } from "#model";
import { loadRun } from "./load-run.ts";
import type { LoadedRun } from "./load-run.ts";
import { attemptJobId } from "./attempt-names.ts";
import { decideRetry } from "./decide-retry.ts";
import { newAuxiliary } from "./job-state.ts";
import type { AuxiliaryState, JobState, RunningStep } from "./job-state.ts";
import { aboutJob, blocked, common, ENGINE, runCompleted } from "./run-records.ts";
import type { Said } from "./run-records.ts";
import type { RunState } from "./run-state.ts";

/** What was found of a run that nobody drives. */
export interface RecoveredRun {
  readonly runId: string;
  readonly planName: string;
  /** Jobs that were running when the process ended. */
  readonly interrupted: readonly string[];
  /** Those that workers perform: they go on, and the run with them. */
  readonly atWorkers: readonly string[];
  /** Jobs with a step in doubt. */
  readonly inDoubt: readonly string[];
  readonly status: RunState["status"];
  /** Whether it waits for nobody, so that a server may go on with it. */
  readonly mayGoOn: boolean;
  /** The time for which it waits, if it does. */
  readonly startAfter?: string;
}

const INTERRUPTED = "The process that ran it ended before the run did.";
const IN_DOUBT = "It was started and has no recorded end: whether it took effect is not known.";

/**
 * Says in a run's log what a dead process has left: a step without an end is in doubt, an attempt between two steps was cut
 * off, the run is blocked until somebody resumes it. Performs nothing. A run that waits is left alone. An attempt with a log of its own
 * is performed by a worker: nothing is said of it, and the run is not blocked, for whoever drives it next follows that log.
 */
export async function recoverPlanRun(store: EvidenceStore, head: RunHead, clock: Clock): Promise<RecoveredRun> {
  const run = await loadRun(store, head.runId, { verify: false });
  const { state } = run;
  const atWorkers = [...state.running].filter((key) => attemptOf(state, key).logId !== undefined);
  const interrupted = [...state.running].filter((key) => !atWorkers.includes(key));
  const runs = interrupted.length > 0 || atWorkers.length > 0;
  if (state.status === "blocked" && !runs && head.torn === undefined) return found(run, { interrupted, atWorkers });
  const said: Said = { at: clock.now(), actor: ENGINE, reason: INTERRUPTED };
  const ends = interrupted.flatMap((key) => attemptRecords(key, run, said));
  const drafts = [recoveredNote(head, said), ...ends];
  if (atWorkers.length > 0) drafts.push(...ends.flatMap((end) => goesOn(end, state, said.at)));
  else if (state.status === "rolling_back")
    drafts.push(runCompleted("failed", { ...said, reason: "The rollback was cut off: the process ended" }));
  else if (state.status !== "blocked") drafts.push(blocked("interrupted", said));
  for (let at = 0; at < drafts.length; at += 500)
    await store.append(head.runId, run.size + at, drafts.slice(at, at + 500));
  for (const draft of drafts) state.apply(draft);
  return found(run, { interrupted, atWorkers });
}

/** Where the run is not blocked, what was cut off in this process goes on at once, unless somebody has to say that it may. */
function goesOn(
  { event_type: type, job_key: key, attempt, error_class: kind, data }: RecordDraft,
  state: RunState,
  at: string,
): readonly RecordDraft[] {
  if (type !== "job.failed" || key === undefined) return [];
  const recovery = state.jobs.get(key)?.job.recovery;
  const unasked = kind === "in_doubt" && (recovery === "idempotent" || recovery === "rerun");
  if (!unasked && data?.["interrupted"] !== true) return [];
  const said = { at, actor: ENGINE, reason: unasked ? `in doubt: its recovery is ${recovery}` : "it was cut off" };
  return [aboutJob("job.retried", { key, said, attempt: attempt + 1, data: { delay_ms: 0 } })];
}

/** What is known of the attempt that runs under a key. */
function attemptOf(state: RunState, recordKey: string): Pick<AuxiliaryState, "attempt" | "runningStep" | "logId"> {
  return state.jobs.get(recordKey) ?? state.auxiliary.get(recordKey) ?? newAuxiliary();
}

function found(
  { runId, state }: LoadedRun,
  { interrupted, atWorkers }: Pick<RecoveredRun, "interrupted" | "atWorkers">,
): RecoveredRun {
  const { status, blockCause, startAfter, plan, inDoubt, openGates } = state;
  const cutOff = blockCause === "stopped" || blockCause === "interrupted";
  const passed = blockCause === "gate" && openGates.size === 0; // by a word that only recorded it
  const mayGoOn = status === "blocked" && (cutOff || passed);
  const waits = status === "blocked" && blockCause === "delayed" && startAfter !== undefined;
  return {
    runId,
    planName: plan.name,
    interrupted,
    atWorkers,
    inDoubt: [...inDoubt],
    status,
    mayGoOn,
    ...(waits && { startAfter }),
  };
}

function recoveredNote({ torn }: RunHead, said: Said): RecordDraft {
  const data: JsonObject | undefined = torn && {
    cut: { offset: torn.offset, bytes: torn.bytes, sha256: torn.sha256, copy: torn.copy },
  };
  return { event_type: "log.recovered", ...common(said), ...(data !== undefined && { data }) };
}

/** What is to be said of an attempt that nobody drives any more. */
function attemptRecords(recordKey: string, { runId, state }: LoadedRun, said: Said): readonly RecordDraft[] {
  const own = state.jobs.get(recordKey);
  const { attempt, runningStep } = own ?? state.auxiliary.get(recordKey) ?? { attempt: 0, runningStep: undefined };
  const names = { attempt, job_key: recordKey, job_id: attemptJobId(runId, recordKey, attempt) };
  const ended: RecordDraft = { event_type: "job.failed", ...common(said), ...names, status: "FAILED" };
  if (runningStep !== undefined)
    return [doubt(runningStep, { names, said, state }), { ...ended, error_class: "in_doubt" }];
  if (own === undefined) return [{ ...ended, error_class: "cancelled", data: { interrupted: true } }];
  // Its steps have said how it ended, and only the last word is missing.
  if (own.failedStep !== undefined) return failedAttempt(own, own.failedStep, ended);
  if (own.stepsDone >= own.job.steps.length)
    return [{ ...ended, event_type: "job.succeeded", status: "COMPLETED", reason: "All steps completed successfully" }];
  return [{ ...ended, error_class: "cancelled", data: { interrupted: true } }];
}

/** An attempt with a failed step is followed by what would have followed it. */
function failedAttempt(
  job: JobState,
  { errorClass, reason }: NonNullable<JobState["failedStep"]>,
  record: RecordDraft,
): readonly RecordDraft[] {
  const { key, retry, gate } = job.job;
  const { attempt } = job;
  const at = record.timestamp_utc;
  const ended = { ...record, error_class: errorClass, reason };
  const failed = { attempt, errorClass, exitCode: undefined, elapsedMs: 0 };
  const verdict = retry.onExitCodes === undefined ? decideRetry(retry, failed, MIDDLE) : { retry: false as const };
  if (verdict.retry)
    return [
      ended,
      aboutJob("job.retried", {
        key,
        said: { at, actor: ENGINE, reason: `${errorClass}: attempt ${attempt + 2} of ${retry.maxAttempts}` },
        attempt: attempt + 1,
        data: { delay_ms: verdict.delayMs },
      }),
    ];
  if (gate !== "hard") return [ended];
  return [
    ended,
    aboutJob("gate.failed", { key, said: { at, actor: ENGINE, reason }, attempt, errorClass: "hard_gate_failed" }),
  ];
}

const MIDDLE = 0.5;

function doubt(
  { stepIndex, stepType, target }: RunningStep,
  {
    names,
    said,
    state,
  }: {
    readonly names: { readonly attempt: number; readonly job_key: string; readonly job_id: string };
    readonly said: Said;
    readonly state: RunState;
  },
): RecordDraft {
  const recovery = state.jobs.get(names.job_key)?.job.recovery;
  return {
    event_type: "step.in_doubt",
    ...common({ ...said, reason: IN_DOUBT }),
    ...names,
    step_index: stepIndex,
    step_type: stepType,
    target,
    error_class: "in_doubt",
    idempotency_key: `${names.job_id}/${stepIndex}`,
    ...(recovery !== undefined && { recovery }),
  };
}
