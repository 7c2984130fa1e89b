import type { Clock } from "#model";

/** Why a call was not let in. */
export type DenialKind = "unauthenticated" | "permission" | "rate" | "in_flight";

/** Denials of one kind, for one principal and one method. */
export interface Denial {
  readonly kind: DenialKind;
  /** Empty where nobody has proven who he is. */
  readonly principal: string;
  /** `/package.Service/Method`, or `other` for the ones that there was no room to count by themselves. */
  readonly method: string;
  /** Where somebody came from who has not proven who he is, without the port. Absent where it is not known. */
  readonly peer?: string;
  /** How many since the last report of the same. */
  readonly count: number;
  /** The cause of the first of them, for people. */
  readonly detail: string;
}

/** What denials are counted with. */
export interface DenialsOptions {
  readonly clock: Clock;
  /** Told of the first denial at once, and of how many have followed it when the interval is over. Must not throw. */
  readonly report: (denial: Denial) => void;
  /** Told of each one. Must not throw; default nobody. */
  readonly onEach?: (denial: Omit<Denial, "count">) => void;
  /** Default 60,000. */
  readonly intervalMs?: number;
  /** How many kinds of denials are counted by themselves in an interval. Default 1,024. */
  readonly entries?: number;
}

interface Entry {
  readonly denial: Omit<Denial, "count">;
  count: number;
}

/** Tells of denials without letting whoever is denied write the log full: the first at once, then a number an interval. */
export class Denials {
  readonly #options: DenialsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #totals: Record<DenialKind, number> = { unauthenticated: 0, permission: 0, rate: 0, in_flight: 0 };
  #stopTimer: (() => void) | undefined;

  constructor(options: DenialsOptions) {
    this.#options = options;
  }

  /** How many there were since the start, by kind. */
  get totals(): Readonly<Record<DenialKind, number>> {
    return { ...this.#totals };
  }

  /** Counts one. */
  note(denial: Omit<Denial, "count">): void {
    const { clock, report, onEach, intervalMs = 60_000, entries = 1024 } = this.#options;
    this.#totals[denial.kind] += 1;
    onEach?.(denial);
    const full = (key: string): boolean => this.#entries.size >= entries && !this.#entries.has(key);
    const own = keyOf(denial);
    const counted = full(own) ? { ...denial, principal: "", method: "other" } : denial;
    const key = keyOf(counted);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    this.#entries.set(key, { denial: counted, count: 0 });
    this.#stopTimer ??= clock.after(intervalMs, () => this.flush());
    report({ ...counted, count: 1 });
  }

  /** Tells what was counted and not told yet, and begins a new interval. */
  flush(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    const counted = [...this.#entries.values()].filter(({ count }) => count > 0);
    this.#entries.clear();
    for (const { denial, count } of counted) this.#options.report({ ...denial, count });
  }
}

function keyOf({ kind, principal, method }: Omit<Denial, "count">): string {
  return JSON.stringify([kind, principal, method]);
}
