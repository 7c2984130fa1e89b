import type { ExecutionContext, StepHandler } from "#effects";
import type { RecordDraft } from "#evidence";
import type { HealthObserver } from "#health";
import type { AdmittedJob, Clock, ExecutionResult, JobStep, JsonObject, StepResult } from "#model";
import { capturedError } from "./captured-error.ts";
import { concludeJob, reference } from "./conclusion.ts";
import type { JobProgress } from "./conclusion.ts";
import { frozenJson } from "./frozen-json.ts";
import { observe } from "./observe.ts";
import { outcomeOf } from "./outcome.ts";
import { perform } from "./perform.ts";
import { endedRecord, startedRecord } from "./records.ts";
import { stopOf, stopSignal } from "./stop.ts";

/** What a job is executed with. */
export interface ExecuteOptions {
  readonly clock: Clock;
  /** Read-only eyes; absent = nothing is observed. */
  readonly health?: HealthObserver;
  /** Aborted to stop the job; its reason is a `Cancellation`. */
  readonly signal?: AbortSignal;
  /** How long a stopped handler is waited for, in milliseconds; default 5,000. */
  readonly graceMs?: number;
}

type Machine = ExecuteOptions & { readonly handlers: ReadonlyMap<string, StepHandler>; readonly version: string };

const DEFAULT_GRACE_MS = 5000;

/**
 * Performs the steps in declared order (EXEC-001), records each (EXEC-002), stops at the first failure (EXEC-003).
 * Yields batches of records; being asked for more is the permission to go on, and comes when the last batch is durable.
 */
export async function* executeJob(
  job: AdmittedJob,
  machine: Machine,
): AsyncGenerator<readonly RecordDraft[], ExecutionResult, void> {
  const { clock, health, handlers } = machine;
  const progress: JobProgress = { startedAt: clock.now(), startMs: clock.monotonicMs(), results: [] };
  const text = "job timed out after";
  using deadline = stopSignal({ clock, seconds: job.timeoutSeconds, text, upstream: machine.signal });
  try {
    const steps = job.steps.map(frozenStep);
    progress.healthBefore = (await observe(health, clock)).healthAfter;
    const unhandled = steps.filter((step) => !handlers.has(step.stepType)).slice(0, 1);
    let written: RecordDraft[] = [];
    for (const step of unhandled.length > 0 ? unhandled : steps) {
      if (deadline.signal.aborted) break;
      const context = contextOf(job, step, clock.now());
      const handler = handlers.get(step.stepType);
      if (handler !== undefined) {
        progress.running = step;
        yield [...written, startedRecord(context, step.stepIndex === 0 ? progress.healthBefore : undefined)];
      }
      const result = await executeStep(step, context, { ...machine, handler, jobSignal: deadline.signal });
      progress.results.push(result);
      progress.running = undefined;
      written = [endedRecord(context, result)];
      if (result.status === "FAILED") break;
    }
    if (written.length > 0) yield written;
  } catch (thrown) {
    progress.executionError = capturedError(thrown);
  }
  if (deadline.signal.aborted) progress.stop = stopOf(deadline.signal.reason);
  return concludeJob(job, progress, machine);
}

async function executeStep(
  step: JobStep,
  context: ExecutionContext,
  options: Machine & { readonly handler: StepHandler | undefined; readonly jobSignal: AbortSignal },
): Promise<StepResult> {
  const { clock, handler, health, jobSignal, graceMs = DEFAULT_GRACE_MS } = options;
  const startMs = clock.monotonicMs();
  const unhandled = {
    status: "FAILED",
    error: `No handler registered for step type: ${step.stepType}`,
    errorClass: "permanent",
  } as const;
  const outcome =
    handler === undefined ? unhandled : outcomeOf(await perform(handler, step, { context, clock, graceMs, jobSignal }));
  const durationSeconds = Math.max(0, clock.monotonicMs() - startMs) / 1000;
  const times = { startedAt: context.startedAt, completedAt: clock.now(), durationSeconds };
  return Object.freeze({ ...reference(step), ...times, ...outcome, ...(await observe(health, clock)) });
}

/** A frozen copy: what a handler does to its step changes neither this job nor the caller's copy. */
function frozenStep(step: JobStep, position: number): JobStep {
  if (step.stepIndex !== position) throw new Error(`step_index ${step.stepIndex} stands at position ${position}`);
  const parameters = frozenJson(step.parameters) as JsonObject; // the copy of an object is an object
  return Object.freeze({ ...reference(step), parameters, timeoutSeconds: step.timeoutSeconds });
}

function contextOf(job: AdmittedJob, step: JobStep, startedAt: string): ExecutionContext {
  const { jobId, contractId, executedBy } = job;
  const idempotencyKey = `${jobId}/${step.stepIndex}`;
  return Object.freeze({ jobId, contractId, ...reference(step), executedBy, startedAt, idempotencyKey });
}
