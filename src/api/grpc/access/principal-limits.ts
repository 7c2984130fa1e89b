import type { Clock } from "#model";
import { Fault } from "#model";
import type { PrincipalBounds } from "../../identity/identity-options.ts";
import type { Principal } from "../../identity/principal.ts";
import { principalKey } from "../../identity/principal-name.ts";

/** How many principals are remembered; for another one, whoever has nothing under way and came longest ago is forgotten. */
const REMEMBERED = 4096;

interface Account {
  /** Calls that may be made now; refilled as time passes. */
  tokens: number;
  atMs: number;
  inFlight: number;
}

/** What is not let in by a bound on one principal. */
export interface OverLimit {
  readonly kind: "rate" | "in_flight";
  readonly fault: Fault;
}

/** Holds each principal to so many calls in a time and so many at a time, so that none leaves the others waiting. */
export class PrincipalLimits {
  readonly #bounds: PrincipalBounds;
  readonly #clock: Clock;
  /** Whoever came longest ago first. */
  readonly #accounts = new Map<string, Account>();

  constructor(bounds: PrincipalBounds, clock: Clock) {
    this.#bounds = bounds;
    this.#clock = clock;
  }

  /** Counts a call that comes in, or says why it may not. A call that is not let in counts for the rate and is not under way. */
  enter(principal: Principal): OverLimit | { readonly leave: () => void } {
    const { name } = principal;
    const { callsPerSecond, burst, callsInFlight } = this.#bounds;
    const now = this.#clock.monotonicMs();
    const account = this.#accountOf(principalKey(principal), now);
    account.tokens = Math.min(burst, account.tokens + ((now - account.atMs) / 1000) * callsPerSecond);
    account.atMs = now;
    if (account.tokens < 1) {
      const retryAfterMs = Math.ceil(((1 - account.tokens) / callsPerSecond) * 1000);
      const text = `${name} makes more than ${callsPerSecond} calls a second; try again in ${retryAfterMs} ms.`;
      return { kind: "rate", fault: new Fault("RATE_LIMITED", text, { retryAfterMs }) };
    }
    account.tokens -= 1;
    if (account.inFlight >= callsInFlight) {
      const text = `${name} has ${callsInFlight} calls under way, which is the limit; end some, or try again later.`;
      return { kind: "in_flight", fault: new Fault("RATE_LIMITED", text, { retryAfterMs: 1000 }) };
    }
    account.inFlight += 1;
    let left = false;
    return {
      leave: () => {
        if (!left) account.inFlight -= 1;
        left = true;
      },
    };
  }

  #accountOf(key: string, now: number): Account {
    const known = this.#accounts.get(key);
    this.#accounts.delete(key);
    if (known === undefined && this.#accounts.size >= REMEMBERED) this.#forgetOne();
    const account = known ?? { tokens: this.#bounds.burst, atMs: now, inFlight: 0 };
    this.#accounts.set(key, account);
    return account;
  }

  /** There is always one: there are fewer calls at a time than principals who are remembered. */
  #forgetOne(): void {
    for (const [key, { inFlight }] of this.#accounts) {
      if (inFlight > 0) continue;
      this.#accounts.delete(key);
      return;
    }
  }
}
