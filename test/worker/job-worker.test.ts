import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { ExecutionContext, StepType } from "#effects";
import { digest, verifyLines } from "#evidence";
import type { EvidenceStore, RecordDraft } from "#evidence";
import { Fault } from "#model";
import type { Job, Json, JsonObject } from "#model";
import { createMemoryQueue } from "#queue";
import type { JobQueue } from "#queue";
import { declarePlan, JobWorker, openingOf } from "#worker";
import type { JobWorkerOptions, WorkerNews } from "#worker";
import { until } from "../effects/support/until.ts";
import { linesOf } from "../evidence/support/logs.ts";
import { memoryStore } from "../support/evidence-store.ts";
import { machineClock } from "../support/machine-clock.ts";
import { accept, ended, jobWith } from "./support/handed-jobs.ts";

const HOUR_MS = 3_600_000;

/** A worker over a store in memory, whose only step type waits for its gate. */
interface Bench extends AsyncDisposable {
  readonly store: EvidenceStore;
  readonly worker: JobWorker;
  readonly news: readonly WorkerNews[];
  /** The steps that were begun, in order. */
  readonly begun: readonly ExecutionContext[];
  readonly openGate: () => void;
}

function bench(options: Partial<JobWorkerOptions> = {}): Bench {
  const store = options.store ?? memoryStore();
  const news: WorkerNews[] = [];
  const begun: ExecutionContext[] = [];
  const { promise: gate, resolve: openGate } = Promise.withResolvers<void>();
  const gated: StepType = {
    name: "gated",
    checkParameters: () => [],
    parametersSchema: { type: "object" },
    handler: {
      async execute(_step, context, { signal }) {
        begun.push(context);
        const { promise: stopped, resolve } = Promise.withResolvers<void>();
        signal.addEventListener("abort", () => resolve());
        await Promise.race([gate, stopped]);
        return { success: true, output: null };
      },
    },
  };
  const worker = new JobWorker({
    store,
    serves: [gated],
    name: "worker-1",
    clock: machineClock,
    concurrency: 10,
    lookEveryMs: HOUR_MS,
    onNews: (each) => news.push(each),
    ...options,
  });
  const end = (): Promise<void> => worker.drain({ graceMs: 0 });
  return { store, worker, news, begun, openGate, [Symbol.asyncDispose]: end };
}

const gatedJob = (jobId: string): Job => jobWith(jobId, [["gated", {}]]);
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
    one.worker.start();
    const records = await ended(one.store, "a");
    expect(records.find(({ event_type: type }) => type === "log.recovered")).toMatchObject({
      actor: "worker-1",
      data: { worker: "worker-1" },
    });
    expect(records.find(({ event_type: type }) => type === "step.in_doubt")).toMatchObject(step);
    expect(one.begun).toEqual([]);
    expect(await verifyLines(await linesOf(one.store, "a"))).toMatchObject({ ok: true, complete: true });
  });
});

/** What is wrong with the beginning of a log: changes its first record, or what lies beside it. */
const BREACHES: Readonly<
  Record<string, (created: RecordDraft, store: EvidenceStore) => Promise<Partial<RecordDraft>>>
> = {
  "records that a contract let it in": async ({ data }) => ({ data: { ...data, admission: "contract" } }),
  "records no admission": async ({ data }) => ({ data: { parameters: data?.["parameters"] ?? null } }),
  "does not say where its parameters lie": async () => ({ data: { admission: "open" } }),
  "names parameters that are not there": async () => withParameters({ $blob: "x".repeat(43), size: 1 }),
  "names other parameters": async (_created, store) => await beside(store, [{ other: true }]),
  "names the parameters of more steps": async (_created, store) => await beside(store, [{}, {}]),
  "names what are no parameters at all": async (_created, store) => await beside(store, "none"),
  "is that of somebody else's job": async () => ({ job_id: "b" }),
  "has another plan than its hash names": async ({ plan }) => ({
    plan: { ...(plan as JsonObject), executed_by: "mallory" }, // a small plan is in the line
  }),
};

const withParameters = (parameters: Json): Partial<RecordDraft> => ({ data: { admission: "open", parameters } });

async function beside(store: EvidenceStore, parameters: Json): Promise<Partial<RecordDraft>> {
  const bytes = Buffer.from(JSON.stringify(parameters));
  return withParameters({ $blob: await store.putBlob(bytes), size: bytes.length });
}

describe("P5 LAYER-07: a worker performs nothing whose admission does not stand in its log", () => {
  test.each(Object.entries(BREACHES))(
    "a log that %s is closed as failed, with nothing performed",
    async (what, breach) => {
      await using one = bench();
      const { store } = one;
      const job = gatedJob("a");
      const common = {
        store,
        clock: machineClock,
        executorVersion: "test",
        admission: "open",
        handedOver: true,
      } as const;
      const [created, ...others] = await openingOf(job, { ...common, plan: declarePlan(job) });
      if (created === undefined) throw new Error("an opening has records");
      await store.append("a", 0, [{ ...created, ...(await breach(created, store)) }, ...others]);
      one.worker.start();
      const records = await ended(store, "a");
      expect(one.begun).toEqual([]);
      expect(one.news).toMatchObject([{ kind: "refused" }]);
      expect(records.at(-2)).toMatchObject({
        event_type: "job.failed",
        status: "FAILED",
        reason: expect.stringContaining("Nothing is performed by it") as string,
      });
      const report = await verifyLines(await linesOf(store, "a"));
      expect(report).toMatchObject({ complete: true, ok: !/plan|somebody/.test(what) });
    },
  );

  test("a log under the name of another job is closed as failed, and one under that of its attempt is performed", async () => {
    await using one = bench();
    await accept(one.store, gatedJob("a"), "b");
    await accept(one.store, gatedJob("run/key/0"), `~${digest("run/key/0")}`);
    one.openGate();
    one.worker.start();
    expect((await ended(one.store, "b")).at(-2)).toMatchObject({ status: "FAILED" });
    expect((await ended(one.store, `~${digest("run/key/0")}`)).at(-2)).toMatchObject({ status: "COMPLETED" });
    expect(one.begun.map(({ idempotencyKey }) => idempotencyKey)).toEqual(["run/key/0/0"]);
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
