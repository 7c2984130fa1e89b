import type { Clock } from "#model";
import { Fault } from "#model";
import type { AttemptEnd, NewWork, Work } from "#model";
import type { Delivery, JobQueue, WorkStore } from "#queue";
import { Outage } from "./outage.ts";
import { QueueFeed } from "./queue-feed.ts";
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

/** Before a queue that does not answer is asked again. */
const UNAVAILABLE_MS = 1000;
/** Before work that could not be begun is tried again. */
const PUT_BACK_MS = 1000;
/** What work waits for may take so long to fail: until then it is not told that it goes on. */
const PUT_BACK_QUIET_MS = 15_000;

/**
 * Takes ids from the queue, claims their work, has it done, and writes what it came to. The queue may lose ids or hand them out twice:
 * what is overdue is queued again, and a second claim loses.
 */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #cutting = new AbortController();
  readonly #feed: QueueFeed;
  readonly #storeFails: Outage;
  readonly #putBacks: Outage;
  /** The work that the news of being put back is about. */
  #putBack = "";
  /** Resolved when a piece of work ends or the workers stop; made anew for each wait, so that nothing gathers. */
  #wake: () => void = () => undefined;
  /** Something could not be begun now: the next is not tried at once. */
  #backsOff = false;
  #loop: Promise<void> | undefined;

  constructor(options: WorkersOptions) {
    this.#options = options;
    const { store, queue, clock, onNews } = options;
    this.#stopping.signal.addEventListener("abort", () => this.#wake(), { once: true });
    this.#storeFails = new Outage({
      clock,
      onBegin: (error) => onNews({ kind: "store fails", error }),
      onEnd: (end) => onNews({ kind: "store answers", ...end }),
    });
    this.#putBacks = new Outage({
      clock,
      quietMs: PUT_BACK_QUIET_MS,
      onBegin: (error) => onNews({ kind: "put back", id: this.#putBack, error }),
      onEnd: (end) => onNews({ kind: "goes on", ...end }),
    });
    const onStoreError = (error: unknown): void => this.#storeFails.failed(error);
    this.#feed = new QueueFeed({ store, queue, clock, onNews, onStoreError, stopping: this.#stopping.signal });
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
    this.#feed.start();
    onNews({ kind: "started", workers: concurrency });
  }

  /** Takes nothing more, waits for what is being done, and cuts off what is left after `graceMs`. Safe to call twice, and without `start`. */
  async drain({ graceMs }: { readonly graceMs: number }): Promise<void> {
    if (this.#loop === undefined) return;
    const first = !this.#stopping.signal.aborted;
    this.#stopping.abort();
    this.#feed.stop();
    const disarm = this.#options.clock.after(graceMs, () => this.#cutting.abort());
    await this.#loop;
    await Promise.all(this.#running);
    disarm();
    if (first) this.#options.onNews({ kind: "stopped", workers: this.#options.concurrency });
  }

  /** Tells the queue of work that is accepted: see {@link QueueFeed.enqueue}. */
  async enqueue(works: readonly NewWork[]): Promise<void> {
    await this.#feed.enqueue(works);
  }

  async #takeAll(): Promise<void> {
    const { concurrency } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      if (this.#backsOff) {
        this.#backsOff = false;
        await this.#pause(PUT_BACK_MS);
      } else if (this.busy >= concurrency) await this.#woken();
      else {
        const taken = await this.#feed.take(concurrency - this.busy);
        if (taken === undefined) await this.#pause(UNAVAILABLE_MS);
        else for (const delivery of taken) this.#begin(delivery);
        this.#putBacks.answered();
      }
    }
  }

  #begin(delivery: Delivery): void {
    const going = this.#handle(delivery)
      .catch((error: unknown) => {
        this.#backsOff = true; // the queue hands it out again when its time is over
        this.#storeFails.failed(error);
      })
      .finally(() => {
        this.#running.delete(going);
        this.#wake();
      });
    this.#running.add(going);
  }

  async #handle(delivery: Delivery): Promise<void> {
    const { store, leaseMs } = this.#options;
    const claim = store.claim(delivery.id, leaseMs);
    this.#storeFails.answered();
    if (claim.kind === "over") return await this.#feed.tell((queue) => queue.settle(delivery));
    if (claim.kind === "later") return await this.#feed.tell((queue) => queue.postpone(delivery, claim));
    const stopBeating = this.#beat(claim.work, delivery);
    try {
      await this.#attempt(claim.work, delivery);
    } finally {
      stopBeating();
    }
  }

  async #attempt(work: Work, delivery: Delivery): Promise<void> {
    const { store, clock, onNews } = this.#options;
    const { id, name, capability, attempts: attempt } = work;
    const startMs = clock.monotonicMs();
    const tried = await this.#try(work);
    if ("error" in tried) {
      this.#tellPutBack(id, tried.error);
      this.#backsOff = true;
      store.release(work, PUT_BACK_MS);
      return await this.#feed.tell((queue) => queue.postpone(delivery, { delayMs: PUT_BACK_MS, attempt }));
    }
    const { end } = tried;
    if (end.kind === "completed") {
      onNews({ kind: "completed", id, name, capability, durationMs: clock.monotonicMs() - startMs });
      await this.enqueue(end.follows);
      return await this.#feed.tell((queue) => queue.settle(delivery));
    }
    const told = { id, name, capability, attempt, error: end.error };
    if (end.kind === "dead") {
      const { allowed = [] } = end;
      if (end.error.errorClass === "sandbox_violation") onNews({ ...told, kind: "sandbox violation", allowed });
      onNews({ ...told, kind: "dead", durationMs: Date.parse(clock.now()) - work.createdMs });
      return await this.#feed.tell((queue) => queue.settle(delivery));
    }
    onNews({ ...told, kind: "failed", maxAttempts: end.maxAttempts ?? attempt + 1, delayMs: end.delayMs });
    await this.#feed.tell((queue) => queue.postpone(delivery, { delayMs: end.delayMs, attempt: attempt + 1 }));
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

  /** What somebody else has claimed is told each time; what everybody waits for, once. */
  #tellPutBack(id: string, error: unknown): void {
    if (error instanceof Fault && error.code === "SEQUENCE_CONFLICT")
      return this.#options.onNews({ kind: "put back", id, error });
    this.#putBack = id;
    this.#putBacks.failed(error);
  }

  #beat(work: Work, delivery: Delivery): () => void {
    const { store, queue, clock, leaseMs } = this.#options;
    const beat = (): void => {
      try {
        if (!store.extend(work, leaseMs)) return;
      } catch (error) {
        this.#storeFails.failed(error); // it is tried again
      }
      queue.extend(delivery).catch(() => undefined); // it hands the entry out again, and the claim keeps others off
      disarm = clock.after(leaseMs / 3, beat);
    };
    let disarm = clock.after(leaseMs / 3, beat);
    return () => disarm();
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
