const PLACES_KEPT = 1000;

/** Places of lines that were missed, or seen too early: where such a line turns up or is missed, its cause is named already. */
export class MovedPlaces {
  readonly #places = new Set<number>();

  /** Remembers the places from `from` to before `to`; the first 1,000 in all. */
  remember(from: number, to: number): void {
    for (let place = from; place < to && this.#places.size < PLACES_KEPT; place += 1) this.#places.add(place);
  }

  /** Whether exactly one place lies between, and it was remembered. */
  explains(from: number, to: number): boolean {
    return to - from === 1 && this.#places.has(from);
  }
}
