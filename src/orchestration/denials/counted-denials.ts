import type { JsonObject } from "#model";

/** Kinds of denials that one record counts by themselves. */
const KINDS_PER_RECORD = 64;

/** Different kinds of denials that are counted by themselves in a minute; whoever makes more shares one number. */
const KINDS_PER_MINUTE = 64;

const MINUTE_MS = 60_000;

/** Longest text of a denial that is kept. */
const TEXT_CHARACTERS = 128;

/** A call that was not let in. */
export interface DeniedCall {
  /** Why: `unauthenticated`, `permission`, `rate`, `in_flight`. */
  readonly kind: string;
  /** Empty where nobody has proven who he is. */
  readonly principal: string;
  /** Where an unknown caller came from; empty where it is not known or does not matter. */
  readonly peer: string;
  readonly method: string;
  /** The cause of the first, for people. */
  readonly detail: string;
}

/** When something happened. */
export interface Moment {
  readonly at: string;
  readonly monotonicMs: number;
}

interface Counted {
  readonly denied: DeniedCall;
  readonly firstAt: string;
  lastAt: string;
  count: number;
}

/** What was counted since the last record, in a bounded space. */
export class CountedDenials {
  #counted = new Map<string, Counted>();
  #others = { count: 0, firstAt: "", lastAt: "" };
  #minute = { beginMs: -Infinity, kinds: new Set<string>() };
  #total = 0;

  /** How many denials wait to be recorded. */
  get total(): number {
    return this.#total;
  }

  /** Counts one. */
  add(denied: DeniedCall, { at, monotonicMs }: Moment): void {
    this.#total += 1;
    if (monotonicMs - this.#minute.beginMs >= MINUTE_MS) this.#minute = { beginMs: monotonicMs, kinds: new Set() };
    const key = JSON.stringify([denied.kind, denied.principal, denied.peer, denied.method]);
    const known = this.#counted.get(key);
    if (known !== undefined) {
      known.count += 1;
      known.lastAt = at;
    } else if (this.#hasRoomFor(key)) {
      this.#minute.kinds.add(key);
      this.#counted.set(key, { denied: bounded(denied), firstAt: at, lastAt: at, count: 1 });
    } else {
      const { count, firstAt } = this.#others;
      this.#others = { count: count + 1, firstAt: count === 0 ? at : firstAt, lastAt: at };
    }
  }

  #hasRoomFor(key: string): boolean {
    const { kinds } = this.#minute;
    return this.#counted.size < KINDS_PER_RECORD && (kinds.has(key) || kinds.size < KINDS_PER_MINUTE);
  }

  /** What a record says of all that was counted; from then on they are no more counted here. */
  take(): JsonObject {
    const { count: others, firstAt, lastAt } = this.#others;
    const denials = [...this.#counted.values()].map(({ denied, count, firstAt: first, lastAt: last }) => ({
      kind: denied.kind,
      principal: denied.principal,
      ...(denied.peer !== "" && { peer: denied.peer }),
      method: denied.method,
      count,
      first_at: first,
      last_at: last,
      detail: denied.detail,
    }));
    const data = {
      total: this.#total,
      denials,
      others,
      ...(others > 0 && { others_first_at: firstAt, others_last_at: lastAt }),
    };
    this.#counted = new Map();
    this.#others = { count: 0, firstAt: "", lastAt: "" };
    this.#total = 0;
    return data;
  }
}

/** Callers choose what stands in these. */
function bounded({ kind, principal, peer, method, detail }: DeniedCall): DeniedCall {
  return { kind, principal: cut(principal), peer: cut(peer), method: cut(method), detail: cut(detail) };
}

function cut(text: string): string {
  return text.slice(0, TEXT_CHARACTERS).toWellFormed();
}
