import type { Fault, Json } from "#model";

/** Something that is asked of whoever holds a run. */
export interface RunCall {
  /** The run, 1 to 128 characters. */
  readonly runId: string;
  /** What is asked: 1 to 32 of `a-z` and `_`. */
  readonly verb: string;
  /** What it is asked with; at most 1 MiB as JSON. */
  readonly given: Json;
}

/** What became of a call. */
export type CallAnswer =
  /** Nobody has taken it, and nobody will: nothing was done. */
  | { readonly kind: "untaken" }
  /** It was carried out, and this is what there is to say; at most 4 MiB as JSON. */
  | { readonly kind: "done"; readonly told: Json }
  /** It was taken and refused, or has failed. */
  | { readonly kind: "fault"; readonly fault: Fault };

/** How a process answers calls. */
export interface CallService {
  /** Whether the run is held here, so that a call to it is for this process. */
  readonly holds: (runId: string) => boolean;
  /** Carries a call out. A `Fault` that it throws is the answer; of anything else the caller hears INTERNAL. */
  readonly carryOut: (call: RunCall) => Promise<Json>;
  /** Told of what was thrown and is no `Fault`; must not throw. */
  readonly onInternalError: (error: unknown, call: RunCall) => void;
}

/**
 * Port: hands calls to the process that holds a run, whichever that is, and brings the answer back.
 *
 * A call is carried out at most once, ever: who takes it has claimed it, durably, before anything is done. If its taker dies the call
 * is not taken again; the caller is told that nobody knows what became of it.
 */
export interface CallBox {
  /**
   * Waits until somebody has answered, or until nobody has taken the call for `untakenMs`: then it is withdrawn.
   * @throws {Fault} HOLDER_SILENT if it was taken and there is no answer: whether it was carried out is not known;
   *   LIMIT_EXCEEDED if too many calls wait; QUEUE_UNAVAILABLE if the box can not be reached: nothing was done, or it is not known, as it says.
   */
  ask(call: RunCall, options: { readonly untakenMs: number }): Promise<CallAnswer>;

  /** Takes calls to the runs that are held here, from now on. At most once. */
  serve(service: CallService): void;

  /** Takes no more calls, waits for those that it has taken, and frees everything. Safe to call twice. */
  close(): Promise<void>;
}
