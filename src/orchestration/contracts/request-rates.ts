import type { Clock } from "#model";
import { Fault } from "#model";

const MINUTE_MS = 60_000;
/** Sources are named by callers: more than so many within a minute are refused, lest the memory of them grows. */
const SOURCES_AT_MOST = 1000;

/** How many new requests each source may make: so many in any minute. */
export class RequestRates {
  readonly #clock: Clock;
  readonly #perMinute: number;
  readonly #taken = new Map<string, number[]>();

  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
  }

  /** @throws {Fault} LIMIT_EXCEEDED if the source has had its share of the last minute. */
  take(source: string): void {
    const now = this.#clock.monotonicMs();
    this.#forget(now - MINUTE_MS);
    const times = this.#taken.get(source) ?? [];
    if (times.length < this.#perMinute && (times.length > 0 || this.#taken.size < SOURCES_AT_MOST)) {
      this.#taken.set(source, [...times, now]);
      return;
    }
    const seconds = Math.ceil(((times[0] ?? now) + MINUTE_MS - now) / 1000);
    const text = `The source ${source} may make ${this.#perMinute} new requests in a minute and has; try again in ${seconds} s.`;
    throw new Fault("LIMIT_EXCEEDED", text);
  }

  #forget(until: number): void {
    for (const [source, times] of this.#taken) {
      const young = times.filter((time) => time > until);
      if (young.length === 0) this.#taken.delete(source);
      else this.#taken.set(source, young);
    }
  }
}
