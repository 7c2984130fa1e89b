import type { Clock } from "#model";
import { unavailable } from "./unavailable.ts";

/** How the calls to a server are bounded. */
export interface ServerCallsOptions {
  /** The server, as the message names it. */
  readonly server: string;
  readonly clock: Clock;
  readonly unavailableAfterMs: number;
}

/** Calls to a server that may be gone: each answers, or fails, within a bound. */
export class ServerCalls {
  readonly #options: ServerCallsOptions;
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: ServerCallsOptions) {
    this.#options = options;
  }

  /** @throws {Fault} QUEUE_UNAVAILABLE if it fails or is silent for too long; what it has done then is not known. */
  async call<T>(act: () => Promise<T>): Promise<T> {
    const { server, clock, unavailableAfterMs } = this.#options;
    const { promise: silent, reject } = Promise.withResolvers<never>();
    const disarm = clock.after(unavailableAfterMs, () => reject(new Error(`no answer for ${unavailableAfterMs} ms`)));
    const answer = Promise.race([act(), silent]);
    this.#running.add(answer);
    try {
      return await answer;
    } catch (error) {
      throw unavailable(server, error);
    } finally {
      disarm();
      this.#running.delete(answer);
    }
  }

  /** Resolves when every call that is under way has ended. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}
