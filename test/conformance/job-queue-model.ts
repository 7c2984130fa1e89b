import fc from "fast-check";
import { expect, test } from "vitest";
import type { Delivery, JobQueue } from "#queue";
import type { DatabaseServer } from "../support/database-process.ts";
import { entry, takeNow } from "./job-queue-subject.ts";
import type { QueueAdapter } from "./job-queue-subject.ts";

const CAPACITY = 6;
const FAR_MS = 3_600_000;

/** What a queue has to be, in the plainest words: nothing here is ever due later, or stalls, within a run. */
class PlainQueue {
  #come = 0;
  readonly #queued = new Map<
    string,
    { priority: number; attempt: number; come: number; state: "due" | "delayed" | "taken" }
  >();

  enqueue(asked: readonly { id: string; priority: number; attempt: number; delayed: boolean }[]): boolean {
    const fresh = new Map<string, (typeof asked)[number]>();
    for (const one of asked) if (!this.#queued.has(one.id) && !fresh.has(one.id)) fresh.set(one.id, one);
    if (fresh.size > 0 && this.#queued.size + fresh.size > CAPACITY) return false;
    for (const [id, { priority, attempt, delayed }] of fresh)
      this.#queued.set(id, { priority, attempt, come: this.#come++, state: delayed ? "delayed" : "due" });
    return true;
  }

  take(max: number): readonly { id: string; priority: number; attempt: number; stalls: number }[] {
    const due = [...this.#queued].filter(([, { state }]) => state === "due");
    const first = due.toSorted(([, a], [, b]) => b.priority - a.priority || a.come - b.come).slice(0, max);
    for (const [, one] of first) one.state = "taken";
    return first.map(([id, { priority, attempt }]) => ({ id, priority, attempt, stalls: 0 }));
  }

  settle(id: string): void {
    this.#queued.delete(id);
  }

  postpone(id: string, attempt: number): void {
    const known = this.#queued.get(id);
    if (known !== undefined) Object.assign(known, { state: "delayed", attempt });
  }

  depth(): Record<"due" | "delayed" | "taken", number> {
    const count = (wanted: string): number => [...this.#queued.values()].filter(({ state }) => state === wanted).length;
    return { due: count("due"), delayed: count("delayed"), taken: count("taken") };
  }
}

const asked = fc.record({
  id: fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h"),
  priority: fc.nat({ max: 9 }),
  attempt: fc.integer({ min: 1, max: 5 }),
  delayed: fc.boolean(),
});
const call = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ call: fc.constant("enqueue" as const), batch: fc.array(asked, { maxLength: 4 }) }),
  },
  { weight: 3, arbitrary: fc.record({ call: fc.constant("take" as const), max: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constantFrom("settle" as const, "postpone" as const, "extend" as const),
      which: fc.nat(9),
    }),
  },
);

/** One queue of the adapter beside the plain one, call by call. */
class Pair {
  readonly #queue: JobQueue;
  readonly #plain = new PlainQueue();
  /** Every delivery there was, those that are settled too. */
  readonly #given: Delivery[] = [];
  readonly #open = new Set<Delivery>();

  constructor(queue: JobQueue) {
    this.#queue = queue;
  }

  async make(asks: typeof call extends fc.Arbitrary<infer T> ? T : never): Promise<void> {
    if (asks.call === "enqueue") await this.#enqueue(asks.batch);
    else if (asks.call === "take") await this.#take(asks.max);
    else await this.#end(asks.call, asks.which);
    expect(await this.#queue.depth()).toEqual(this.#plain.depth());
  }

  async #enqueue(batch: readonly { id: string; priority: number; attempt: number; delayed: boolean }[]): Promise<void> {
    const entries = batch.map(({ id, priority, attempt, delayed }) =>
      entry(id, { priority, attempt, delayMs: delayed ? FAR_MS : 0 }),
    );
    const accepted = this.#plain.enqueue(batch);
    const answer = this.#queue.enqueue(entries);
    if (accepted) await answer;
    else await expect(answer).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  }

  async #take(max: number): Promise<void> {
    const taken = await takeNow(this.#queue, max);
    expect(taken.map(({ token: _token, ...said }) => said)).toEqual(this.#plain.take(max));
    this.#given.push(...taken);
    for (const delivery of taken) this.#open.add(delivery);
  }

  async #end(what: "settle" | "postpone" | "extend", which: number): Promise<void> {
    const delivery = this.#given[which % Math.max(1, this.#given.length)];
    if (delivery === undefined) return;
    const open = this.#open.has(delivery);
    if (what === "extend") return expect(await this.#queue.extend(delivery)).toBe(open);
    if (what === "settle") await this.#queue.settle(delivery);
    else await this.#queue.postpone(delivery, { delayMs: FAR_MS, attempt: delivery.attempt + 1 });
    if (!this.#open.delete(delivery)) return;
    if (what === "settle") this.#plain.settle(delivery.id);
    else this.#plain.postpone(delivery.id, delivery.attempt + 1);
  }
}

/** The property: each adapter does what the plain queue does. */
export function likeThePlainQueue(adapter: QueueAdapter, server: () => DatabaseServer | undefined): void {
  test("does what the plain queue does, whatever is asked of it", async () => {
    const property = fc.asyncProperty(fc.array(call, { maxLength: 30 }), async (calls) => {
      await using subject = await adapter.subject(server());
      const pair = new Pair(await subject.open({ capacity: CAPACITY }));
      for (const asks of calls) await pair.make(asks);
    });
    await fc.assert(property, { numRuns: adapter.runs });
  });
}
