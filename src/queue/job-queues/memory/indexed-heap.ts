/** What stands in a heap knows its place, so that it can be taken out of the middle. */
export interface Heaped {
  /** Where it stands; -1 outside of the heap. Only the heap sets it. */
  place: number;
}

/** A binary heap with the first one on top; nothing stale stays in it. */
export class IndexedHeap<T extends Heaped> {
  readonly #items: T[] = [];
  readonly #before: (one: T, other: T) => boolean;

  constructor(before: (one: T, other: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  first(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    this.#put(item, this.#items.length);
    this.#rise(item);
  }

  /** Nothing happens if it is in no heap. */
  remove(item: T): void {
    if (item.place < 0) return;
    const last = this.#items.pop();
    if (last !== undefined && last !== item) {
      this.#put(last, item.place);
      this.#rise(last);
      this.#sink(last);
    }
    item.place = -1;
  }

  #rise(item: T): void {
    for (;;) {
      const above = this.#items[(item.place - 1) >> 1];
      if (above === undefined || item.place === 0 || !this.#before(item, above)) return;
      this.#swap(item, above);
    }
  }

  #sink(item: T): void {
    for (;;) {
      const left = this.#items[2 * item.place + 1];
      const right = this.#items[2 * item.place + 2];
      const below = right !== undefined && left !== undefined && this.#before(right, left) ? right : left;
      if (below === undefined || !this.#before(below, item)) return;
      this.#swap(item, below);
    }
  }

  #swap(one: T, other: T): void {
    const place = one.place;
    this.#put(one, other.place);
    this.#put(other, place);
  }

  #put(item: T, place: number): void {
    item.place = place;
    this.#items[place] = item;
  }
}
