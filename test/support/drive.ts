import type { StepHandler } from "#effects";
import type { RecordDraft } from "#evidence";
import { JobExecutor } from "#executor";
import type { ExecuteOptions } from "#executor";
import type { ExecutionResult, Job } from "#model";
import { ManualClock } from "./clock.ts";
import { admitted } from "./job.ts";

/** What came out of one driven job. */
export interface Driven {
  readonly batches: readonly (readonly RecordDraft[])[];
  /** All batches in one list. */
  readonly records: readonly RecordDraft[];
  readonly result: ExecutionResult;
}

/** How a job is driven, beside the handlers. */
export type DriveOptions = Partial<Omit<ExecuteOptions, "clock">> & {
  readonly clock?: ManualClock;
  /** How long a batch takes to be durable, in milliseconds of the clock; default 0. */
  readonly storeMs?: number;
};

/** The handlers that a job is driven with: one for the type `act`, one for each named type, or a whole machine. */
export type Handlers = StepHandler | Readonly<Record<string, StepHandler>> | JobExecutor;

/** A machine with these handlers. */
export function machineWith(handlers: Handlers): JobExecutor {
  if (handlers instanceof JobExecutor) return handlers;
  return new JobExecutor(isHandler(handlers) ? [["act", handlers]] : Object.entries(handlers));
}

function isHandler(handlers: Exclude<Handlers, JobExecutor>): handlers is StepHandler {
  return typeof handlers.execute === "function";
}

/** Drives a job to its end as the runner does: takes a batch, has it stored, asks for the next. */
export async function drive(job: Job, handlers: Handlers, options: DriveOptions = {}): Promise<Driven> {
  const { clock = new ManualClock(), storeMs = 0, ...rest } = options;
  return await clock.settle(
    driveOn(clock, machineWith(handlers).executeJob(admitted(job), { clock, ...rest }), storeMs),
  );
}

async function driveOn(
  clock: ManualClock,
  generator: ReturnType<JobExecutor["executeJob"]>,
  storeMs: number,
): Promise<Driven> {
  const batches: (readonly RecordDraft[])[] = [];
  for (;;) {
    const next = await generator.next();
    if (next.done === true) return { batches, records: batches.flat(), result: next.value };
    batches.push(next.value);
    if (storeMs > 0) await pause(clock, storeMs);
  }
}

/** Resolves after so many milliseconds of the clock. */
export function pause(clock: ManualClock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(milliseconds, resolve);
  });
}
