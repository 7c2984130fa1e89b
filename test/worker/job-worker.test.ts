import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { verifyLines } from "#evidence";
import { Fault } from "#model";
import { createMemoryQueue } from "#queue";
import type { JobQueue } from "#queue";
import { until } from "../effects/support/until.ts";
import { linesOf } from "../evidence/support/logs.ts";
import { boundMethods } from "../orchestration/support/bound-methods.ts";
import { memoryStore } from "../support/evidence-store.ts";
import { machineClock } from "../support/machine-clock.ts";
import { accept, ended } from "./support/handed-jobs.ts";
import { bench, gatedJob } from "./support/worker-bench.ts";

const entry = (id: string) => ({ id, priority: 0, delayMs: 0, attempt: 1 });

describe("a worker and what tells it of jobs", () => {
  test("takes what the queue prompts it for, and settles the entry with the claim, before the job has ended", async () => {
    const queue = createMemoryQueue({ clock: machineClock });
    await using one = bench({ queue });
    one.worker.start();
    await turn(); // its first look found nothing
    await accept(one.store, gatedJob("a"));
    await queue.enqueue([entry("a"), entry("nothing-of-this-name")]);
    await until("it is begun", () => one.begun.length === 1);
    while ((await queue.depth()).taken > 0) await turn();
    expect(await queue.depth()).toEqual({ due: 0, delayed: 0, taken: 0 });
    one.openGate();
    await ended(one.store, "a");
    await queue.enqueue([entry("a")]); // said again after its end
    while ((await queue.depth()).due + (await queue.depth()).taken > 0) await turn();
    expect(one.begun).toHaveLength(1);
    expect(one.begun[0]).not.toHaveProperty("epoch"); // where one process owns the store there is none
  });

  test("P6 does not wait for a store that does not answer when it is to stop, and gives back what comes late", async () => {
    const inner = memoryStore();
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const released: string[] = [];
    const store = {
      ...boundMethods(inner),
      halted: undefined,
      async takeOver() {
        await answered;
        return await inner.takeOver();
      },
      release: async (runId: string) => void released.push(runId),
    };
    await using one = bench({ store });
    await accept(inner, gatedJob("a"));
    one.worker.start();
    await one.worker.drain({ graceMs: 5 });
    answer();
    await until("it was given back", () => released.length === 1);
    expect([released, one.begun]).toEqual([["a"], []]);
  });

  test("gives back what it has claimed and cannot read, and says nothing of it in its log", async () => {
    const inner = memoryStore();
    const released: string[] = [];
    const store = {
      ...boundMethods(inner),
      halted: undefined,
      read: async () => await Promise.reject(new Fault("STORE_UNAVAILABLE", "the server is away")),
      release: async (runId: string) => void released.push(runId),
    };
    await using one = bench({ store });
    await accept(inner, gatedJob("a"));
    const before = await linesOf(inner, "a");
    one.worker.start();
    await until("it was given back", () => released.includes("a"));
    expect([await linesOf(inner, "a"), one.begun]).toEqual([before, []]);
  });

  test("finds by its own look what no queue has told it of, and looks when it is told to", async () => {
    await using one = bench();
    await accept(one.store, gatedJob("a"));
    one.worker.start();
    await until("the first is begun", () => one.begun.length === 1);
    await accept(one.store, gatedJob("b"));
    one.worker.lookNow();
    await until("the second is begun", () => one.begun.length === 2);
  });

  test("says once that its queue is away, goes on by its own look, and says that it is back", async () => {
    const inner = createMemoryQueue({ clock: machineClock });
    let isAway = true;
    const take: JobQueue["take"] = async (options) => {
      if (isAway) throw new Fault("QUEUE_UNAVAILABLE", "away");
      return await inner.take(options);
    };
    const queue: JobQueue = { ...bound(inner), take };
    await using one = bench({ queue });
    one.worker.start();
    await until("it has asked", () => one.news.length > 0);
    await accept(one.store, gatedJob("a"));
    one.worker.lookNow();
    await until("it is begun", () => one.begun.length === 1);
    isAway = false;
    await accept(one.store, gatedJob("b"));
    await inner.enqueue([entry("b")]);
    await until("the other is begun", () => one.begun.length === 2);
    expect(one.news.map(({ kind }) => kind)).toEqual(["queue unavailable", "queue available"]);
  });

  test("performs no more jobs at a time than it was told to, and the next when one has ended", async () => {
    await using one = bench({ concurrency: 2 });
    for (const id of ["a", "b", "c"]) await accept(one.store, gatedJob(id));
    one.worker.start();
    await until("two are begun", () => one.begun.length === 2);
    for (let turns = 0; turns < 20; turns += 1) await turn();
    expect([one.worker.busy, one.begun.length]).toEqual([2, 2]);
    one.openGate();
    await ended(one.store, "c"); // although nobody has told it to look again
  });

  test("P6 stops what is left when its time to drain is over, and says so in the log", async () => {
    await using one = bench();
    await accept(one.store, gatedJob("a"));
    one.worker.start();
    await until("it is begun", () => one.begun.length === 1);
    await one.worker.drain({ graceMs: 5 });
    const records = await ended(one.store, "a");
    expect(records.at(-2)).toMatchObject({ event_type: "job.failed", status: "CANCELLED" });
    expect(records.at(-2)?.reason).toContain("cancelled by worker-1: the worker stopped and waited 0.005 s for it");
    await accept(one.store, gatedJob("b"));
    one.worker.lookNow();
    for (let turns = 0; turns < 20; turns += 1) await turn();
    expect(one.begun).toHaveLength(1);
  });

  test("P2 what another process had begun is closed by the name of the worker, and nothing of it performed", async () => {
    await using one = bench();
    await accept(one.store, gatedJob("a"));
    const common = { timestamp_utc: machineClock.now(), attempt: 0, job_id: "a" };
    const step = { step_index: 0, step_type: "gated", target: "t", idempotency_key: "a/0" };
    await one.store.append("a", 2, [
      { event_type: "run.claimed", ...common, actor: "worker-0", data: { worker: "worker-0" } },
      { event_type: "step.started", ...common, ...step, actor: "tester" },
    ]);
    await accept(one.store, gatedJob("b")); // of which its worker had only said that it has it
    await one.store.append("b", 2, [{ event_type: "run.claimed", ...common, actor: "worker-0" }]);
    one.worker.start();
    await ended(one.store, "b");
    const records = await ended(one.store, "a");
    expect(one.news.map(({ kind }) => kind)).toEqual(["closed", "closed"]);
    expect(records.find(({ event_type: type }) => type === "log.recovered")).toMatchObject({
      actor: "worker-1",
      data: { worker: "worker-1" },
    });
    expect(records.find(({ event_type: type }) => type === "step.in_doubt")).toMatchObject(step);
    expect(one.begun).toEqual([]);
    expect(await verifyLines(await linesOf(one.store, "a"))).toMatchObject({ ok: true, complete: true });
  });
});

/** The queue's methods, bound to it. */
function bound(queue: JobQueue): JobQueue {
  return {
    enqueue: (entries) => queue.enqueue(entries),
    take: (options) => queue.take(options),
    settle: (delivery) => queue.settle(delivery),
    postpone: (delivery, next) => queue.postpone(delivery, next),
    extend: (delivery) => queue.extend(delivery),
    depth: () => queue.depth(),
    close: () => queue.close(),
  };
}
