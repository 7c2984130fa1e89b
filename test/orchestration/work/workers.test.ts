import { describe, expect, test } from "vitest";
import type { AttemptEnd, NewWork, Work } from "#model";
import { Fault } from "#model";
import type { WorkNews } from "#orchestration";
import { Workers } from "#orchestration";
import type { JobQueue } from "#queue";
import { createMemoryQueue, WorkStore } from "#queue";
import { ManualClock } from "../../support/clock.ts";

const DONE: AttemptEnd = { kind: "completed", follows: [] };
const LEASE_MS = 60_000;

function work(id: string, given: Partial<NewWork> = {}): NewWork {
  return { id, name: "notify", capability: "email.send", priority: 5, payload: {}, ...given };
}

/** Workers over a store and a queue in memory, and everything that they tell. */
class Bench {
  readonly clock = new ManualClock();
  readonly store = new WorkStore({ path: ":memory:", clock: this.clock });
  readonly news: WorkNews[] = [];
  readonly performed: string[] = [];
  queue: JobQueue = createMemoryQueue({ clock: this.clock });
  perform: (work: Work, options: { readonly signal: AbortSignal }) => Promise<AttemptEnd> = async () => DONE;
  concurrency = 4;

  workers(): Workers {
    return new Workers({
      store: this.store,
      queue: this.queue,
      clock: this.clock,
      concurrency: this.concurrency,
      leaseMs: LEASE_MS,
      perform: async (one, options) => {
        this.performed.push(`${one.id}/${one.attempts}`);
        return await this.perform(one, options);
      },
      onNews: (news) => this.news.push(news),
    });
  }

  /** Lets time pass until something is so. */
  async until(isSo: () => boolean): Promise<void> {
    await this.clock.settle(
      (async () => {
        while (!isSo()) await new Promise<void>((resolve) => void this.clock.after(50, resolve));
      })(),
    );
  }

  states(...ids: readonly string[]): readonly (string | undefined)[] {
    return ids.map((id) => this.store.get(id)?.state);
  }

  told(kind: WorkNews["kind"]): readonly WorkNews[] {
    return this.news.filter((one) => one.kind === kind);
  }
}

describe("workers", () => {
  test("do what was accepted before they began, and what follows from it, each once", async () => {
    const bench = new Bench();
    bench.store.accept([work("a"), work("b")]);
    bench.perform = async ({ id }) => (id === "a" ? { kind: "completed", follows: [work("a.0"), work("a.1")] } : DONE);
    const workers = bench.workers();
    workers.start();
    await bench.until(() => bench.states("a", "b", "a.0", "a.1").every((state) => state === "completed"));
    await bench.clock.settle(workers.drain({ graceMs: 1000 }));
    expect(bench.performed.toSorted()).toEqual(["a.0/1", "a.1/1", "a/1", "b/1"]);
    expect(bench.told("completed")).toHaveLength(4);
    expect([bench.news.at(0), bench.news.at(-1)]).toEqual([
      { kind: "started", workers: 4 },
      { kind: "stopped", workers: 4 },
    ]);
    expect(await bench.queue.depth()).toEqual({ due: 0, delayed: 0, taken: 0 });
  });

  test("do no more at a time than they are", async () => {
    const bench = new Bench();
    bench.concurrency = 3;
    let most = 0;
    let now = 0;
    bench.perform = async () => {
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => void bench.clock.after(100, resolve));
      now -= 1;
      return DONE;
    };
    const ids = Array.from({ length: 20 }, (_, n) => `w${n}`);
    bench.store.accept(ids.map((id) => work(id)));
    const workers = bench.workers();
    workers.start();
    await bench.until(() => bench.states(...ids).every((state) => state === "completed"));
    await bench.clock.settle(workers.drain({ graceMs: 1000 }));
    expect(most).toBe(3);
  });

  test("try again after the wait, tell each failure, and leave what is dead", async () => {
    const bench = new Bench();
    const error = { errorClass: "transient_io", message: "no answer" } as const;
    bench.perform = async ({ attempts }) =>
      attempts < 3 ? { kind: "failed", error, delayMs: attempts * 5000 } : { kind: "dead", error };
    bench.store.accept([work("a")]);
    const workers = bench.workers();
    workers.start();
    await bench.until(() => bench.store.get("a")?.state === "dead");
    await bench.clock.settle(workers.drain({ graceMs: 1000 }));
    expect(bench.performed).toEqual(["a/1", "a/2", "a/3"]);
    const failed = bench.told("failed").map((news) => ("delayMs" in news ? news.delayMs : 0));
    expect(failed).toEqual([5000, 10_000]);
    const dead = bench.told("dead")[0];
    expect(dead !== undefined && "durationMs" in dead && dead.durationMs).toBeGreaterThanOrEqual(15_000);
  });

  test("put back what could not be begun: it was no attempt, and nothing is lost", async () => {
    const bench = new Bench();
    let refusals = 2;
    bench.perform = async () => {
      if (refusals-- > 0) throw new Fault("LIMIT_EXCEEDED", "full");
      return DONE;
    };
    bench.store.accept([work("a")]);
    const workers = bench.workers();
    workers.start();
    await bench.until(() => bench.store.get("a")?.state === "completed");
    await bench.clock.settle(workers.drain({ graceMs: 1000 }));
    expect(bench.performed).toEqual(["a/1", "a/1", "a/1"]);
    expect(bench.store.get("a")?.errors).toEqual([]);
    expect(bench.told("put back")).toHaveLength(2);
    expect(bench.clock.monotonicMs()).toBeLessThan(LEASE_MS / 2); // and not only once its claim had run out
  });

  test("keep their claim while an attempt takes long, and nobody else gets it", async () => {
    const bench = new Bench();
    bench.perform = async () => {
      await new Promise<void>((resolve) => void bench.clock.after(5 * LEASE_MS, resolve));
      return DONE;
    };
    bench.store.accept([work("a")]);
    const [one, other] = [bench.workers(), bench.workers()];
    one.start();
    other.start();
    await bench.until(() => bench.store.get("a")?.state === "completed");
    await bench.clock.settle(Promise.all([one.drain({ graceMs: 1000 }), other.drain({ graceMs: 1000 })]));
    expect(bench.performed).toEqual(["a/1"]);
    expect(bench.store.get("a")?.epoch).toBe(1);
  });

  test("find again by themselves what the queue has lost", async () => {
    const bench = new Bench();
    const workers = bench.workers();
    workers.start();
    await bench.clock.settle(new Promise<void>((resolve) => void bench.clock.after(100, resolve)));
    bench.store.accept([work("a")]); // and nobody tells the queue
    await bench.until(() => bench.store.get("a")?.state === "completed");
    await bench.clock.settle(workers.drain({ graceMs: 1000 }));
    expect(bench.performed).toEqual(["a/1"]);
  });

  test("say that the queue does not answer, and go on once it does", async () => {
    const bench = new Bench();
    const real = bench.queue;
    let down = true;
    const unless = <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) => {
      return async (...args: Args): Promise<T> => {
        if (down) throw new Fault("QUEUE_UNAVAILABLE", "no answer");
        return await call(...args);
      };
    };
    bench.queue = {
      enqueue: unless((entries) => real.enqueue(entries)),
      take: unless((options) => real.take(options)),
      settle: unless((delivery) => real.settle(delivery)),
      postpone: unless((delivery, next) => real.postpone(delivery, next)),
      extend: unless((delivery) => real.extend(delivery)),
      depth: unless(() => real.depth()),
      close: () => real.close(),
    };
    bench.store.accept([work("a")]);
    const workers = bench.workers();
    workers.start();
    await bench.until(() => bench.told("queue unavailable").length >= 3);
    expect(bench.performed).toEqual([]);
    down = false;
    await bench.until(() => bench.store.get("a")?.state === "completed");
    await bench.clock.settle(workers.drain({ graceMs: 1000 }));
    expect(bench.performed).toEqual(["a/1"]);
  });

  test("stop with work that waits: it is still there, and a next process does it", async () => {
    const bench = new Bench();
    bench.concurrency = 2;
    bench.perform = async () => {
      await new Promise<void>((resolve) => void bench.clock.after(100, resolve));
      return DONE;
    };
    const ids = Array.from({ length: 1000 }, (_, n) => `w${n}`);
    bench.store.accept(ids.map((id) => work(id)));
    const workers = bench.workers();
    workers.start();
    await bench.until(() => bench.performed.length >= 6);
    await bench.clock.settle(workers.drain({ graceMs: 1000 }));
    const { states } = bench.store.stats();
    expect(states.running).toBe(0);
    expect(states.completed).toBe(bench.performed.length);
    expect(states.completed + states.pending).toBe(1000);
    bench.queue = createMemoryQueue({ clock: bench.clock });
    bench.concurrency = 10;
    const next = bench.workers();
    next.start();
    await bench.until(() => bench.store.stats().states.completed === 1000);
    await bench.clock.settle(next.drain({ graceMs: 1000 }));
    expect(new Set(bench.performed).size).toBe(1000);
    expect(bench.performed).toHaveLength(1000);
  });

  test("cut off at a stop what does not end in its time", async () => {
    const bench = new Bench();
    bench.perform = async (_work, { signal }) => {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      return { kind: "dead", error: { errorClass: "cancelled", message: "cut off" } };
    };
    bench.store.accept([work("a")]);
    const workers = bench.workers();
    workers.start();
    await bench.until(() => workers.busy === 1);
    await bench.clock.settle(workers.drain({ graceMs: 5000 }));
    expect(bench.store.get("a")?.state).toBe("dead");
    await workers.drain({ graceMs: 0 });
    expect(bench.told("stopped")).toHaveLength(1);
    expect(bench.clock.armed).toBe(0);
  });
});
