import type { Cancellation, Clock } from "#model";
import { boundedText } from "./untrusted.ts";

/** Why a step, or the whole job, was stopped from outside: the reason of the signal that a handler is given. */
export class Stop extends Error {
  override readonly name = "Stop";
  readonly errorClass: "timeout" | "cancelled";

  constructor(errorClass: "timeout" | "cancelled", message: string) {
    super(boundedText(message));
    this.errorClass = errorClass;
  }
}

/** A signal that aborts with a {@link Stop}, until it is disposed. */
export interface StopSignal extends Disposable {
  readonly signal: AbortSignal;
  /** Aborts it if its deadline has passed on the clock, although no timer may have been able to say so. */
  readonly check: () => void;
}

/** What stops: a deadline in `seconds`, told with `text`, or another signal. */
type Causes = Record<"seconds", number | undefined> & Record<"upstream", AbortSignal | undefined>;

/** A signal that aborts when its deadline passes or `upstream` aborts. */
export function stopSignal(options: Causes & { readonly clock: Clock; readonly text: string }): StopSignal {
  const { clock, seconds, text, upstream } = options;
  const startMs = clock.monotonicMs();
  const controller = new AbortController();
  const forward = (): void => controller.abort(stopOf(upstream?.reason));
  const expire = (): void => controller.abort(new Stop("timeout", `${text} ${seconds} s`));
  const disarm = seconds === undefined ? undefined : clock.after(seconds * 1000, expire);
  const check = (): void => {
    if (seconds !== undefined && clock.monotonicMs() - startMs >= seconds * 1000) expire();
  };
  upstream?.addEventListener("abort", forward);
  if (upstream?.aborted === true) forward();
  const dispose = (): void => {
    disarm?.();
    upstream?.removeEventListener("abort", forward);
  };
  return { signal: controller.signal, check, [Symbol.dispose]: dispose };
}

/** The stop that a signal's reason tells of: a stop itself, or a cancellation. Never throws: a caller may abort with anything. */
export function stopOf(reason: unknown): Stop {
  if (reason instanceof Stop) return reason;
  const told = (member: keyof Cancellation, otherwise: string): string => {
    try {
      const said: unknown = (reason as Partial<Cancellation> | undefined)?.[member]; // read as unknown
      return typeof said === "string" ? said : otherwise;
    } catch {
      return otherwise;
    }
  };
  const text = `cancelled by ${told("cancelledBy", "the caller")}: ${told("reason", "no reason given")}`;
  return new Stop("cancelled", text);
}

/** The same stop, for somebody who may change it. */
export const copyOf = ({ errorClass, message }: Stop): Stop => new Stop(errorClass, message);
