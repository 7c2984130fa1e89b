import type { Clock, ExecutionResult, Job, JobStep, JsonObject, StepReference, StepResult } from "#model";
import type { Stop } from "./stop.ts";

/** What the loop has seen so far. */
export interface JobProgress {
  readonly startedAt: string;
  readonly startMs: number;
  readonly results: StepResult[];
  healthBefore?: JsonObject | undefined;
  /** The step that was started and has no result. */
  running?: JobStep | undefined;
  stop?: Stop | undefined;
  executionError?: string;
}

/** Adds up what was recorded. */
export function concludeJob(
  job: Job,
  progress: JobProgress,
  { clock, version }: { readonly clock: Clock; readonly version: string },
): ExecutionResult {
  const { results, healthBefore, running } = progress;
  const succeeded = results.filter((result) => result.status === "COMPLETED").length;
  const touched = new Set([...results, ...(running === undefined ? [] : [running])].map((step) => step.stepIndex));
  const healthAfter = results.findLast((result) => result.healthAfter !== undefined)?.healthAfter ?? healthBefore;
  return Object.freeze({
    jobId: job.jobId,
    contractId: job.contractId,
    executedBy: job.executedBy,
    ...verdict(progress, succeeded === job.steps.length),
    stepsDeclared: job.steps.length,
    stepsExecuted: results.length,
    stepsSucceeded: succeeded,
    stepsFailed: results.length - succeeded,
    stepResults: Object.freeze([...results]),
    stepsNotRun: job.steps.filter((_step, position) => !touched.has(position)).map(reference),
    stepsInDoubt: running === undefined ? [] : [reference(running)],
    ...(healthBefore !== undefined && { healthBefore }),
    ...(healthAfter !== undefined && { healthAfter }),
    startedAt: progress.startedAt,
    completedAt: clock.now(),
    durationSeconds: Math.max(0, clock.monotonicMs() - progress.startMs) / 1000,
    executorVersion: version,
  });
}

/** The one verdict rule: COMPLETED if and only if every declared step succeeded. */
function verdict(
  { results, stop, executionError }: JobProgress,
  allSucceeded: boolean,
): Pick<ExecutionResult, "finalStatus" | "finalReason"> {
  if (executionError !== undefined) return { finalStatus: "FAILED", finalReason: `Execution error: ${executionError}` };
  if (allSucceeded) return { finalStatus: "COMPLETED", finalReason: "All steps completed successfully" };
  const last = results.at(-1);
  const errorClass = last?.errorClass ?? stop?.errorClass;
  const finalStatus = errorClass === "cancelled" ? "CANCELLED" : "FAILED";
  if (last?.status !== "FAILED")
    return { finalStatus, finalReason: `Stopped before step ${results.length}: ${stop?.message}` };
  return { finalStatus, finalReason: `Step ${last.stepIndex} failed: ${last.error}` };
}

/** Names a step without its parameters. */
export function reference({ stepIndex, stepType, target }: StepReference): StepReference {
  return { stepIndex, stepType, target };
}
