import type { ExecutionResult, JobStatus, StepReference, StepResult } from "#model";
import { assert } from "#model";
import type { EvidenceRecord } from "./record.ts";

/** A one-job run as its log tells it. */
export interface JobReplay {
  readonly jobId: string;
  readonly status: JobStatus;
  /** Present once the log says that the job has ended; equal to what the executor returned. */
  readonly result?: ExecutionResult;
  /** Results so far, in the order performed. */
  readonly stepResults: readonly StepResult[];
  /** Started, and no end recorded yet. */
  readonly running: StepReference | undefined;
}

/**
 * Reads the state of a one-job run back from its records.
 * @param steps the declared steps, from the plan in `run.created`.
 */
export function replayJob(records: Iterable<EvidenceRecord>, steps: readonly StepReference[]): JobReplay {
  const seen = fold(records);
  const { first, running, stepResults } = seen;
  const jobId = first.job_id ?? first.run_id;
  const result = recordedResult(seen, steps);
  if (result === undefined) return { jobId, status: "RUNNING", stepResults, running };
  return { jobId, status: result.finalStatus, result, stepResults, running };
}

/**
 * What can be said of a job whose process is gone: a step without an end is in doubt, the job COMPLETED only if every
 * declared step is known to have succeeded. If the log says how the job ended, and only the run's end is missing, it is that.
 * @param at when this is said.
 */
export function interruptedResult(
  records: Iterable<EvidenceRecord>,
  { steps, at }: { readonly steps: readonly StepReference[]; readonly at: string },
): ExecutionResult {
  const seen = fold(records);
  const recorded = recordedResult(seen, steps);
  if (recorded !== undefined) return recorded;
  const { first, running, stepResults, healthBefore } = seen;
  if (running !== undefined) seen.inDoubt.push(running);
  const failed = stepResults.find((result) => result.status === "FAILED");
  const allSucceeded = failed === undefined && stepResults.length === steps.length;
  const healthAfter = stepResults.findLast((result) => result.healthAfter !== undefined)?.healthAfter ?? healthBefore;
  return {
    ...commonResult(seen, steps),
    finalStatus: allSucceeded ? "COMPLETED" : failed?.errorClass === "cancelled" ? "CANCELLED" : "FAILED",
    finalReason: allSucceeded ? "All steps completed successfully" : interruptedReason(seen, failed),
    ...(healthBefore !== undefined && { healthBefore }),
    ...(healthAfter !== undefined && { healthAfter }),
    startedAt: first.timestamp_utc,
    completedAt: at,
    durationSeconds: 0,
  };
}

function recordedResult(seen: Fold, steps: readonly StepReference[]): ExecutionResult | undefined {
  const { first, end } = seen;
  if (end === undefined) return undefined;
  return {
    ...commonResult(seen, steps),
    finalStatus: end.status as ExecutionResult["finalStatus"], // written by the runner from such a value
    finalReason: end.reason ?? "",
    ...(end.health_before !== undefined && { healthBefore: end.health_before }),
    ...(end.health !== undefined && { healthAfter: end.health }),
    startedAt: end.started_at ?? first.timestamp_utc,
    completedAt: end.timestamp_utc,
    durationSeconds: end.duration_seconds ?? 0,
  };
}

interface Fold {
  readonly first: EvidenceRecord;
  readonly end: EvidenceRecord | undefined;
  readonly running: StepReference | undefined;
  readonly stepResults: StepResult[];
  readonly inDoubt: StepReference[];
  readonly healthBefore: EvidenceRecord["health"];
}

function fold(records: Iterable<EvidenceRecord>): Fold {
  const stepResults: StepResult[] = [];
  const inDoubt: StepReference[] = [];
  let first: EvidenceRecord | undefined;
  let end: EvidenceRecord | undefined;
  let running: StepReference | undefined;
  let healthBefore: EvidenceRecord["health"];
  for (const record of records) {
    first ??= record;
    if (record.event_type.startsWith("step.")) running = undefined;
    if (record.event_type === "step.started") {
      running = stepOf(record);
      if (record.step_index === 0) healthBefore = record.health;
    }
    if (record.event_type === "step.succeeded" || record.event_type === "step.failed")
      stepResults.push(resultOf(record));
    // A recovery that was cut off itself may have said it before.
    if (record.event_type === "step.in_doubt" && !inDoubt.some(({ stepIndex }) => stepIndex === record.step_index))
      inDoubt.push(stepOf(record));
    if (record.event_type === "job.succeeded" || record.event_type === "job.failed") end = record;
  }
  assert(first?.event_type === "run.created", "a log begins with run.created");
  return { first, end, running, stepResults, inDoubt, healthBefore };
}

function commonResult({ first, stepResults, inDoubt }: Fold, steps: readonly StepReference[]) {
  const succeeded = stepResults.filter((result) => result.status === "COMPLETED").length;
  const touched = new Set([...stepResults, ...inDoubt].map((step) => step.stepIndex));
  return {
    jobId: first.job_id ?? first.run_id,
    contractId: first.contract_id ?? "",
    executedBy: first.actor,
    stepsDeclared: steps.length,
    stepsExecuted: stepResults.length,
    stepsSucceeded: succeeded,
    stepsFailed: stepResults.length - succeeded,
    stepResults,
    stepsNotRun: steps.filter((step) => !touched.has(step.stepIndex)),
    stepsInDoubt: inDoubt,
    executorVersion: first.executor_version ?? "",
  };
}

function interruptedReason({ inDoubt: [doubtful], stepResults }: Fold, failed: StepResult | undefined): string {
  if (failed !== undefined) return `Step ${failed.stepIndex} failed: ${failed.error}`;
  if (doubtful !== undefined) return `Step ${doubtful.stepIndex} in doubt: the process ended while it ran`;
  return `Stopped before step ${stepResults.length}: the process ended`;
}

function stepOf(record: EvidenceRecord): StepReference {
  return { stepIndex: record.step_index ?? 0, stepType: record.step_type ?? "", target: record.target ?? "" };
}

function resultOf(record: EvidenceRecord): StepResult {
  return {
    ...stepOf(record),
    status: record.event_type === "step.succeeded" ? "COMPLETED" : "FAILED",
    startedAt: record.started_at ?? record.timestamp_utc,
    completedAt: record.timestamp_utc,
    durationSeconds: record.duration_seconds ?? 0,
    ...(record.output !== undefined && { output: record.output }),
    ...(record.reason !== undefined && { error: record.reason }),
    ...(record.error_class !== undefined && { errorClass: record.error_class }),
    ...(record.late !== undefined && { late: record.late }),
    ...(record.health !== undefined && { healthAfter: record.health }),
    ...(record.health_error !== undefined && { healthError: record.health_error }),
  };
}
