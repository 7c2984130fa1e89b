import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyLines } from "#evidence";
import { openPostgresQueue, openRedisQueue } from "#queue";
import type { JobQueue } from "#queue";
import { linesOf, wholeLog } from "../../evidence/support/logs.ts";
import type { DatabaseServer } from "../../support/database-process.ts";
import { machineClock } from "../../support/machine-clock.ts";
import { startPostgres } from "../../support/postgres-server.ts";
import { startRedis } from "../../support/redis-server.ts";
import { job } from "../support/bench.ts";
import { HandedBench, typesIn } from "./support/handed-bench.ts";

let server: DatabaseServer;
let redis: DatabaseServer;

beforeAll(async () => {
  [server, redis] = await Promise.all([startPostgres({ syncs: true }), startRedis()]);
}, 60_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

const QUEUES: Readonly<Record<string, () => Promise<JobQueue>>> = {
  "pg-boss": () => openPostgresQueue({ url: server.url, clock: machineClock }),
  BullMQ: () => openRedisQueue({ url: redis.url, clock: machineClock, newToken: randomUUID }),
};

test.each(Object.keys(QUEUES))(
  "a worker that %s prompts performs a direct job, and its driver tells the end",
  async (name) => {
    const queue = await QUEUES[name]?.();
    await using bench = new HandedBench(server.url, undefined, queue);
    const { runner, store } = bench.driver();
    bench.worker();
    const { result, attached } = await runner.submit(job("job-1", ["test.act", "test.act"]));
    expect(attached).toBe(false);
    expect(await result).toMatchObject({ jobId: "job-1", finalStatus: "COMPLETED", stepsSucceeded: 2 });
    expect(bench.effects).toEqual(["job-1/0", "job-1/1"]);
    expect(bench.parameters).toEqual([{ number: 0 }, { number: 1 }]);
    expect(await verifyLines(await linesOf(store, "job-1"), { runId: "job-1" })).toMatchObject({
      ok: true,
      complete: true,
    });
    await queue?.close();
  },
  30_000,
);

test("what a job was asked with lies beside its log for its worker, and reaches its steps", async () => {
  await using bench = new HandedBench(server.url);
  const { runner, store } = bench.driver();
  bench.worker();
  const large = { text: "x".repeat(20_000) };
  const asked = job("job-1", ["test.act"]);
  const steps = asked.steps.map((step) => ({ ...step, parameters: large }));
  const members = { steps, timeoutSeconds: 100, attemptOf: "work-1" };
  await (
    await runner.submit({ ...asked, ...members })
  ).result;
  expect(bench.parameters).toEqual([large]);
  expect(bench.effects).toEqual(["work-1/0"]);
  const [created] = await wholeLog(store, "job-1");
  expect(created?.record.data).toMatchObject({ admission: "open", parameters: { $blob: expect.any(String) } });
});

test("a job that runs at a worker is cancelled there, and one that waits for a worker ends at once", async () => {
  await using bench = new HandedBench(server.url, (key) => (key === "running/0" ? "hang" : "ok"));
  const { runner } = bench.driver();
  const other = bench.driver();
  const why = { cancelledBy: "ada", reason: "enough" };
  const waiting = await runner.submit(job("waiting", ["test.act"]));
  expect(await runner.cancel("waiting", why)).toMatchObject({
    finalStatus: "CANCELLED",
    finalReason: "Stopped before step 0: cancelled by ada: enough",
    stepsExecuted: 0,
  });
  expect(await waiting.result).toMatchObject({ finalStatus: "CANCELLED" });
  bench.worker();
  await runner.submit(job("running", ["test.act", "test.act"]));
  await bench.entered("running/0");
  // Whoever is asked, whoever has accepted it.
  expect(await other.runner.cancel("running", why)).toMatchObject({ finalStatus: "CANCELLED", stepsExecuted: 1 });
  expect(bench.effects).toEqual([]);
  await expect(runner.cancel("running", why)).rejects.toMatchObject({ code: "RUN_ENDED" });
  for (const jobId of ["waiting", "running"])
    expect(await verifyLines(await linesOf(other.store, jobId), { runId: jobId })).toMatchObject({ ok: true });
});

test("a job that another driver has accepted is attached to, and its end is told by both", async () => {
  await using bench = new HandedBench(server.url, () => "hang");
  const [one, other] = [bench.driver(), bench.driver()];
  bench.worker();
  const first = await one.runner.submit(job("job-1", ["test.act"]));
  await bench.entered("job-1/0");
  const second = await other.runner.submit(job("job-1", ["test.act"]));
  expect(second).toMatchObject({ attached: true, ended: false });
  await expect(other.runner.submit(job("job-1", ["test.act", "test.act"]))).rejects.toMatchObject({
    code: "JOB_ID_TAKEN",
  });
  bench.letGo("job-1/0");
  expect(await second.result).toEqual(await first.result);
  expect(await other.runner.submit(job("job-1", ["test.act"]))).toMatchObject({ attached: true, ended: true });
  expect(bench.effects).toEqual(["job-1/0"]);
});

test("a driver that drains takes nothing more and stops nothing that workers perform", async () => {
  await using bench = new HandedBench(server.url, () => "hang");
  const [one, other] = [bench.driver(), bench.driver()];
  bench.worker();
  const { result } = await one.runner.submit(job("job-1", ["test.act"]));
  await bench.entered("job-1/0");
  const left = expect(result).rejects.toMatchObject({ code: "DRAINING" });
  await one.runner.drain({ graceMs: 10 });
  await left;
  await one.store.close();
  bench.letGo("job-1/0");
  expect(await (await other.runner.submit(job("job-1", ["test.act"]))).result).toMatchObject({
    finalStatus: "COMPLETED",
  });
});

test("jobs at workers count as active ones, and one too many is refused", async () => {
  await using bench = new HandedBench(server.url);
  const { runner } = bench.driver();
  for (let number = 0; number < 10; number += 1) await runner.submit(job(`job-${number}`, ["test.act"]));
  await expect(runner.submit(job("one-more", ["test.act"]))).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
});

test("a job that was accepted and not handed over when its driver died is handed over by the next, and performed once", async () => {
  await using bench = new HandedBench(server.url);
  const [one, other] = [bench.driver(), bench.driver()];
  const opened = Promise.withResolvers<void>();
  Object.defineProperty(one.store, "handOver", { value: () => (opened.resolve(), new Promise(() => undefined)) }); // it dies there
  await one.runner.submit(job("job-1", ["test.act"]));
  await opened.promise;
  await one.store.close();
  expect(await other.recover()).toEqual({ jobs: [], plans: [], handedOver: ["job-1"], problems: [] });
  expect(await typesIn(other.store, "job-1")).toEqual(["run.created", "job.started"]);
  bench.worker();
  expect(await (await other.runner.submit(job("job-1", ["test.act"]))).result).toMatchObject({
    finalStatus: "COMPLETED",
  });
  expect(bench.effects).toEqual(["job-1/0"]);
});

test("a driver that hands nothing over closes what was accepted for workers and never begun", async () => {
  await using bench = new HandedBench(server.url);
  const [one, other] = [bench.driver(), bench.driver({ handsOver: false })];
  const opened = Promise.withResolvers<void>();
  Object.defineProperty(one.store, "handOver", { value: () => (opened.resolve(), new Promise(() => undefined)) });
  await one.runner.submit(job("job-1", ["test.act"]));
  await opened.promise;
  await one.store.close();
  expect((await other.recover()).jobs).toMatchObject([{ finalStatus: "FAILED", stepsExecuted: 0 }]);
});
