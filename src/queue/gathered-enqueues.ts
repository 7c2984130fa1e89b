import type { Fault } from "#model";
import type { QueueEntry } from "./job-queue.ts";
import { full } from "./refusals.ts";

/** The entries of one call. */
export type Batch = readonly QueueEntry[];

interface Waiting {
  readonly batch: Batch;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Entries that are handed to the server at once; a call that is larger goes alone. */
const ENTRIES_AT_ONCE = 5000;

/** Hands batches to a server one after another; those that wait meanwhile go together. */
export class GatheredEnqueues {
  readonly #run: (batches: readonly Batch[]) => Promise<readonly (Fault | undefined)[]>;
  #waiting: Waiting[] = [];
  #running = false;

  /** `run` tells for each batch why it was refused; undefined if it was accepted. */
  constructor(run: (batches: readonly Batch[]) => Promise<readonly (Fault | undefined)[]>) {
    this.#run = run;
  }

  /** Resolves when all of them are accepted. @throws what `run` throws, or the refusal. */
  async enqueue(batch: Batch): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ batch, resolve, reject });
    if (!this.#running) void this.#runAll();
    await promise;
  }

  async #runAll(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const now = this.#next();
      try {
        const refusals = await this.#run(now.map(({ batch }) => batch));
        for (const [place, { resolve, reject }] of now.entries()) {
          const refusal = refusals[place];
          if (refusal === undefined) resolve();
          else reject(refusal);
        }
      } catch (error) {
        // A server that is silent is not asked again for those who have waited for that answer.
        const waiting = [...now, ...this.#waiting.splice(0)];
        for (const { reject } of waiting) reject(error);
      }
    }
    this.#running = false;
  }

  #next(): readonly Waiting[] {
    let [count, entries] = [0, 0];
    for (const { batch } of this.#waiting) {
      entries += batch.length;
      if (count > 0 && entries > ENTRIES_AT_ONCE) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }
}

/** What comes of batches where there is only so much room. */
export interface Admission {
  /** To be queued, in order, no id twice. */
  readonly accepted: Batch;
  /** One for each batch. */
  readonly refusals: readonly (Fault | undefined)[];
}

/** How much room there is, and what needs none. */
export interface Room {
  readonly capacity: number;
  /** Entries that are queued. */
  readonly queued: number;
  /** Whether this id is among them. */
  readonly isQueued: (id: string) => boolean;
}

/** Admits each batch whole or not at all, in their order. */
export function admit(batches: readonly Batch[], { capacity, queued, isQueued }: Room): Admission {
  const accepted = new Map<string, QueueEntry>();
  const refusals = batches.map((batch) => {
    const fresh = new Map<string, QueueEntry>();
    for (const entry of batch)
      if (!accepted.has(entry.id) && !fresh.has(entry.id) && !isQueued(entry.id)) fresh.set(entry.id, entry);
    const [now, asked] = [queued + accepted.size, fresh.size];
    if (asked > 0 && now + asked > capacity) return full({ capacity, queued: now, asked });
    for (const [id, entry] of fresh) accepted.set(id, entry);
    return undefined;
  });
  return { accepted: [...accepted.values()], refusals };
}
