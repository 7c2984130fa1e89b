import type { Clock } from "#model";
import { Fault } from "#model";
import type { NewWork } from "#model";
import type { Delivery, JobQueue, OpenWork, QueueEntry, WorkStore } from "#queue";
import { Outage } from "./outage.ts";
import type { OnWorkNews } from "./work-news.ts";

/** What the queue is kept fed with. */
export interface QueueFeedOptions {
  readonly store: WorkStore;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly onNews: OnWorkNews;
  /** Told what the store of work has failed with, when it is looked at for what is overdue. */
  readonly onStoreError: (error: unknown) => void;
  /** Aborted when the workers stop. */
  readonly stopping: AbortSignal;
}

/** How long a queue is waited upon at a time. */
const TAKE_MS = 1000;
/** How often what is overdue is queued again: the queue may have lost it. */
const REFILL_MS = 2000;
const REFILL_OVERDUE_MS = 2000;
const REFILL_WORKS = 1000;

/**
 * The queue as the workers use it. It may be away, and it may lose ids: while it is away nobody waits for it, and when it is back it is told of
 * everything that is open. What the store says is overdue is queued again in any case.
 */
export class QueueFeed {
  readonly #options: QueueFeedOptions;
  /** The queue does not answer. */
  readonly #away: Outage;
  /** It answers, and takes no entries. */
  readonly #refuses: Outage;
  #disarm: (() => void) | undefined;
  #filling = false;
  #fillAgain = false;

  constructor(options: QueueFeedOptions) {
    this.#options = options;
    const { clock, onNews } = options;
    const outage = {
      clock,
      onBegin: (error: unknown) => onNews({ kind: "queue unavailable", error }),
      onEnd: (end: { readonly ms: number; readonly failures: number }) => onNews({ kind: "queue available", ...end }),
    };
    this.#away = new Outage(outage);
    this.#refuses = new Outage(outage);
  }

  /** Queues what is open from before, and looks after what is overdue from now on. */
  start(): void {
    this.#fill();
    this.#refillLater();
  }

  /** Looks no more. Safe to call twice. */
  stop(): void {
    this.#disarm?.();
  }

  /** What is due, at most `max`; undefined = the queue does not answer. */
  async take(max: number): Promise<readonly Delivery[] | undefined> {
    const { queue, stopping: signal } = this.#options;
    const taken = await this.#asked(queue.take({ max, waitMs: TAKE_MS, signal }));
    if (taken === undefined && signal.aborted) return [];
    return taken;
  }

  /**
   * Tells the queue of work that is accepted. It need not answer: what it does not hear of is overdue soon. While it is away it is not asked,
   * for whoever waits has been promised the work already.
   */
  async enqueue(works: readonly NewWork[]): Promise<void> {
    const { onNews } = this.#options;
    if (works.length === 0) return;
    for (const { id, name, capability } of works) onNews({ kind: "enqueued", id, name, capability });
    if (this.#away.isDown) return;
    await this.#enqueued(works.map(({ id, priority }) => ({ id, priority, delayMs: 0, attempt: 1 })));
  }

  /** Has the queue told something of a delivery. It need not answer either. */
  async tell(call: (queue: JobQueue) => Promise<unknown>): Promise<void> {
    await this.#asked(call(this.#options.queue));
  }

  /** Answers whether the queue has them. */
  async #enqueued(entries: readonly QueueEntry[]): Promise<boolean> {
    const has = (await this.#asked(this.#options.queue.enqueue(entries).then(() => true))) === true;
    if (has) this.#refuses.answered();
    return has;
  }

  /** Undefined = the queue has not answered, or refused. */
  async #asked<T>(call: Promise<T>): Promise<T | undefined> {
    try {
      const answer = await call;
      if (this.#away.answered()) this.#fill(); // it may have come back empty
      return answer;
    } catch (error) {
      if (this.#options.stopping.aborted) return undefined;
      const answers = error instanceof Fault && error.code === "LIMIT_EXCEEDED";
      (answers ? this.#refuses : this.#away).failed(error);
      return undefined;
    }
  }

  /** Queues everything that is open: a queue in memory is empty after a start, and one on a server may be. */
  #fill(): void {
    this.#fillAgain = this.#filling;
    if (this.#filling) return;
    this.#filling = true;
    void this.#fillAll()
      .catch(this.#options.onStoreError)
      .finally(() => {
        this.#filling = false;
        if (this.#fillAgain) this.#fill();
      });
  }

  async #fillAll(): Promise<void> {
    const { store, stopping } = this.#options;
    let behind = 0;
    while (!stopping.aborted) {
      const page = store.open({ behind, limit: REFILL_WORKS });
      if (page.length === 0) return;
      if (!(await this.#enqueued(page.map(entryOf)))) return; // what is overdue is queued later
      behind = page.at(-1)?.place ?? 0;
    }
  }

  #refillLater(): void {
    const { clock, stopping } = this.#options;
    if (stopping.aborted) return;
    this.#disarm = clock.after(REFILL_MS, () => {
      void this.#refill().finally(() => this.#refillLater());
    });
  }

  /** Whether it is due or not, is asked of the store when it is claimed. */
  async #refill(): Promise<void> {
    const { store, onStoreError } = this.#options;
    try {
      const works = store.overdue({ overdueMs: REFILL_OVERDUE_MS, limit: REFILL_WORKS });
      if (works.length > 0) await this.#enqueued(works.map(entryOf));
    } catch (error) {
      onStoreError(error);
    }
  }
}

function entryOf({ id, priority, attempts }: OpenWork): QueueEntry {
  return { id, priority, delayMs: 0, attempt: attempts + 1 };
}
