import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyLines } from "#evidence";
import { attemptLogId } from "../../../src/orchestration/run/attempt-names.ts";
import { linesOf, wholeLog } from "../../evidence/support/logs.ts";
import type { DatabaseServer } from "../../support/database-process.ts";
import { startPostgres } from "../../support/postgres-server.ts";
import { atRest, declaredJob, submitted } from "../run/support/run-bench.ts";
import { HandedBench, stepRecords } from "./support/handed-bench.ts";
import type { Script, TestDriver } from "./support/handed-bench.ts";

let server: DatabaseServer;

beforeAll(async () => {
  server = await startPostgres({ syncs: true });
}, 60_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const ASKED = { actor: "ada", reason: "a test" };
const ONE_STEP = [{ stepType: "test.act" }];
const RETRY = { maxAttempts: 3, on: ["transient_io" as const], baseSeconds: 0.01, factor: 1, jitter: 0, maxSeconds: 1 };

/** A script that can be changed while a test goes on; by the job of a plan. */
function changing(first: Readonly<Record<string, Script>>) {
  const said: Record<string, Script> = { ...first };
  return { said, script: (key: string): Script => said[key] ?? said[key.split("/")[1] ?? ""] ?? "ok" };
}

/** Every attempt's log holds, and is copied word for word, in its order, into that of its run, which holds as well. */
async function expectExactCopies({ store }: TestDriver, runId: string): Promise<void> {
  const log = (await wholeLog(store, runId)).map(({ record }) => record);
  const copied = new Map<string, object[]>();
  for (const { event_id: _e, run_id: _r, seq: _s, hash: _h, job_key: _k, attempt: _a, recovery: _c, ...said } of log) {
    if (!said.event_type.startsWith("step.") || said.event_type === "step.resolved") continue;
    copied.set(said.job_id ?? "", [...(copied.get(said.job_id ?? "") ?? []), said]);
  }
  const started = log.filter(({ event_type: type }) => type === "job.started");
  for (const { job_id: jobId = "", data } of started) {
    const logId = attemptLogId(jobId);
    expect(data).toMatchObject({ log: logId });
    expect(copied.get(jobId) ?? []).toEqual(await stepRecords(store, logId));
    expect(await verifyLines(await linesOf(store, logId), { runId: logId })).toMatchObject({
      problems: [],
      complete: true,
    });
  }
  expect(await verifyLines(await linesOf(store, runId), { runId })).toMatchObject({ problems: [] });
}

test("a plan of several jobs runs at workers, with a retry, and its log is the one that it would have had here", async () => {
  const { said, script } = changing({ "run-1/flaky/0/0": "transient_io" });
  await using bench = new HandedBench(server.url, script);
  const driver = bench.driver();
  bench.worker();
  bench.worker();
  const plan = submitted([
    declaredJob("one", { steps: [...ONE_STEP, ...ONE_STEP] }),
    declaredJob("flaky", { needs: ["one"], retry: RETRY }),
    declaredJob("beside"),
    declaredJob("last", { needs: ["flaky", "beside"] }),
  ]);
  const { runId } = await driver.runs.create(plan, ASKED);
  expect(await atRest(driver.runs, runId)).toMatchObject({
    status: "succeeded",
    jobs: [{ attempt: 0 }, { attempt: 1 }, { attempt: 0 }, { attempt: 0 }],
  });
  expect(bench.effects.toSorted()).toEqual([
    "run-1/beside/0/0",
    "run-1/flaky/1/0",
    "run-1/last/0/0",
    "run-1/one/0/0",
    "run-1/one/0/1",
  ]);
  await expectExactCopies(driver, runId);
  expect((await driver.store.runs({ limit: 100 })).map((head) => head.runId)).toEqual([runId]);
  expect(driver.problems).toEqual([]);
  expect(said).toBeDefined();
});

test("a run is cancelled with what workers perform of it, and with what waits for one", async () => {
  await using bench = new HandedBench(server.url, () => "hang");
  const driver = bench.driver();
  const worker = bench.worker();
  const { runId } = await driver.runs.create(submitted([declaredJob("a"), declaredJob("b")]), ASKED);
  await Promise.all([bench.entered("run-1/a/0/0"), bench.entered("run-1/b/0/0")]);
  expect(await driver.runs.cancel(runId, { actor: "bo", reason: "enough" })).toMatchObject({ status: "cancelled" });
  await expectExactCopies(driver, runId);
  await worker.goAway();
  const waits = await driver.runs.create(submitted([declaredJob("a")]), ASKED);
  expect(await driver.runs.cancel(waits.runId, { actor: "bo", reason: "enough" })).toMatchObject({
    status: "cancelled",
  });
  expect(bench.effects).toEqual([]);
  await expectExactCopies(driver, waits.runId);
});

test("the limit of a job ends it at its worker, and the time in the queue does not count", async () => {
  await using bench = new HandedBench(server.url, () => "hang");
  const driver = bench.driver();
  const plan = submitted([declaredJob("slow", { timeoutSeconds: 0.2 })]);
  const { runId } = await driver.runs.create(plan, ASKED);
  const waitedMs = async (): Promise<number> => (await driver.store.waiting())[0]?.waitedMs ?? 0;
  await expect.poll(waitedMs, { timeout: 20_000 }).toBeGreaterThan(250); // longer than its limit
  expect((await driver.runs.get(runId)).jobs).toMatchObject([{ status: "running" }]);
  bench.worker();
  expect(await atRest(driver.runs, runId)).toMatchObject({ status: "failed", jobs: [{ errorClass: "timeout" }] });
  await expectExactCopies(driver, runId);
});

test.each([
  { recovery: "rerun", ends: { status: "succeeded" }, again: ["run-1/job/1/0"] },
  { recovery: "idempotent", ends: { status: "succeeded" }, again: ["run-1/job/1/0"] },
  { recovery: "operator", ends: { status: "blocked", jobs: [{ status: "in_doubt" }] }, again: [] },
  { recovery: "probe", ends: { status: "succeeded" }, again: ["run-1/job:probe/0/0", "run-1/job/1/0"] },
] as const)(
  "P2 a worker that dies in a step whose recovery is $recovery leaves it in doubt, and what is declared follows while the driver lives",
  async ({ recovery, ends, again }) => {
    const { said, script } = changing({ "run-1/job/0/1": "hang" });
    await using bench = new HandedBench(server.url, script);
    const driver = bench.driver();
    const worker = bench.worker();
    const steps = [...ONE_STEP, ...ONE_STEP];
    const probe = recovery === "probe" ? { probe: ONE_STEP } : {};
    const { runId } = await driver.runs.create(submitted([declaredJob("job", { steps, recovery, ...probe })]), ASKED);
    await bench.entered("run-1/job/0/1");
    await worker.die();
    said["job"] = "ok";
    // A probe that succeeds says that the step took effect: then nothing is left to be done. This one says that it did not.
    said["job:probe"] = recovery === "probe" ? "validation_failed" : "ok";
    bench.worker();
    expect(await atRest(driver.runs, runId)).toMatchObject(ends);
    expect(bench.effects).toEqual(["run-1/job/0/0", ...again.filter((key) => !key.includes("probe"))]);
    await expectExactCopies(driver, runId);
  },
);

test("a worker that is told to end cuts its attempt off, and another one goes on where it was", async () => {
  const { said, script } = changing({ "run-1/job/0/1": "hang" });
  await using bench = new HandedBench(server.url, script);
  const driver = bench.driver();
  const worker = bench.worker();
  const { runId } = await driver.runs.create(
    submitted([declaredJob("job", { steps: [...ONE_STEP, ...ONE_STEP] })]),
    ASKED,
  );
  await bench.entered("run-1/job/0/1");
  await worker.goAway();
  bench.worker();
  said["job"] = "ok";
  expect(await atRest(driver.runs, runId)).toMatchObject({ status: "succeeded", jobs: [{ attempt: 1 }] });
  expect(bench.effects).toEqual(["run-1/job/0/0", "run-1/job/1/0"]);
  const ends = (await wholeLog(driver.store, runId)).filter(({ record }) => record.event_type === "job.failed");
  expect(ends).toMatchObject([{ record: { error_class: "cancelled", data: { interrupted: true } } }]);
  await expectExactCopies(driver, runId);
});

test("P2 a step that takes down each worker is not given to the next one for ever", async () => {
  await using bench = new HandedBench(server.url, () => "hang");
  const driver = bench.driver();
  const { runId } = await driver.runs.create(submitted([declaredJob("job", { recovery: "rerun" })]), ASKED);
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const worker = bench.worker();
    await bench.entered(`run-1/job/${attempt}/0`);
    await worker.die();
  }
  bench.worker();
  expect(await atRest(driver.runs, runId)).toMatchObject({
    status: "blocked",
    jobs: [{ status: "in_doubt", attempt: 5 }],
  });
  await expectExactCopies(driver, runId);
});

test("P2 a driver that is drained leaves its attempts to the workers, and another one follows them to the end", async () => {
  const { script } = changing({ "run-1/long/0/1": "hang" });
  await using bench = new HandedBench(server.url, script);
  const [one, other] = [bench.driver(), bench.driver()];
  bench.worker();
  const plan = submitted([
    declaredJob("long", { steps: [...ONE_STEP, ...ONE_STEP, ...ONE_STEP] }),
    declaredJob("after", { needs: ["long"] }),
  ]);
  const { runId } = await one.runs.create(plan, ASKED);
  await bench.entered("run-1/long/0/1");
  await one.runs.drain({ graceMs: 60_000 });
  await one.store.close();
  expect((await other.recover()).plans).toMatchObject([
    { runId, atWorkers: ["long"], interrupted: [], status: "executing" },
  ]);
  bench.letGo("run-1/long/0/1");
  expect(await atRest(other.runs, runId)).toMatchObject({ status: "succeeded" });
  expect(bench.effects).toEqual(["run-1/long/0/0", "run-1/long/0/1", "run-1/long/0/2", "run-1/after/0/0"]);
  await expectExactCopies(other, runId);
});

test("a run that another process drives is neither cancelled nor followed here", async () => {
  await using bench = new HandedBench(server.url, () => "hang");
  const [one, other] = [bench.driver(), bench.driver()];
  bench.worker();
  const { runId } = await one.runs.create(submitted([declaredJob("job")]), ASKED);
  await bench.entered("run-1/job/0/0");
  await expect(other.runs.cancel(runId, ASKED)).rejects.toMatchObject({ code: "RUN_FENCED" });
  bench.letGo("run-1/job/0/0");
  expect(await atRest(one.runs, runId)).toMatchObject({ status: "succeeded" });
});
