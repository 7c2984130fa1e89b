import type { Clock } from "#model";
import { Fault } from "#model";
import type { AttemptEnd, NewWork, Work } from "#model";
import type { Delivery, JobQueue, QueueEntry, WorkStore } from "#queue";
import type { OnWorkNews } from "./work-news.ts";

/** What workers are made of. */
export interface WorkersOptions {
  readonly store: WorkStore;
  readonly queue: JobQueue;
  readonly clock: Clock;
  /** Pieces of work that are done at the same time. */
  readonly concurrency: number;
  /** How long a claim holds; it is renewed three times in that time. Milliseconds. */
  readonly leaseMs: number;
  /** Does one attempt. A fault is no attempt: the work is put back. */
  readonly perform: (work: Work, options: { readonly signal: AbortSignal }) => Promise<AttemptEnd>;
  readonly onNews: OnWorkNews;
}

/** How long a queue is waited upon at a time. */
const TAKE_MS = 1000;
/** Before a queue that does not answer is asked again. */
const UNAVAILABLE_MS = 1000;
/** How often what is overdue is queued again: the queue may have lost it. */
const REFILL_MS = 2000;
const REFILL_OVERDUE_MS = 2000;
const REFILL_WORKS = 1000;
/** Before work that could not be begun is tried again. */
const PUT_BACK_MS = 1000;

/**
 * Takes ids from the queue, claims their work, has it done, and writes what it came to. The queue may lose ids or hand them out twice:
 * what is overdue is queued again, and a second claim loses.
 */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #cutting = new AbortController();
  #disarmRefill: (() => void) | undefined;
  /** Resolved when a piece of work ends or the workers stop; made anew for each wait, so that nothing gathers. */
  #wake: () => void = () => undefined;
  /** Something could not be begun now: the next is not tried at once. */
  #backsOff = false;
  #loop: Promise<void> | undefined;

  constructor(options: WorkersOptions) {
    this.#options = options;
    this.#stopping.signal.addEventListener("abort", () => this.#wake(), { once: true });
  }

  /** Pieces of work that are done at the same time at most. */
  get concurrency(): number {
    return this.#options.concurrency;
  }

  /** Pieces of work that are being done. */
  get busy(): number {
    return this.#running.size;
  }

  /** Begins. What is open from before is queued again. */
  start(): void {
    const { concurrency, onNews } = this.#options;
    this.#loop = this.#takeAll();
    void this.#fill()
      .catch((error: unknown) => this.#options.onNews({ kind: "queue unavailable", error }))
      .finally(() => this.#refillLater());
    onNews({ kind: "started", workers: concurrency });
  }

  /** Takes nothing more, waits for what is being done, and cuts off what is left after `graceMs`. Safe to call twice, and without `start`. */
  async drain({ graceMs }: { readonly graceMs: number }): Promise<void> {
    if (this.#loop === undefined) return;
    const first = !this.#stopping.signal.aborted;
    this.#stopping.abort();
    this.#disarmRefill?.();
    const disarm = this.#options.clock.after(graceMs, () => this.#cutting.abort());
    await this.#loop;
    await Promise.all(this.#running);
    disarm();
    if (first) this.#options.onNews({ kind: "stopped", workers: this.#options.concurrency });
  }

  async #takeAll(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      if (this.#backsOff) {
        this.#backsOff = false;
        await this.#pause(PUT_BACK_MS);
      } else if (this.busy >= this.#options.concurrency) await this.#woken();
      else for (const delivery of await this.#take()) this.#begin(delivery);
    }
  }

  async #take(): Promise<readonly Delivery[]> {
    const { queue, concurrency, onNews } = this.#options;
    const { signal } = this.#stopping;
    try {
      return await queue.take({ max: concurrency - this.busy, waitMs: TAKE_MS, signal });
    } catch (error) {
      if (signal.aborted) return [];
      onNews({ kind: "queue unavailable", error });
      await this.#pause(UNAVAILABLE_MS);
      return [];
    }
  }

  #begin(delivery: Delivery): void {
    const going = this.#handle(delivery)
      .catch((error: unknown) => this.#options.onNews({ kind: "put back", id: delivery.id, error }))
      .finally(() => {
        this.#running.delete(going);
        this.#wake();
      });
    this.#running.add(going);
  }

  async #handle(delivery: Delivery): Promise<void> {
    const { store, queue, leaseMs } = this.#options;
    const claim = store.claim(delivery.id, leaseMs);
    if (claim.kind === "over") return void (await this.#tellQueue(queue.settle(delivery)));
    if (claim.kind === "later") return void (await this.#tellQueue(queue.postpone(delivery, claim)));
    const stopBeating = this.#beat(claim.work, delivery);
    try {
      await this.#attempt(claim.work, delivery);
    } finally {
      stopBeating();
    }
  }

  async #attempt(work: Work, delivery: Delivery): Promise<void> {
    const { store, queue, clock, onNews } = this.#options;
    const { id, name, capability, attempts: attempt } = work;
    const startMs = clock.monotonicMs();
    const tried = await this.#try(work);
    if ("error" in tried) {
      onNews({ kind: "put back", id, error: tried.error });
      this.#backsOff = true;
      store.release(work, PUT_BACK_MS);
      return void (await this.#tellQueue(queue.postpone(delivery, { delayMs: PUT_BACK_MS, attempt })));
    }
    const { end } = tried;
    if (end.kind === "completed") {
      onNews({ kind: "completed", id, name, capability, durationMs: clock.monotonicMs() - startMs });
      await this.enqueue(end.follows);
      return void (await this.#tellQueue(queue.settle(delivery)));
    }
    const told = { id, name, capability, attempt, error: end.error };
    if (end.kind === "dead") {
      const { allowed = [] } = end;
      if (end.error.errorClass === "sandbox_violation") onNews({ ...told, kind: "sandbox violation", allowed });
      onNews({ ...told, kind: "dead", durationMs: Date.parse(clock.now()) - work.createdMs });
      return void (await this.#tellQueue(queue.settle(delivery)));
    }
    onNews({ ...told, kind: "failed", maxAttempts: end.maxAttempts ?? attempt + 1, delayMs: end.delayMs });
    await this.#tellQueue(queue.postpone(delivery, { delayMs: end.delayMs, attempt: attempt + 1 }));
  }

  async #try(work: Work): Promise<{ readonly end: AttemptEnd } | { readonly error: unknown }> {
    const { store, perform } = this.#options;
    try {
      const end = await perform(work, { signal: this.#cutting.signal });
      if (store.finish(work, end)) return { end };
      return { error: new Fault("SEQUENCE_CONFLICT", "somebody else has claimed it since") };
    } catch (error) {
      return { error };
    }
  }

  /** Tells the queue of work that is accepted. It need not answer: what it does not hear of is overdue soon. */
  async enqueue(works: readonly NewWork[]): Promise<void> {
    if (works.length === 0) return;
    for (const { id, name, capability } of works) this.#options.onNews({ kind: "enqueued", id, name, capability });
    const entries = works.map(({ id, priority }) => ({ id, priority, delayMs: 0, attempt: 1 }));
    await this.#tellQueue(this.#options.queue.enqueue(entries));
  }

  /** Answers whether the queue has heard it. */
  async #tellQueue(asked: Promise<unknown>): Promise<boolean> {
    try {
      await asked;
      return true;
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#options.onNews({ kind: "queue unavailable", error });
      return false;
    }
  }

  #beat(work: Work, delivery: Delivery): () => void {
    const { store, queue, clock, leaseMs } = this.#options;
    const beat = (): void => {
      try {
        if (!store.extend(work, leaseMs)) return;
      } catch (error) {
        this.#options.onNews({ kind: "put back", id: work.id, error }); // it is tried again
      }
      queue.extend(delivery).catch(() => undefined); // it hands the entry out again, and the claim keeps others off
      disarm = clock.after(leaseMs / 3, beat);
    };
    let disarm = clock.after(leaseMs / 3, beat);
    return () => disarm();
  }

  /** Queues everything that is open: a queue in memory is empty after a start, and one on a server may be. */
  async #fill(): Promise<void> {
    const { store, queue } = this.#options;
    let behind = 0;
    while (!this.#stopping.signal.aborted) {
      const page = store.open({ behind, limit: REFILL_WORKS });
      if (page.length === 0) return;
      if (!(await this.#tellQueue(queue.enqueue(page.map(entryOf))))) return; // what is overdue is queued later
      behind = page.at(-1)?.place ?? 0;
    }
  }

  /** Whether it is due or not, is asked of the store when it is claimed. */
  #refillLater(): void {
    if (this.#stopping.signal.aborted) return;
    const { clock } = this.#options;
    this.#disarmRefill = clock.after(REFILL_MS, () => {
      void this.#refill().finally(() => this.#refillLater());
    });
  }

  async #refill(): Promise<void> {
    const { store, queue, onNews } = this.#options;
    try {
      const works = store.overdue({ overdueMs: REFILL_OVERDUE_MS, limit: REFILL_WORKS });
      if (works.length > 0) await this.#tellQueue(queue.enqueue(works.map(entryOf)));
    } catch (error) {
      onNews({ kind: "queue unavailable", error });
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    const disarm = this.#options.clock.after(milliseconds, () => this.#wake());
    await this.#woken();
    disarm();
  }

  async #woken(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

function entryOf({ id, priority, attempts }: Work): QueueEntry {
  return { id, priority, delayMs: 0, attempt: attempts + 1 };
}
