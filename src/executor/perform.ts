import type { ExecutionContext, StepHandler } from "#effects";
import type { Clock, JobStep } from "#model";
import { copyOf, stopOf, stopSignal } from "./stop.ts";
import type { Stop, StopSignal } from "./stop.ts";

type Called =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw"; readonly thrown: unknown };

/** How the one call of a handler ended. What it says after a stop is not used. */
export type Ending =
  | Called
  | { readonly kind: "stopped"; readonly stop: Stop; readonly late?: Called["kind"] | "running" };

/** What {@link perform} needs beside the step. */
export interface PerformOptions {
  readonly context: ExecutionContext;
  readonly clock: Clock;
  /** Aborts when the whole job is to stop. */
  readonly jobStop: StopSignal;
  /** How long a stopped handler is waited for. */
  readonly graceMs: number;
}

/** Calls the handler once, whatever happens (EXEC-006), and tells how it ended. */
export async function perform(handler: StepHandler, step: JobStep, options: PerformOptions): Promise<Ending> {
  const { context, clock, jobStop, graceMs } = options;
  const { signal: upstream } = jobStop;
  jobStop.check();
  if (upstream.aborted) return { kind: "stopped", stop: stopOf(upstream.reason) }; // before it was called
  using deadline = stopSignal({ clock, seconds: step.timeoutSeconds, text: "timed out after", upstream });
  const { signal } = deadline;
  const { promise: stopped, resolve: onStop } = Promise.withResolvers<undefined>();
  const handed = new AbortController(); // what the handler does to its signal or the reason changes nothing here
  signal.addEventListener("abort", () => handed.abort(copyOf(stopOf(signal.reason))));
  signal.addEventListener("abort", () => onStop(undefined));
  // Asynchronous, so that a handler that throws at once ends as one that throws later.
  const invoke = async (): Promise<Called> => {
    try {
      return { kind: "returned", value: await handler.execute(step, context, { signal: handed.signal }) };
    } catch (thrown) {
      return { kind: "threw", thrown };
    }
  };
  const call = invoke();
  const first = signal.aborted ? undefined : await Promise.race([call, stopped]);
  // A handler that held the thread beyond a deadline is late although no timer could say so.
  jobStop.check();
  deadline.check();
  if (first !== undefined && !signal.aborted) return first;
  const late = (first ?? (await within(graceMs, call, clock)))?.kind ?? "running";
  return { kind: "stopped", stop: stopOf(signal.reason), late };
}

/** What `promise` resolves with, or undefined after `milliseconds`. */
export function within<T>(milliseconds: number, promise: Promise<T>, clock: Clock): Promise<T | undefined> {
  const { promise: passed, resolve } = Promise.withResolvers<undefined>();
  const disarm = clock.after(milliseconds, () => resolve(undefined));
  return Promise.race([promise, passed]).finally(disarm);
}
