import type { ExecutionContext, StepHandler } from "#effects";
import type { Clock, JobStep } from "#model";
import { Stop, stopOf, stopSignal } from "./stop.ts";

/** How the one call of a handler ended. What it says after a stop is not used. */
export type Ending =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw"; readonly thrown: unknown }
  | { readonly kind: "stopped"; readonly stop: Stop; readonly late: "returned" | "threw" | "running" };

/** What {@link perform} needs beside the step. */
export interface PerformOptions {
  readonly context: ExecutionContext;
  readonly clock: Clock;
  /** Aborts when the whole job is to stop. */
  readonly jobSignal: AbortSignal;
  /** How long a stopped handler is waited for. */
  readonly graceMs: number;
}

const DEADLINE_TEXT = "timed out after";

/** Calls the handler once, whatever happens (EXEC-006), and tells how it ended. */
export async function perform(handler: StepHandler, step: JobStep, options: PerformOptions): Promise<Ending> {
  const { context, clock, jobSignal, graceMs } = options;
  const seconds = step.timeoutSeconds;
  using deadline = stopSignal({ clock, seconds, text: DEADLINE_TEXT, upstream: jobSignal });
  const startMs = clock.monotonicMs();
  const { promise: stopped, resolve: onStop } = Promise.withResolvers<undefined>();
  deadline.signal.addEventListener("abort", () => onStop(undefined));
  const call = invoke(handler, step, { context, signal: deadline.signal });
  const first = deadline.signal.aborted ? undefined : await Promise.race([call, stopped]);
  // A handler that held the thread beyond its deadline is late although no timer could say so.
  const overdue = clock.monotonicMs() - startMs >= seconds * 1000;
  if (first !== undefined && !overdue && !deadline.signal.aborted) return first;
  const stop = deadline.signal.aborted
    ? stopOf(deadline.signal.reason)
    : new Stop("timeout", `${DEADLINE_TEXT} ${seconds} s`);
  return { kind: "stopped", stop, late: (first ?? (await within(graceMs, call, clock)))?.kind ?? "running" };
}

type Called = Exclude<Ending, { readonly kind: "stopped" }>;

/** Asynchronous, so that a handler that throws at once ends as one that throws later. */
async function invoke(
  handler: StepHandler,
  step: JobStep,
  { context, signal }: { readonly context: ExecutionContext; readonly signal: AbortSignal },
): Promise<Called> {
  try {
    return { kind: "returned", value: await handler.execute(step, context, { signal }) };
  } catch (thrown) {
    return { kind: "threw", thrown };
  }
}

/** What `promise` resolves with, or undefined after `milliseconds`. */
export async function within<T>(milliseconds: number, promise: Promise<T>, clock: Clock): Promise<T | undefined> {
  const { promise: passed, resolve } = Promise.withResolvers<undefined>();
  const disarm = clock.after(milliseconds, () => resolve(undefined));
  try {
    return await Promise.race([promise, passed]);
  } finally {
    disarm();
  }
}
