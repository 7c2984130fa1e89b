// What the schedulers that came before got wrong, each with a test of its own.
import fc from "fast-check";
import { expect, test } from "vitest";
import { wholeLog } from "../../evidence/support/logs.ts";
import { atRest, createRunBench, declaredJob, submitted } from "./support/run-bench.ts";

const ASKED = { actor: "ada", reason: "a test" };
const RESUME = { ...ASKED, failedOnly: false, rerun: [], force: false };

test("a skipped job never satisfies what needs it, however far behind the failure", async () => {
  await using bench = createRunBench((key) => (key.includes("/bad/") ? "permanent" : "ok"));
  const plan = submitted([
    declaredJob("bad", { continueOnError: true }),
    declaredJob("skipped", { needs: ["bad"], continueOnError: true }),
    declaredJob("behind", { needs: ["skipped", "fine"], continueOnError: true }),
    declaredJob("last", { needs: ["behind"] }),
    declaredJob("fine"),
  ]);
  const { runId } = await bench.runner.create(plan, ASKED);
  const { status, jobs } = await atRest(bench.runner, runId);
  expect(status).toBe("failed");
  expect(jobs.map((job) => job.status)).toEqual(["failed", "skipped", "skipped", "skipped", "succeeded"]);
  expect(bench.effects).toEqual(["run-1/fine/0/0"]);
});

test("a job that a resume did not ask for satisfies nothing that needs it", async () => {
  let fails = true;
  await using bench = createRunBench((key) => (fails && key.includes("/bad/") ? "permanent" : "ok"));
  const plan = submitted([
    declaredJob("bad"),
    declaredJob("middle", { needs: ["bad"] }),
    declaredJob("end", { needs: ["middle"] }),
  ]);
  const { runId } = await bench.runner.create(plan, ASKED);
  await atRest(bench.runner, runId);
  fails = false;
  await bench.runner.resume(runId, { ...RESUME, fromJob: "end" });
  expect(await atRest(bench.runner, runId)).toMatchObject({ status: "failed" });
  expect(bench.effects).toEqual([]);
});

test("the failure of one job is the failure of its run, whatever the shape of the plan and wherever it stands", async () => {
  const shapes = fc.array(fc.array(fc.nat({ max: 100 }), { maxLength: 3 }), { minLength: 1, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(shapes, fc.nat({ max: 100 }), fc.boolean(), async (shape, chosen, continueOnError) => {
      const bad = chosen % shape.length;
      await using bench = createRunBench((key) => (key.includes(`/j${bad}/`) ? "permanent" : "ok"));
      const jobs = shape.map((needs, at) =>
        declaredJob(`j${at}`, {
          continueOnError,
          needs: at === 0 ? [] : [...new Set(needs.map((need) => `j${need % at}`))],
        }),
      );
      const { runId } = await bench.runner.create(submitted(jobs), ASKED);
      const view = await atRest(bench.runner, runId);
      expect(view.status).toBe("failed");
      expect(view.jobs[bad]?.status).toBe("failed");
      expect((await wholeLog(bench.store, runId)).at(-1)?.record).toMatchObject({
        event_type: "run.completed",
        status: "failed",
      });
    }),
    { numRuns: 100 },
  );
});

test("what needs a fast job starts while an unrelated slow job still runs: there are no waves", async () => {
  await using bench = createRunBench((key) => (/\/(slow|third)\//.test(key) ? "hang" : "ok"));
  const plan = submitted([
    declaredJob("slow"),
    declaredJob("fast"),
    declaredJob("second", { needs: ["fast"] }),
    declaredJob("third", { needs: ["second"] }),
  ]);
  const { runId } = await bench.runner.create(plan, ASKED);
  await bench.entered("run-1/slow/0/0");
  await bench.entered("run-1/third/0/0"); // would wait for ever if the slow job had to end first
  expect(bench.effects).toEqual(["run-1/fast/0/0", "run-1/second/0/0"]);
  bench.letGo("run-1/slow/0/0");
  bench.letGo("run-1/third/0/0");
  expect(await atRest(bench.runner, runId)).toMatchObject({ status: "succeeded" });
});

test("a plan of more than 5,000 jobs in a long chain and beside one another runs to its end", async () => {
  await using bench = createRunBench();
  const jobs = Array.from({ length: 5200 }, (_none, at) =>
    declaredJob(`j${at}`, { needs: at > 0 && at < 2600 ? [`j${at - 1}`] : [] }),
  );
  const { runId } = await bench.runner.create(submitted(jobs, { maxWorkers: 16 }), ASKED);
  while ((await bench.store.head(runId))?.completed !== true) await new Promise((resolve) => setImmediate(resolve));
  const { status, jobs: ended } = await bench.runner.get(runId);
  expect(status).toBe("succeeded");
  expect(ended.filter((job) => job.status === "succeeded")).toHaveLength(5200);
  expect(new Set(bench.effects).size).toBe(5200);
  expect(bench.effects).toHaveLength(5200);
}, 60_000);

test.each([
  { on: ["unknown"], onExitCodes: [3], attempts: 3, why: "class and exit code match" },
  { on: ["unknown"], onExitCodes: [4, 75], attempts: 1, why: "the exit code does not match" },
  { on: ["transient_io"], onExitCodes: [3], attempts: 1, why: "the class does not match" },
] as const)("the filter of exit codes narrows that of classes: $why", async ({ on, onExitCodes, attempts }) => {
  await using bench = createRunBench(() => "unknown"); // with exit code 3
  const plan = submitted([
    declaredJob("job", { retry: { maxAttempts: 3, on: [...on], onExitCodes: [...onExitCodes] } }),
  ]);
  const { runId } = await bench.runner.create(plan, ASKED);
  expect(await atRest(bench.runner, runId)).toMatchObject({
    status: "failed",
    jobs: [{ status: "failed", attempt: attempts - 1 }],
  });
});

test("the failure of a hard gate skips everything downstream and fails the run, although its job says to continue", async () => {
  await using bench = createRunBench((key) =>
    key.includes("/gate/") ? "transient_io" : key.includes("/beside/") ? "hang" : "ok",
  );
  const plan = submitted([
    declaredJob("gate", { gate: "hard", continueOnError: true, retry: { maxAttempts: 2 } }),
    declaredJob("next", { needs: ["gate"] }),
    declaredJob("last", { needs: ["next"] }),
    declaredJob("beside"),
    declaredJob("later", { needs: ["beside"] }),
  ]);
  const { runId } = await bench.runner.create(plan, ASKED);
  await bench.entered("run-1/beside/0/0");
  const skipped = async () =>
    (await bench.runner.get(runId)).jobs.filter((job) => job.status === "skipped").map(({ key }) => key);
  while ((await skipped()).length < 2) await new Promise((resolve) => setImmediate(resolve));
  expect(await skipped()).toEqual(["next", "last"]);
  bench.letGo("run-1/beside/0/0");
  const view = await atRest(bench.runner, runId);
  expect(view.status).toBe("failed");
  expect(view.jobs.map(({ status }) => status)).toEqual(["failed", "skipped", "skipped", "succeeded", "skipped"]);
  expect(view.jobs[0]?.attempt).toBe(1); // after the retries that it declares
  expect(bench.effects).toEqual(["run-1/beside/0/0"]);
});

test("no two starts share a run id, and no two attempts a job id", async () => {
  await using bench = createRunBench((key) => (key.endsWith("/flaky/0/0") ? "transient_io" : "ok"));
  const plan = submitted([declaredJob("flaky", { retry: { maxAttempts: 2 } }), declaredJob("other")]);
  const runs = await Promise.all(Array.from({ length: 20 }, () => bench.runner.create(plan, ASKED)));
  expect(new Set(runs.map(({ runId }) => runId)).size).toBe(20);
  const ids: (string | undefined)[] = [];
  for (const { runId } of runs) {
    await atRest(bench.runner, runId);
    for (const { record } of await wholeLog(bench.store, runId))
      if (record.event_type === "job.started") ids.push(record.job_id);
  }
  expect(ids).toHaveLength(60);
  expect(new Set(ids).size).toBe(60);
});

test("a rejected gate fails its run, although no job of it has failed", async () => {
  await using bench = createRunBench();
  const plan = submitted([
    declaredJob("build"),
    declaredJob("publish", { needs: ["build"], gate: "manual" }),
    declaredJob("tell", { needs: ["publish"] }),
  ]);
  const { runId } = await bench.runner.create(plan, ASKED);
  await atRest(bench.runner, runId);
  await bench.runner.reject({ runId, jobKey: "publish", actor: "bo", reason: "not today" });
  const { status, jobs } = await atRest(bench.runner, runId);
  expect(status).toBe("failed");
  expect(jobs.map((job) => job.status)).toEqual(["succeeded", "skipped", "skipped"]);
  expect(bench.effects).toEqual(["run-1/build/0/0"]);
});

test("at most so many jobs run at the same time as the plan has workers", async () => {
  await using bench = createRunBench(() => "hang");
  const plan = submitted(
    ["a", "b", "c", "d", "e"].map((key) => declaredJob(key)),
    { maxWorkers: 2 },
  );
  const { runId } = await bench.runner.create(plan, ASKED);
  const running = async () =>
    (await bench.runner.get(runId)).jobs.filter(({ status }) => status === "running").map(({ key }) => key);
  for (const key of ["a", "b", "c", "d", "e"]) {
    await bench.entered(`run-1/${key}/0/0`);
    expect((await running()).length).toBeLessThanOrEqual(2);
    if (key !== "a") bench.letGo(`run-1/${key === "b" ? "a" : key}/0/0`);
    if (key === "b") bench.letGo("run-1/b/0/0");
  }
  expect(await atRest(bench.runner, runId)).toMatchObject({ status: "succeeded" });
});
