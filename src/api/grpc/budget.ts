import type { Clock } from "#model";
import { assert } from "#model";

/** What a budget is made with. */
export interface BudgetOptions {
  /** How much there is, in whatever is counted. */
  readonly amount: number;
  readonly clock: Clock;
  /**
   * How long a share may wait for its client while others wait in line, milliseconds; then it is cut. Infinity = it is
   * never cut.
   */
  readonly patienceMs: number;
}

/** One call's part of a budget. */
export interface Share {
  /** How much is held now. */
  readonly held: number;
  /**
   * Takes so much, whatever was held before. Undefined = there is enough; else it resolves when the line has come to it, or
   * when it is closed.
   */
  take(amount: number): Promise<void> | undefined;
  /** Takes so much instead of what was held, if nobody has to wait for it. Whether it did. */
  takeNow(amount: number): boolean;
  /** What is held turned out to be so much; more than was taken is taken all the same. */
  resize(amount: number): void;
  /** Only the client is waited for from now on. */
  waitForClient(): void;
  /** The client has done something: his patience begins anew. */
  clientMoved(): void;
  /** Gives all back. Safe to call twice. */
  give(): void;
  /** Gives all back for ever and leaves the line. Safe to call twice. */
  close(): void;
}

/**
 * A quantity that all calls of a server share. Who finds too little left waits in line: whose owner holds least is served first, and
 * among equals who came first, so that nobody fills the line for the others. Who then holds his share because his client does
 * nothing loses it.
 */
export class Budget {
  readonly #options: BudgetOptions;
  /** In the order in which they came. */
  readonly #line = new Set<LineShare>();
  /** Shares that wait for their clients, the longest wait first. */
  readonly #idle = new Set<LineShare>();
  /** What each owner holds, who holds anything. */
  readonly #holding = new Map<string, number>();
  #free: number;
  #stopTimer: (() => void) | undefined;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#free = options.amount;
  }

  /** What nobody holds; less than nothing for a moment, where an answer turned out larger than was taken for it. */
  get free(): number {
    return this.#free;
  }

  /** How many wait in line. */
  get waiting(): number {
    return this.#line.size;
  }

  /** A share of an owner's that holds nothing yet. `cut` is told when it is taken away; it must not throw. */
  share(cut: () => void, owner = ""): Share {
    return new LineShare(this, { cut, owner });
  }

  /** Whether the share holds so much now; else it stands in line. */
  enter(share: LineShare): boolean {
    assert(share.wanted <= this.#options.amount, "a share is asked for that there is");
    if (this.spare(share, share.wanted)) return true;
    this.#line.add(share);
    this.#watch();
    return false;
  }

  /** Takes so much if nobody waits and there is enough. */
  spare({ owner }: LineShare, amount: number): boolean {
    if (this.#line.size > 0 || amount > this.#free) return false;
    this.#hold(owner, amount);
    return true;
  }

  /** A share holds so much more, or less. */
  change({ owner }: LineShare, more: number): void {
    this.#hold(owner, more);
    if (more < 0) this.#serve();
  }

  idle(share: LineShare): void {
    this.#idle.add(share);
    this.#watch();
  }

  busy(share: LineShare): void {
    this.#idle.delete(share);
  }

  leave(share: LineShare, amount: number): void {
    this.#line.delete(share);
    this.#idle.delete(share);
    this.#hold(share.owner, -amount);
    this.#serve();
  }

  #hold(owner: string, more: number): void {
    this.#free -= more;
    const holds = (this.#holding.get(owner) ?? 0) + more;
    if (holds > 0) this.#holding.set(owner, holds);
    else this.#holding.delete(owner);
  }

  #serve(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if (next.wanted > this.#free) return;
      this.#line.delete(next);
      this.#hold(next.owner, next.wanted);
      next.granted();
    }
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  #next(): LineShare | undefined {
    let next: LineShare | undefined;
    let least = Infinity;
    for (const share of this.#line) {
      const holds = this.#holding.get(share.owner) ?? 0;
      if (holds >= least) continue;
      [next, least] = [share, holds];
      if (holds === 0) break;
    }
    return next;
  }

  /** As long as somebody waits, looks when the patience with the longest idle share is at its end. */
  #watch(): void {
    const { patienceMs, clock } = this.#options;
    const [longest] = this.#idle;
    if (this.#stopTimer !== undefined || this.#line.size === 0 || longest === undefined || patienceMs === Infinity)
      return;
    this.#stopTimer = clock.after(Math.max(0, longest.idleSinceMs + patienceMs - clock.monotonicMs()), () => {
      this.#stopTimer = undefined;
      this.#cutIdle(clock.monotonicMs() - patienceMs);
      this.#watch();
    });
  }

  #cutIdle(sinceMs: number): void {
    for (const share of this.#idle) {
      if (this.#line.size === 0 || share.idleSinceMs > sinceMs) return;
      share.cutOff();
    }
  }

  nowMs(): number {
    return this.#options.clock.monotonicMs();
  }
}

class LineShare implements Share {
  readonly #budget: Budget;
  readonly #cut: () => void;
  readonly owner: string;
  #held = 0;
  #closed = false;
  #granted: (() => void) | undefined;
  wanted = 0;
  idleSinceMs = 0;

  constructor(budget: Budget, { cut, owner }: { readonly cut: () => void; readonly owner: string }) {
    this.#budget = budget;
    this.#cut = cut;
    this.owner = owner;
  }

  get held(): number {
    return this.#held;
  }

  take(amount: number): Promise<void> | undefined {
    this.give();
    if (this.#closed) return undefined;
    this.wanted = amount;
    if (this.#budget.enter(this)) {
      this.#held = amount;
      return undefined;
    }
    return new Promise((resolve) => {
      this.#granted = resolve;
    });
  }

  takeNow(amount: number): boolean {
    this.give();
    if (this.#closed || !this.#budget.spare(this, amount)) return false;
    this.#held = amount;
    return true;
  }

  granted(): void {
    this.#held = this.wanted;
    this.#settle();
  }

  resize(amount: number): void {
    if (this.#held === 0) return;
    const more = amount - this.#held;
    this.#held = amount;
    this.#budget.change(this, more);
  }

  waitForClient(): void {
    if (this.#held === 0) return;
    this.idleSinceMs = this.#budget.nowMs();
    this.#budget.idle(this);
  }

  clientMoved(): void {
    this.#budget.busy(this);
  }

  give(): void {
    const held = this.#held;
    this.#held = 0;
    if (held > 0) this.#budget.leave(this, held);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const held = this.#held;
    this.#held = 0;
    this.#budget.leave(this, held);
    this.#settle();
  }

  /** Told by the budget: others wait, and this one's client does nothing. */
  cutOff(): void {
    this.close();
    this.#cut();
  }

  #settle(): void {
    const granted = this.#granted;
    this.#granted = undefined;
    granted?.();
  }
}
