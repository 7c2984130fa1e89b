import type { Clock, Json } from "#model";
import { Fault } from "#model";
import type { CallAnswer, CallService, RunCall } from "../../call-box.ts";
import { CALL_LIMITS } from "../../limits.ts";
import type { CallRows } from "./call-rows.ts";

/** What takes calls, and how. */
export interface CallsTakenOptions {
  readonly rows: CallRows;
  readonly service: CallService;
  readonly clock: Clock;
  /** So often it is looked for calls that nobody has told of, in milliseconds. */
  readonly pollMs: number;
}

const ANSWER_AGAIN_MS = 500;
/** An answer that cannot be written down for so long is given up. */
const ANSWER_TRIES = 60;

/** The calls that this process has taken: carries each out once, gives signs of life meanwhile, and answers. */
export class CallsTaken {
  readonly #options: CallsTakenOptions;
  readonly #carriedOut = new Map<string, Promise<void>>();
  readonly #disarms = new Set<() => void>();
  #looking: Promise<void> | undefined;
  #stillAlive: (() => void) | undefined;
  #closed = false;

  constructor(options: CallsTakenOptions) {
    this.#options = options;
  }

  start(): void {
    this.#looking = this.#look();
    this.#liveLater();
  }

  /** Takes the call, if it is to a run that is held here. */
  consider({ id, runId }: { readonly id: string; readonly runId: string }): void {
    if (this.#closed || this.#carriedOut.has(id) || this.#carriedOut.size >= CALL_LIMITS.carriedOutAtOnce) return;
    if (!this.#options.service.holds(runId)) return;
    const done = this.#take(id).finally(() => this.#carriedOut.delete(id));
    this.#carriedOut.set(id, done);
  }

  /** Never rejects: who asked finds out that there is no answer. */
  async #take(id: string): Promise<void> {
    const call = await this.#options.rows.take(id).catch(() => undefined);
    if (call === undefined) return; // somebody else's, or withdrawn; or nobody knows, and it is not taken again
    const answer = await this.#carryOut(call);
    for (let tries = 1; tries <= ANSWER_TRIES && !(await this.#tell(id, answer)); tries += 1) {
      if (this.#closed) return;
      await this.#pause(ANSWER_AGAIN_MS);
    }
  }

  async #carryOut(call: RunCall): Promise<CallAnswer> {
    const { service } = this.#options;
    try {
      return { kind: "done", told: bounded(await service.carryOut(call)) };
    } catch (error) {
      if (error instanceof Fault) return { kind: "fault", fault: error };
      service.onInternalError(error, call);
      return {
        kind: "fault",
        fault: new Fault(
          "INTERNAL",
          "The server that holds the run failed in a way that it did not foresee; its operator finds the cause in its log.",
        ),
      };
    }
  }

  async #tell(id: string, answer: CallAnswer): Promise<boolean> {
    return await this.#options.rows.answer(id, answer).then(
      () => true,
      () => false,
    );
  }

  async #look(): Promise<void> {
    const { rows, pollMs } = this.#options;
    try {
      await rows.sweep();
      for (const call of await rows.open()) this.consider(call);
    } catch {
      // later again
    }
    this.#later(pollMs, () => {
      this.#looking = this.#look();
    });
  }

  #liveLater(): void {
    this.#stillAlive = this.#options.clock.after(CALL_LIMITS.signOfLifeMs, () => {
      const ids = [...this.#carriedOut.keys()];
      if (ids.length > 0) this.#options.rows.live(ids).catch(() => undefined); // who asked waits for more than one
      this.#liveLater();
    });
  }

  async #pause(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#options.clock.after(milliseconds, resolve);
    await promise;
  }

  #later(milliseconds: number, act: () => void): void {
    if (this.#closed) return;
    const disarm = this.#options.clock.after(milliseconds, () => {
      this.#disarms.delete(disarm);
      act();
    });
    this.#disarms.add(disarm);
  }

  /** Takes nothing more, and waits for what is being carried out. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const disarm of this.#disarms) disarm();
    await this.#looking;
    await Promise.all(this.#carriedOut.values());
    this.#stillAlive?.();
  }
}

function bounded(told: Json): Json {
  if (JSON.stringify(told).length > CALL_LIMITS.toldBytes)
    throw new Fault(
      "LIMIT_EXCEEDED",
      "It was done, and what there is to say of it is too long to be handed back: look at the run.",
    );
  return told;
}
