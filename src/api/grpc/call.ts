import type { Deadline, Metadata } from "@grpc/grpc-js";
import type { Clock } from "#model";
import { Fault } from "#model";
import type { CallShares } from "./call-budgets.ts";
import type { CallContext, CallHeaders, Principal } from "./call-context.ts";
import type { LetIn } from "./gate.ts";
import type { PeerCertificate } from "./peer-certificate.ts";

/**
 * How long before the caller's deadline the server answers, milliseconds: later, the trailers would come too late. If
 * the event loop is later than that, the library's own timer answers, without details.
 */
const DEADLINE_MARGIN_MS = 20;

/** Longest time that a timer holds, milliseconds (24.8 days); a later deadline is none. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What every kind of call of grpc-js has. */
export interface SurfaceCall {
  readonly metadata: Metadata;
  getDeadline(): Deadline;
  getPeer(): string;
  once(event: "cancelled", listener: () => void): unknown;
}

class MetadataHeaders implements CallHeaders {
  readonly #metadata: Metadata;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  get(name: string): string | undefined {
    const value = this.#metadata.get(name)[0];
    return typeof value === "string" ? value : undefined;
  }
}

/**
 * One call in progress. It ends once: by its answer, by its deadline, or because the caller went away. What nobody
 * asks for (the signal, the headers) is not made.
 */
export class Call implements CallContext {
  readonly principal: Principal;
  readonly peerCertificate: PeerCertificate | undefined;
  readonly shares: CallShares;
  readonly #call: SurfaceCall;
  #controller: AbortController | undefined;
  #stopTimer: (() => void) | undefined;
  #ended = false;

  constructor(call: SurfaceCall, { principal, peerCertificate, shares, onCut }: LetIn) {
    this.#call = call;
    this.principal = principal;
    this.peerCertificate = peerCertificate;
    this.shares = shares;
    onCut(() => this.end()); // nobody went away: a job that hangs on its caller goes on
    call.once("cancelled", () => {
      // grpc-js says `cancelled` after a normal end as well.
      if (!this.#ended) this.abort(new Fault("CANCELLED", "The caller went away."));
    });
  }

  /** Whether the call has its answer, or nobody waits for one. */
  get ended(): boolean {
    return this.#ended;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  get deadline(): number {
    return Number(this.#call.getDeadline());
  }

  get headers(): CallHeaders {
    return new MetadataHeaders(this.#call.metadata);
  }

  get peer(): string {
    return this.#call.getPeer();
  }

  /** Calls `answer` shortly before the caller's deadline, if there is one and the call has not ended by then. */
  onDeadline(clock: Clock, answer: (fault: Fault) => void): void {
    const { deadline } = this;
    if (deadline === Infinity) return;
    const left = deadline - Date.parse(clock.now());
    if (left > LONGEST_TIMER_MS) return;
    const fault = new Fault("DEADLINE_PASSED", "The deadline of the call passed before its answer was ready.");
    this.#stopTimer = clock.after(Math.max(0, left - Math.min(DEADLINE_MARGIN_MS, left / 10)), () => {
      if (this.#ended) return;
      answer(fault);
      this.abort(fault);
    });
  }

  /** Ends the call for its implementation: nobody waits for its answer any more. */
  abort(reason: Fault): void {
    if (this.#ended) return;
    this.end();
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  /** The call has its answer. Returns whether this was the first end. */
  end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#stopTimer?.();
    return true;
  }
}
