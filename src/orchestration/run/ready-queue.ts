/** A job that waits for a worker. */
export interface ReadyJob {
  readonly key: string;
  /** Jobs on the longest path behind it: the longest goes first. */
  readonly remaining: number;
  /** Place in the plan: among equals the first goes first. */
  readonly place: number;
}

/** The jobs that may start, the one with the longest way to go first. A binary heap: each move costs the logarithm of their number. */
export class ReadyQueue {
  readonly #heap: ReadyJob[] = [];

  get size(): number {
    return this.#heap.length;
  }

  push(job: ReadyJob): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(job);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !goesBefore(job, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = job;
  }

  pop(): ReadyJob | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const child = this.#earlierChild(at);
      const below = heap[child];
      if (below === undefined || !goesBefore(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return first;
  }

  #earlierChild(at: number): number {
    const left = this.#heap[2 * at + 1];
    const right = this.#heap[2 * at + 2];
    return left !== undefined && right !== undefined && goesBefore(right, left) ? 2 * at + 2 : 2 * at + 1;
  }
}

function goesBefore(one: ReadyJob, other: ReadyJob): boolean {
  return one.remaining === other.remaining ? one.place < other.place : one.remaining > other.remaining;
}
