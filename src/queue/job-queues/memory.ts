import type { Clock } from "#model";
import { checkEntries, checkNext, checkTake } from "../check-calls.ts";
import type { Delivery, JobQueue, QueueDepth, QueueEntry, TakeOptions } from "../job-queue.ts";
import { QUEUE_DEFAULTS } from "../limits.ts";
import { closing, full } from "../refusals.ts";
import { TakeWaiting } from "../take-waiting.ts";
import { IndexedHeap } from "./memory/indexed-heap.ts";

/** What a queue in memory is given. */
export interface MemoryQueueOptions {
  readonly clock: Clock;
  /** Entries at most: due, delayed and taken. Default 100000. */
  readonly capacity?: number;
  /** After so long without a word a delivery is handed out again, in milliseconds. Default 60000. */
  readonly stalledAfterMs?: number;
}

interface Entry {
  readonly id: string;
  readonly priority: number;
  attempt: number;
  stalls: number;
  /** Undefined unless it is taken. */
  token: string | undefined;
  /** When it is due, or is handed out again. */
  atMs: number;
  /** The order of becoming due. */
  order: number;
  place: number;
}

/** A queue in the memory of this process: what is in it is gone with the process. */
class MemoryQueue implements JobQueue {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #stalledAfterMs: number;
  readonly #entries = new Map<string, Entry>();
  readonly #due = new IndexedHeap<Entry>(
    (one, other) => one.priority > other.priority || (one.priority === other.priority && one.order < other.order),
  );
  readonly #delayed = new IndexedHeap<Entry>(earlier);
  readonly #taken = new IndexedHeap<Entry>(earlier);
  readonly #waiting: TakeWaiting;
  #count = 0;
  #closed = false;

  constructor({ clock, capacity, stalledAfterMs }: MemoryQueueOptions) {
    this.#clock = clock;
    this.#capacity = capacity ?? QUEUE_DEFAULTS.capacity;
    this.#stalledAfterMs = stalledAfterMs ?? QUEUE_DEFAULTS.stalledAfterMs;
    this.#waiting = new TakeWaiting({
      clock,
      takeNow: async (max) => this.#takeNow(max),
      lookAgainMs: () => this.#nextMs(),
    });
  }

  async enqueue(entries: readonly QueueEntry[]): Promise<void> {
    this.#requireOpen();
    checkEntries(entries);
    const added = new Map<string, QueueEntry>();
    for (const entry of entries) if (!this.#entries.has(entry.id) && !added.has(entry.id)) added.set(entry.id, entry);
    const [queued, asked, capacity] = [this.#entries.size, added.size, this.#capacity];
    if (asked > 0 && queued + asked > capacity) throw full({ capacity, queued, asked });
    for (const { id, priority, delayMs, attempt } of added.values()) {
      const entry: Entry = { id, priority, attempt, stalls: 0, token: undefined, atMs: 0, order: 0, place: -1 };
      this.#entries.set(id, entry);
      this.#wait(entry, delayMs);
    }
    this.#waiting.wake();
  }

  async take(options: TakeOptions): Promise<readonly Delivery[]> {
    this.#requireOpen();
    checkTake(options);
    return await this.#waiting.take(options);
  }

  async settle(delivery: Delivery): Promise<void> {
    const entry = this.#takenAs(delivery);
    if (entry === undefined) return;
    this.#taken.remove(entry);
    this.#entries.delete(entry.id);
  }

  async postpone(delivery: Delivery, next: { readonly delayMs: number; readonly attempt: number }): Promise<void> {
    checkNext(next);
    const entry = this.#takenAs(delivery);
    if (entry === undefined) return;
    this.#taken.remove(entry);
    Object.assign(entry, { attempt: next.attempt, stalls: 0, token: undefined });
    this.#wait(entry, next.delayMs);
    this.#waiting.wake();
  }

  async extend(delivery: Delivery): Promise<boolean> {
    const entry = this.#takenAs(delivery);
    if (entry === undefined) return false;
    this.#taken.remove(entry);
    entry.atMs = this.#clock.monotonicMs() + this.#stalledAfterMs;
    this.#taken.add(entry);
    return true;
  }

  async depth(): Promise<QueueDepth> {
    this.#requireOpen();
    this.#catchUp();
    return { due: this.#due.size, delayed: this.#delayed.size, taken: this.#taken.size };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.close();
  }

  #requireOpen(): void {
    if (this.#closed) throw closing();
  }

  /** The entry, if this is the handing out that counts. */
  #takenAs({ id, token }: Delivery): Entry | undefined {
    this.#requireOpen();
    this.#catchUp();
    const entry = this.#entries.get(id);
    return entry?.token === token ? entry : undefined;
  }

  #takeNow(max: number): readonly Delivery[] {
    this.#catchUp();
    const found: Delivery[] = [];
    while (found.length < max) {
      const entry = this.#due.first();
      if (entry === undefined) break;
      this.#due.remove(entry);
      const token = `${++this.#count}`;
      Object.assign(entry, { token, atMs: this.#clock.monotonicMs() + this.#stalledAfterMs });
      this.#taken.add(entry);
      found.push({ id: entry.id, priority: entry.priority, attempt: entry.attempt, stalls: entry.stalls, token });
    }
    return found;
  }

  #wait(entry: Entry, delayMs: number): void {
    entry.order = ++this.#count;
    entry.atMs = this.#clock.monotonicMs() + delayMs;
    if (delayMs === 0) this.#due.add(entry);
    else this.#delayed.add(entry);
  }

  /** Makes due what has become so, and what was not settled in time. */
  #catchUp(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const heap of [this.#delayed, this.#taken]) {
      for (let entry = heap.first(); entry !== undefined && entry.atMs <= nowMs; entry = heap.first()) {
        heap.remove(entry);
        entry.order = ++this.#count;
        if (entry.token !== undefined) entry.stalls++;
        entry.token = undefined;
        this.#due.add(entry);
      }
    }
  }

  #nextMs(): number | undefined {
    const times = [this.#delayed.first(), this.#taken.first()].flatMap((entry) => entry?.atMs ?? []);
    return times.length === 0 ? undefined : Math.min(...times) - this.#clock.monotonicMs();
  }
}

function earlier(one: Entry, other: Entry): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/** A queue for tests, and for servers whose work may be asked for anew after a restart. */
export function createMemoryQueue(options: MemoryQueueOptions): JobQueue {
  return new MemoryQueue(options);
}
