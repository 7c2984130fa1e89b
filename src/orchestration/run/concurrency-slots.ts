import type { Concurrency } from "#model";

/** Counts the jobs that run under each concurrency key, over all runs of this server. */
export class ConcurrencySlots {
  readonly #taken = new Map<string, number>();
  readonly #onFree: (key: string) => void;

  /** @param onFree told when one has become free; must not throw. */
  constructor(onFree: (key: string) => void) {
    this.#onFree = onFree;
  }

  /** Takes a place if there is one. */
  take({ key, max }: Concurrency): boolean {
    const taken = this.#taken.get(key) ?? 0;
    if (taken >= max) return false;
    this.#taken.set(key, taken + 1);
    return true;
  }

  /** Takes a place whether there is one or not: for what runs already. */
  occupy({ key }: Concurrency): void {
    this.#taken.set(key, (this.#taken.get(key) ?? 0) + 1);
  }

  /** Gives a place back. */
  give({ key }: Concurrency): void {
    const left = (this.#taken.get(key) ?? 1) - 1;
    if (left === 0) this.#taken.delete(key);
    else this.#taken.set(key, left);
    this.#onFree(key);
  }
}
