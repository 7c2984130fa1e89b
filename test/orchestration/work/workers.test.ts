import { describe, expect, test } from "vitest";
import type { AttemptEnd, NewWork, Work } from "#model";
import { Fault } from "#model";
import type { WorkNews } from "#orchestration";
import { Workers } from "#orchestration";
import type { JobQueue } from "#queue";
import { createMemoryQueue, WorkStore } from "#queue";
import { ManualClock } from "../../support/clock.ts";
import { MortalQueue } from "./mortal-queue.ts";

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

  test("complete what succeeds at its third attempt after two failures", async () => {
    const bench = new Bench();
    const error = { errorClass: "transient_io", message: "no answer" } as const;
    bench.perform = async ({ attempts }) => (attempts < 3 ? { kind: "failed", error, delayMs: 1000 } : DONE);
    bench.store.accept([work("a")]);
    const workers = bench.workers();
    workers.start();
    await bench.until(() => bench.store.get("a")?.state === "completed");
    await bench.clock.settle(workers.drain({ graceMs: 1000 }));
    expect(bench.performed).toEqual(["a/1", "a/2", "a/3"]);
    expect(bench.store.get("a")?.errors).toMatchObject([{ attempt: 1 }, { attempt: 2 }]);
    expect(bench.store.stats().capabilities).toMatchObject([{ completed: 1, failed: 2, retried: 2, dead: 0 }]);
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
    expect(bench.told("put back")).toMatchObject([{ id: "a", error: { code: "LIMIT_EXCEEDED" } }]);
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

  test("say once that the queue does not answer, and once that it does again, and ask it for nothing meanwhile", async () => {
    const bench = new Bench();
    const queue = new MortalQueue(bench.queue);
    bench.queue = queue;
    bench.store.accept([work("a")]);
    const workers = bench.workers();
    workers.start();
    await bench.until(() => bench.clock.monotonicMs() > 60_000);
    expect(bench.performed).toEqual([]);
    const asked = queue.calls("enqueue");
    bench.store.accept([work("b")]);
    await bench.clock.settle(workers.enqueue([work("b")]));
    expect(queue.calls("enqueue")).toBe(asked);
    queue.down = false;
    const backMs = bench.clock.monotonicMs();
    await bench.until(() => bench.states("a", "b").every((state) => state === "completed"));
    expect(bench.clock.monotonicMs() - backMs).toBeLessThan(2000);
    await bench.until(() => bench.told("queue available").length > 0);
    await bench.clock.settle(workers.drain({ graceMs: 1000 }));
    expect(bench.performed.toSorted()).toEqual(["a/1", "b/1"]);
    expect(bench.told("queue unavailable")).toHaveLength(1);
    const [end] = bench.told("queue available");
    expect(end !== undefined && "failures" in end && [end.ms > 58_000, end.failures > 50]).toEqual([true, true]);
    expect(bench.clock.armed).toBe(0);
  });

  test("queue everything that is open when the queue is back, for it may have come back empty", async () => {
    const bench = new Bench();
    bench.concurrency = 1;
    const queue = new MortalQueue(bench.queue);
    bench.queue = queue;
    bench.perform = async () => {
      await new Promise<void>((resolve) => void bench.clock.after(10, resolve));
      return DONE;
    };
    const workers = bench.workers();
    workers.start();
    await bench.until(() => bench.clock.monotonicMs() > 1500);
    const ids = Array.from({ length: 2500 }, (_, n) => `w${n}`);
    bench.store.accept(ids.map((id) => work(id)));
    queue.replace(createMemoryQueue({ clock: bench.clock }));
    queue.down = false;
    await bench.until(() => bench.performed.length >= 1);
    await bench.until(() => queue.longest >= 1000 && queue.entries >= 2500);
    expect(bench.store.stats().states.completed).toBeLessThan(500);
    await bench.clock.settle(workers.drain({ graceMs: 1000 }));
  });

  test("say of work that somebody else has claimed since each time that it was put back", async () => {
    const bench = new Bench();
    const stolen = new Set<string>();
    bench.perform = async ({ id }) => {
      if (stolen.has(id)) return DONE;
      stolen.add(id);
      bench.clock.hold(2 * LEASE_MS); // as a process that sleeps meanwhile
      bench.store.claim(id, 100);
      return DONE;
    };
    bench.store.accept([work("a"), work("b")]);
    const workers = bench.workers();
    workers.start();
    await bench.until(() => bench.told("put back").length >= 2);
    await bench.clock.settle(workers.drain({ graceMs: 1000 }));
    const told = bench.told("put back").map((one) => ("id" in one ? one.id : ""));
    expect(told.slice(0, 2).toSorted()).toEqual(["a", "b"]);
  });

  test("go on after the store of work has failed under a claim, a beat or a look for what is overdue, and say so once", async () => {
    const bench = new Bench();
    bench.perform = async () => {
      await new Promise<void>((resolve) => void bench.clock.after(LEASE_MS, resolve));
      return DONE;
    };
    let broken = false;
    const { store } = bench;
    for (const name of ["claim", "extend", "overdue"] as const) {
      const real: (...given: never[]) => unknown = store[name].bind(store);
      const failing = (...given: never[]): unknown => {
        if (broken) throw new Error("database or disk is full");
        return real(...given);
      };
      Object.assign(store, { [name]: failing });
    }
    store.accept([work("a")]);
    const workers = bench.workers();
    workers.start();
    await bench.until(() => workers.busy === 1);
    broken = true;
    store.accept([work("b")]);
    await bench.clock.settle(workers.enqueue([work("b")]));
    await bench.until(() => bench.clock.monotonicMs() > LEASE_MS / 2);
    broken = false;
    await bench.until(() => bench.states("a", "b").every((state) => state === "completed"));
    await bench.clock.settle(workers.drain({ graceMs: 1000 }));
    expect(bench.performed).toEqual(["a/1", "b/1"]);
    expect(bench.told("store fails")).toMatchObject([{ error: { message: "database or disk is full" } }]);
    expect(bench.told("store answers")).toHaveLength(1);
    expect(bench.clock.armed).toBe(0);
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
