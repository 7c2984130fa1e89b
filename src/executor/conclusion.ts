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

type Stamp = { readonly clock: Clock; readonly version: string };

/** Adds up what was recorded. */
export function concludeJob(told: Job, progress: JobProgress, stamp: Stamp): ExecutionResult {
  const { jobId, contractId, executedBy, steps } = told;
  const { clock, version: executorVersion } = stamp;
  const { results, healthBefore, startedAt } = progress;
  const [stepsDeclared, stepsExecuted] = [steps.length, results.length];
  const stepsSucceeded = results.filter((result) => result.status === "COMPLETED").length;
  const inDoubt = progress.running === undefined ? [] : [progress.running];
  const touched = new Set([...results, ...inDoubt].map((step) => step.stepIndex));
  const healthAfter = results.findLast((result) => result.healthAfter !== undefined)?.healthAfter ?? healthBefore;
  const durationSeconds = Math.max(0, clock.monotonicMs() - progress.startMs) / 1000;
  const counts = { stepsDeclared, stepsExecuted, stepsSucceeded, stepsFailed: stepsExecuted - stepsSucceeded };
  const job = { jobId, contractId, executedBy, startedAt, completedAt: clock.now(), durationSeconds, executorVersion };
  return Object.freeze({
    ...job,
    ...verdict(progress, stepsSucceeded === stepsDeclared),
    ...counts,
    stepResults: Object.freeze([...results]),
    stepsNotRun: steps.filter((_step, position) => !touched.has(position)).map(reference),
    stepsInDoubt: inDoubt.map(reference),
    ...(healthBefore !== undefined && { healthBefore }),
    ...(healthAfter !== undefined && { healthAfter }),
  });
}

type Verdict = Pick<ExecutionResult, "finalStatus" | "finalReason">;

/** The one verdict rule: COMPLETED if and only if every declared step succeeded. */
function verdict({ results, stop, executionError }: JobProgress, allSucceeded: boolean): Verdict {
  if (executionError !== undefined) return { finalStatus: "FAILED", finalReason: `Execution error: ${executionError}` };
  if (allSucceeded) return { finalStatus: "COMPLETED", finalReason: "All steps completed successfully" };
  const last = results.at(-1);
  const finalStatus = (last?.errorClass ?? stop?.errorClass) === "cancelled" ? "CANCELLED" : "FAILED";
  const before = `Stopped before step ${results.length}: ${stop?.message}`;
  const finalReason = last?.error === undefined ? before : `Step ${last.stepIndex} failed: ${last.error}`;
  return { finalStatus, finalReason };
}

/** Names a step without its parameters. */
export function reference({ stepIndex, stepType, target }: StepReference): StepReference {
  return { stepIndex, stepType, target };
}
