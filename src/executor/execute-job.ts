import type { ExecutionContext, StepHandler } from "#effects";
import type { RecordDraft } from "#evidence";
import type { HealthObserver } from "#health";
import type { AdmittedJob, Clock, ExecutionResult, Job, JobStep, StepResult } from "#model";
import { concludeJob, reference } from "./conclusion.ts";
import type { JobProgress } from "./conclusion.ts";
import { observe } from "./observe.ts";
import { failed, outcomeOf } from "./outcome.ts";
import { perform } from "./perform.ts";
import { endedRecord, startedRecord } from "./records.ts";
import { stopOf, stopSignal } from "./stop.ts";
import type { StopSignal } from "./stop.ts";
import { capturedError } from "./untrusted.ts";

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

/** Batches of records, each to be durable before the next is asked for; returns the result. */
export type Execution = AsyncGenerator<readonly RecordDraft[], ExecutionResult, void>;

type Machine = ExecuteOptions & { handlers: Map<string, StepHandler>; version: string; problem: string | undefined };

const DEFAULT_GRACE_MS = 5000;
const NO_HANDLER = "No handler registered for step type";

/**
 * Performs the steps in declared order (EXEC-001), records each (EXEC-002), stops at the first failure (EXEC-003).
 * Yields batches of records; being asked for more is the permission to go on, and comes when the last batch is durable.
 * @param job with steps that nobody else can change.
 */
export async function* executeJob(job: AdmittedJob, machine: Machine): Execution {
  const { clock, health, handlers, problem, signal: upstream } = machine;
  const { steps } = job;
  const progress: JobProgress = { startedAt: clock.now(), startMs: clock.monotonicMs(), results: [] };
  using deadline = stopSignal({ clock, seconds: job.timeoutSeconds, text: "job timed out after", upstream });
  try {
    if (problem !== undefined) throw new TypeError(problem);
    const before = await observe(health, clock);
    progress.healthBefore = before.healthAfter;
    const refused = steps.find((step) => !handlers.has(step.stepType));
    let written: RecordDraft[] = [];
    if (refused !== undefined && !deadline.signal.aborted) {
      const context = contextOf(job, refused, clock.now());
      progress.results.push(await executeStep(refused, context, { ...machine, handler: undefined, jobStop: deadline }));
      written = progress.results.map((result) => endedRecord(context, result));
    }
    for (const step of steps) {
      if (deadline.signal.aborted || refused !== undefined) break;
      const context = contextOf(job, step, clock.now());
      progress.running = step;
      yield [...written, startedRecord(context, step.stepIndex === 0 ? before : {})];
      const handler = handlers.get(step.stepType);
      const result = await executeStep(step, context, { ...machine, handler, jobStop: deadline });
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

type StepMachine = Machine & { readonly handler: StepHandler | undefined; readonly jobStop: StopSignal };

async function executeStep(step: JobStep, context: ExecutionContext, options: StepMachine): Promise<StepResult> {
  const { clock, handler, health, jobStop, graceMs = DEFAULT_GRACE_MS } = options;
  const startMs = clock.monotonicMs();
  const ending = handler && (await perform(handler, step, { context, clock, graceMs, jobStop }));
  const outcome = ending ? outcomeOf(ending) : failed(`${NO_HANDLER}: ${step.stepType}`, "permanent");
  const durationSeconds = Math.max(0, clock.monotonicMs() - startMs) / 1000;
  const times = { startedAt: context.startedAt, completedAt: clock.now(), durationSeconds };
  return Object.freeze({ ...reference(step), ...times, ...outcome, ...(await observe(health, clock)) });
}

function contextOf(job: Job, step: JobStep, startedAt: string): ExecutionContext {
  const { jobId, contractId, executedBy, attemptOf = jobId } = job;
  const idempotencyKey = `${attemptOf}/${step.stepIndex}`;
  return Object.freeze({ jobId, contractId, ...reference(step), executedBy, startedAt, idempotencyKey });
}
