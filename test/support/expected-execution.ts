import type { RecordDraft } from "#evidence";
import { EXECUTOR_VERSION } from "#executor";
import type { ErrorClass, ExecutionResult, JobStep, JsonObject, StepReference, StepResult } from "#model";
import { wallTime } from "./clock.ts";
import { snapshot } from "./health-observer.ts";
import { CANCELLATION, GRACE_MS, recordedClass } from "./random-job.ts";
import type { Behaviour, RandomJob } from "./random-job.ts";

/** What a random job must do and leave behind. */
export interface Expected {
  readonly batches: readonly (readonly RecordDraft[])[];
  readonly result: ExecutionResult;
  /** Positions of the steps whose handlers are called, in that order. */
  readonly called: readonly number[];
  readonly observations: number;
}

/** Why a job is stopped from outside, and when. */
interface StopAt {
  readonly atMs: number;
  readonly error: string;
  readonly errorClass: ErrorClass;
}

/** The part of a result that tells how the step ended. */
type End = Pick<StepResult, "status" | "output" | "error" | "errorClass" | "late"> & { readonly atMs: number };

const OBSERVER_LIMIT_MS = 1000;
const NO_STOP: StopAt = { atMs: Number.POSITIVE_INFINITY, error: "", errorClass: "unknown" };

/**
 * A second reading of the executor's semantics: it says, from the declared behaviours alone, every record, the result,
 * the calls and the observations of a random job. It has no promises, no signals and no timers, only sums of times.
 */
export function expectedExecution(random: RandomJob): Expected {
  return new Prediction(random).result();
}

class Prediction {
  readonly #random: RandomJob;
  readonly #stop: StopAt;
  readonly #results: StepResult[] = [];
  readonly #batches: RecordDraft[][] = [];
  readonly #called: number[] = [];
  #ms = 0;
  #observations = 0;

  constructor(random: RandomJob) {
    this.#random = random;
    this.#stop = firstStop(random);
  }

  result(): Expected {
    const before = this.#observe();
    this.#performSteps(before);
    const { job } = this.#random;
    const succeeded = this.#results.filter(({ status }) => status === "COMPLETED").length;
    const healths = [before, ...this.#results].flatMap(({ healthAfter }) => healthAfter ?? []);
    const performed = new Set(this.#results.map(({ stepIndex }) => stepIndex));
    const result = {
      jobId: job.jobId,
      contractId: job.contractId,
      executedBy: job.executedBy,
      ...this.#verdict(succeeded),
      stepsDeclared: job.steps.length,
      stepsExecuted: this.#results.length,
      stepsSucceeded: succeeded,
      stepsFailed: this.#results.length - succeeded,
      stepResults: this.#results,
      stepsNotRun: job.steps.filter(({ stepIndex }) => !performed.has(stepIndex)).map(named),
      stepsInDoubt: [],
      ...(before.healthAfter && { healthBefore: before.healthAfter }),
      ...(healths.length > 0 && { healthAfter: healths.at(-1) as JsonObject }), // just counted
      startedAt: wallTime(0),
      completedAt: wallTime(this.#ms),
      durationSeconds: this.#ms / 1000,
      executorVersion: EXECUTOR_VERSION,
    };
    return { batches: this.#batches, result, called: this.#called, observations: this.#observations };
  }

  #performSteps(before: Pick<StepResult, "healthAfter" | "healthError">): void {
    const { job, behaviours, storeMs } = this.#random;
    let unwritten: RecordDraft[] = [];
    const write = (): void => {
      this.#batches.push(unwritten);
      unwritten = [];
      this.#ms += storeMs;
    };
    const unhandled = job.steps.find((_step, position) => behaviours[position]?.does === "miss its handler");
    for (const step of unhandled === undefined ? job.steps : [unhandled]) {
      if (this.#stop.atMs <= this.#ms) break;
      const startedAt = wallTime(this.#ms);
      if (unhandled === undefined) {
        const observed = step.stepIndex === 0 ? { health: before.healthAfter, health_error: before.healthError } : {};
        unwritten.push({ ...this.#draft("step.started", step, startedAt), ...observed });
        write();
      }
      const startedMs = this.#ms;
      const { atMs, ...end } = this.#end(step, behaviours[step.stepIndex] ?? { does: "miss its handler" });
      this.#ms = atMs;
      const completedAt = wallTime(atMs);
      const durationSeconds = (atMs - startedMs) / 1000;
      const result = { ...named(step), startedAt, completedAt, durationSeconds, ...end, ...this.#observe() };
      this.#results.push(result);
      unwritten.push({
        ...this.#draft(end.status === "COMPLETED" ? "step.succeeded" : "step.failed", step, completedAt),
        ...recordOf(result),
      });
      if (end.status === "FAILED") break;
    }
    if (unwritten.length > 0) write();
  }

  #observe(): Pick<StepResult, "healthAfter" | "healthError"> {
    const { sights } = this.#random;
    if (sights === undefined) return {};
    const index = this.#observations;
    this.#observations += 1;
    const sight = sights[index] ?? "see";
    if (sight === "see") return { healthAfter: snapshot(index) };
    if (sight === "throw") return { healthError: "the eye is shut" };
    if (sight === "answer junk") return { healthError: "the observer's answer is not an object" };
    this.#ms += OBSERVER_LIMIT_MS;
    return { healthError: `the observer gave no answer within ${OBSERVER_LIMIT_MS} ms` };
  }

  #end(step: JobStep, behaviour: Behaviour): End {
    const atMs = this.#ms;
    if (behaviour.does === "miss its handler")
      return { ...failed(`No handler registered for step type: ${step.stepType}`, "permanent"), atMs };
    const { error, errorClass } = this.#stop;
    if (this.#stop.atMs <= atMs) return { ...failed(error, errorClass), atMs }; // stopped while the start was stored
    this.#called.push(step.stepIndex);
    const limitMs = atMs + step.timeoutSeconds * 1000;
    const timeout = {
      atMs: limitMs,
      error: `timed out after ${step.timeoutSeconds} s`,
      errorClass: "timeout",
    } as const;
    if (behaviour.does === "hold the thread" && atMs + behaviour.forMs >= limitMs)
      return { ...failed(timeout.error, "timeout"), late: "returned", atMs: atMs + behaviour.forMs };
    const stop = this.#stop.atMs < limitMs ? this.#stop : timeout;
    const endMs = atMs + takes(behaviour);
    if (endMs < stop.atMs) return { ...ownEnd(behaviour), atMs: endMs };
    return { ...failed(stop.error, stop.errorClass), ...lateEnd(behaviour, { endMs, stoppedMs: stop.atMs }) };
  }

  #verdict(succeeded: number): Pick<ExecutionResult, "finalStatus" | "finalReason"> {
    if (succeeded === this.#random.job.steps.length)
      return { finalStatus: "COMPLETED", finalReason: "All steps completed successfully" };
    const last = this.#results.at(-1);
    const cause = last?.status === "FAILED" ? last : this.#stop;
    return {
      finalStatus: cause.errorClass === "cancelled" ? "CANCELLED" : "FAILED",
      finalReason:
        last?.status === "FAILED"
          ? `Step ${last.stepIndex} failed: ${last.error}`
          : `Stopped before step ${this.#results.length}: ${this.#stop.error}`,
    };
  }

  #draft(event_type: RecordDraft["event_type"], step: JobStep, timestamp_utc: string): RecordDraft {
    const { jobId, contractId, executedBy } = this.#random.job;
    return {
      event_type,
      timestamp_utc,
      actor: executedBy,
      attempt: 0,
      job_id: jobId,
      contract_id: contractId,
      step_index: step.stepIndex,
      step_type: step.stepType,
      target: step.target,
      idempotency_key: `${jobId}/${step.stepIndex}`,
    };
  }
}

function firstStop({ job, cancelAtMs }: RandomJob): StopAt {
  const cancelled = `cancelled by ${CANCELLATION.cancelledBy}: ${CANCELLATION.reason}`;
  const stops: StopAt[] = [NO_STOP];
  if (cancelAtMs !== undefined) stops.push({ atMs: cancelAtMs, error: cancelled, errorClass: "cancelled" });
  if (job.timeoutSeconds !== undefined) {
    const error = `job timed out after ${job.timeoutSeconds} s`;
    stops.push({ atMs: job.timeoutSeconds * 1000, error, errorClass: "timeout" });
  }
  return stops.reduce((first, other) => (other.atMs < first.atMs ? other : first));
}

/** How long a handler takes if nobody stops it, in milliseconds. */
function takes(behaviour: Behaviour): number {
  if (behaviour.does === "succeed") return behaviour.afterMs;
  if (behaviour.does === "hold the thread") return behaviour.forMs;
  if (behaviour.does === "throw") return behaviour.later ? 1 : 0;
  return behaviour.does === "hang" ? Number.POSITIVE_INFINITY : 0;
}

function ownEnd(behaviour: Behaviour): Omit<End, "atMs"> {
  switch (behaviour.does) {
    case "succeed":
      return { status: "COMPLETED", output: behaviour.output };
    case "fail":
      return { ...failed(behaviour.error, recordedClass(behaviour.errorClass)), output: "what was done" };
    case "throw":
      return failed(behaviour.thrown.text, "unknown");
    case "answer junk":
      return failed(`handler contract broken: ${behaviour.junk.said}`, "handler_contract");
    case "hold the thread":
      return { status: "COMPLETED", output: "held" };
    case "meddle":
      return { status: "COMPLETED", output: "meddled" };
    default:
      throw new Error(`a handler that does "${behaviour.does}" has no end of its own`);
  }
}

function lateEnd(
  behaviour: Behaviour,
  { endMs, stoppedMs }: { readonly endMs: number; readonly stoppedMs: number },
): { readonly late: NonNullable<StepResult["late"]>; readonly atMs: number } {
  const graceMs = stoppedMs + GRACE_MS;
  if (behaviour.does === "hang" && behaviour.onAbort !== "go on")
    return { late: behaviour.onAbort === "return" ? "returned" : "threw", atMs: stoppedMs };
  if (endMs >= graceMs) return { late: "running", atMs: graceMs };
  return { late: behaviour.does === "throw" ? "threw" : "returned", atMs: endMs };
}

function failed(error: string, errorClass: ErrorClass): Omit<End, "atMs"> {
  return { status: "FAILED", error, errorClass };
}

function named({ stepIndex, stepType, target }: StepReference): StepReference {
  return { stepIndex, stepType, target };
}

function recordOf(result: StepResult): Partial<RecordDraft> {
  return {
    status: result.status,
    error_class: result.errorClass,
    reason: result.error,
    output: result.output,
    late: result.late,
    started_at: result.startedAt,
    duration_seconds: result.durationSeconds,
    health: result.healthAfter,
    health_error: result.healthError,
  };
}
