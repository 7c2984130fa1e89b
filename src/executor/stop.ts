import type { Cancellation, Clock } from "#model";
import { boundedText } from "./captured-error.ts";

/** Why a step, or the whole job, was stopped from outside: the reason of the signal that a handler is given. */
export class Stop extends Error {
  override readonly name = "Stop";
  readonly errorClass: "timeout" | "cancelled";

  constructor(errorClass: "timeout" | "cancelled", message: string) {
    super(boundedText(message));
    this.errorClass = errorClass;
  }
}

/** A signal that aborts, with a {@link Stop}, when its deadline passes or `upstream` aborts. */
export function stopSignal(options: {
  readonly clock: Clock;
  readonly seconds: number | undefined;
  readonly text: string;
  readonly upstream: AbortSignal | undefined;
}): Disposable & { readonly signal: AbortSignal } {
  const { clock, seconds, text, upstream } = options;
  const controller = new AbortController();
  const forward = (): void => controller.abort(stopOf(upstream?.reason));
  const expire = (): void => controller.abort(new Stop("timeout", `${text} ${seconds} s`));
  const disarm = seconds === undefined ? undefined : clock.after(seconds * 1000, expire);
  upstream?.addEventListener("abort", forward);
  if (upstream?.aborted === true) forward();
  const dispose = (): void => {
    disarm?.();
    upstream?.removeEventListener("abort", forward);
  };
  return { signal: controller.signal, [Symbol.dispose]: dispose };
}

/** The stop that a signal's reason tells of: a stop itself, or a cancellation. */
export function stopOf(reason: unknown): Stop {
  if (reason instanceof Stop) return reason;
  const told = Object(reason) as Partial<Cancellation>; // a caller may abort with anything
  return new Stop("cancelled", `cancelled by ${told.cancelledBy ?? "the caller"}: ${told.reason ?? "no reason given"}`);
}
