/**
 * What a queue carries of a piece of work: its id and when it is due. What it is, and how far it has got, is in the store of work.
 * The bounds are `QUEUE_LIMITS`; numbers are whole.
 */
export interface QueueEntry {
  /** 1 to 128 characters of well-formed text without NUL. */
  readonly id: string;
  /** 0 to 9; a higher one is handed out first. */
  readonly priority: number;
  /** Milliseconds until it is due, at most a year; 0 = now. */
  readonly delayMs: number;
  /** 1-based, at most a million: the attempt that is asked for. */
  readonly attempt: number;
}

/** An entry that was handed out. Until it is settled nobody else gets it, unless its time runs out. */
export interface Delivery {
  readonly id: string;
  readonly priority: number;
  readonly attempt: number;
  /** Times that it was handed out for this attempt and not settled in time. */
  readonly stalls: number;
  /** The adapter's own mark of this handing out; another handing out of the same entry has another one. */
  readonly token: string;
}

/** How full a queue is. */
export interface QueueDepth {
  /** Entries that are due. */
  readonly due: number;
  /** Entries that are not due yet. */
  readonly delayed: number;
  /** Entries that are handed out and not settled. */
  readonly taken: number;
}

/** How entries are asked for. */
export interface TakeOptions {
  /** At most this many, 1 to 1000. */
  readonly max: number;
  /** Waits so long for a first one, in milliseconds, at most an hour; then the answer is empty. */
  readonly waitMs: number;
  /** Aborted, the answer is empty at once. */
  readonly signal: AbortSignal;
}

/**
 * Port: hands ids of work from those who ask for it to those who do it.
 *
 * An entry is handed out at least once, as a rule once: a delivery that is not settled in time (`stalledAfterMs` of the adapter) is
 * handed out again, and a crash may do the same. Who does the work has to claim it in the store of work, where a second claim loses.
 * Nothing that was accepted is lost by a stop; an adapter that says so may lose it all with its server, and is filled again from the store.
 *
 * Every call answers within a bound: an adapter whose server is silent for `unavailableAfterMs` throws QUEUE_UNAVAILABLE, and is of use again by
 * itself when the server is. What such a call has done is not known; each of them may be made again. After `close` began every call but `close`
 * throws DRAINING, so whoever has deliveries settles them before. What is out of bounds is INVALID_REQUEST, with all problems at once.
 */
export interface JobQueue {
  /**
   * Accepts all entries or none; durable as far as the adapter's server is when it resolves. An id that is queued already (due, delayed or taken)
   * is not queued twice: it stays as it is, and needs no room. Of two with one id in the batch the first counts.
   * @throws {Fault} LIMIT_EXCEEDED if there is no room for all of them; DRAINING; INVALID_REQUEST; QUEUE_UNAVAILABLE.
   */
  enqueue(entries: readonly QueueEntry[]): Promise<void>;

  /**
   * Entries that are due, by priority and then in the order of their coming. Where one that had to wait (delayed, postponed, not settled in time)
   * stands among those of its priority is the adapter's. @throws {Fault} QUEUE_UNAVAILABLE; DRAINING; INVALID_REQUEST
   */
  take(options: TakeOptions): Promise<readonly Delivery[]>;

  /** The work is done, or will not be done: the entry goes. Of no effect if it was handed out anew since. @throws {Fault} QUEUE_UNAVAILABLE */
  settle(delivery: Delivery): Promise<void>;

  /**
   * The same entry again, later and with another attempt: in one step with settling this delivery, so that it can not be lost in between.
   * Of no effect if it was handed out anew since. @throws {Fault} QUEUE_UNAVAILABLE
   */
  postpone(delivery: Delivery, next: { readonly delayMs: number; readonly attempt: number }): Promise<void>;

  /** The work goes on: its time starts again. Answers false if it was handed out anew since. @throws {Fault} QUEUE_UNAVAILABLE */
  extend(delivery: Delivery): Promise<boolean>;

  /** @throws {Fault} QUEUE_UNAVAILABLE */
  depth(): Promise<QueueDepth>;

  /** Refuses entries from now on, ends every `take` with an empty answer, keeps what is queued. Safe to call twice. */
  close(): Promise<void>;
}
