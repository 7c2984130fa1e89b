import type { JobReplay } from "#evidence";
import type { ExecutionResult, JobStatus, StepReference, StepResult } from "#model";
import type { StepWord } from "../text/words.ts";

/** A step as it is shown. */
export interface StepView extends StepReference {
  readonly word: StepWord;
  readonly durationSeconds?: number;
  readonly error?: string;
}

/** How far a log goes. Whoever has noted the head can show later that the log was another one. */
export interface LogHead {
  readonly records: number;
  /** Hash of the last record, base64url. */
  readonly head: string;
}

/** A run as it is shown. */
export interface RunView {
  readonly runId: string;
  readonly status: JobStatus;
  readonly reason?: string;
  readonly createdAt?: string;
  readonly completedAt?: string;
  readonly durationSeconds?: number;
  readonly stepsDeclared: number;
  /** In the order of the plan. */
  readonly steps: readonly StepView[];
  readonly log: LogHead;
}

/** A step that has a result. */
export function stepView(result: StepResult): StepView {
  return {
    ...reference(result),
    word: result.status === "COMPLETED" ? "completed" : "failed",
    durationSeconds: result.durationSeconds,
    ...(result.error !== undefined && { error: errorText(result) }),
  };
}

/** A step that has none. */
export function unperformed(step: StepReference, word: StepWord): StepView {
  return { ...reference(step), word };
}

/** A run that has ended. */
export function endedRun(result: ExecutionResult, log: LogHead): RunView {
  const steps = [
    ...result.stepResults.map(stepView),
    ...result.stepsInDoubt.map((step) => unperformed(step, "in doubt")),
    ...result.stepsNotRun.map((step) => unperformed(step, "not run")),
  ];
  return {
    runId: result.jobId,
    status: result.finalStatus,
    reason: result.finalReason,
    createdAt: result.startedAt,
    completedAt: result.completedAt,
    durationSeconds: result.durationSeconds,
    stepsDeclared: result.stepsDeclared,
    steps: steps.toSorted((one, other) => one.stepIndex - other.stepIndex),
    log,
  };
}

/** What a run's log says while it has no end yet. */
export interface OpenRun {
  readonly replay: JobReplay;
  readonly declared: readonly StepReference[];
  readonly createdAt: string;
  readonly log: LogHead;
}

/** A run that goes on, or of which nobody has said yet that it does not. */
export function openRun({ replay, declared, createdAt, log }: OpenRun): RunView {
  const done = new Map(replay.stepResults.map((result) => [result.stepIndex, stepView(result)]));
  const { running } = replay;
  const undone = (step: StepReference): StepView =>
    unperformed(step, step.stepIndex === running?.stepIndex ? "running" : "not run");
  return {
    runId: replay.jobId,
    status: replay.status,
    createdAt,
    stepsDeclared: declared.length,
    steps: declared.map((step) => done.get(step.stepIndex) ?? undone(step)),
    log,
  };
}

/** The error with its kind, where that says more than `unknown`. */
function errorText({ error, errorClass, late }: StepResult): string {
  const kind = errorClass === undefined || errorClass === "unknown" ? "" : ` [${errorClass}]`;
  return `${error}${kind}${late === "running" ? " (it did not stop when it was told to)" : ""}`;
}

function reference({ stepIndex, stepType, target }: StepReference): StepReference {
  return { stepIndex, stepType, target };
}
