import type { EventLog } from "./log-events.ts";
import { systemClock } from "./system-clock.ts";

/** How long refused handshakes are summed up for one line of the log, milliseconds. */
const SUMMED_MS = 10_000;

/** Tells of refused handshakes: of the first at once, of those that follow by their number. Strangers cannot fill the log. */
export class RefusedHandshakes implements Disposable {
  readonly #log: EventLog;
  #disarm: (() => void) | undefined;
  #count = 0;
  #last: { readonly peer: string; readonly why: string } | undefined;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Takes word of one. */
  readonly take = (peer: string, why: string): void => {
    if (this.#disarm === undefined) {
      this.#log("tls.handshake_refused", { count: 1, peer, why });
      this.#disarm = systemClock.after(SUMMED_MS, () => this.#tell());
      return;
    }
    this.#count += 1;
    this.#last = { peer, why };
  };

  /** Tells what has not been told. Safe to call twice. */
  [Symbol.dispose](): void {
    this.#disarm?.();
    this.#tell();
  }

  #tell(): void {
    if (this.#last !== undefined) this.#log("tls.handshake_refused", { count: this.#count, ...this.#last });
    this.#disarm = undefined;
    this.#count = 0;
    this.#last = undefined;
  }
}
