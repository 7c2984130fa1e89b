import { expect, test } from "vitest";
import { verifyLines } from "#evidence";
import { recoverRuns } from "#orchestration";
import { linesOf, wholeLog } from "../../evidence/support/logs.ts";
import type { Script } from "./support/run-bench.ts";
import { atRest, createRunBench, declaredJob, eagerClock, submitted } from "./support/run-bench.ts";

const ASKED = { actor: "ada", reason: "a test" };
const RESUME = { ...ASKED, failedOnly: false, rerun: [], force: false };

/** A script that can be changed while a test goes on. */
function changing(first: Readonly<Record<string, Script>>) {
  const said: Record<string, Script> = { ...first };
  return { said, script: (key: string): Script => said[key.split("/")[1] ?? ""] ?? "ok" };
}

test("a failed run is resumed in its own log, and what had succeeded is not run again", async () => {
  const { said, script } = changing({ two: "permanent" });
  await using bench = createRunBench(script);
  const { runner, store, effects } = bench;
  const plan = submitted([
    declaredJob("one"),
    declaredJob("two", { needs: ["one"] }),
    declaredJob("three", { needs: ["two"] }),
  ]);
  const { runId } = await runner.create(plan, ASKED);
  expect(await atRest(runner, runId)).toMatchObject({ status: "failed" });
  said["two"] = "ok";
  expect(await runner.resume(runId, { ...RESUME, plan })).toMatchObject({ pending: ["two", "three"], left: [] });
  expect(await atRest(runner, runId)).toMatchObject({
    status: "succeeded",
    jobs: [{ attempt: 0 }, { attempt: 1 }, { attempt: 0 }],
  });
  expect(effects).toEqual(["run-1/one/0/0", "run-1/two/1/0", "run-1/three/0/0"]);
  expect(await verifyLines(await linesOf(store, runId), { runId })).toMatchObject({ ok: true });
  await expect(runner.resume(runId, RESUME)).rejects.toMatchObject({ code: "RUN_ENDED" });
});

test("a resume of failed jobs only leaves the others and names them", async () => {
  const { said, script } = changing({ bad: "permanent" });
  await using bench = createRunBench(script);
  const { runner } = bench;
  const plan = submitted([declaredJob("bad"), declaredJob("after", { needs: ["bad"] })]);
  const { runId } = await runner.create(plan, ASKED);
  await atRest(runner, runId);
  said["bad"] = "ok";
  expect(await runner.resume(runId, { ...RESUME, failedOnly: true })).toMatchObject({
    pending: ["bad"],
    left: ["after"],
  });
  expect(await atRest(runner, runId)).toMatchObject({
    status: "failed",
    jobs: [{ status: "succeeded" }, { status: "skipped" }],
  });
  await runner.resume(runId, RESUME);
  expect(await atRest(runner, runId)).toMatchObject({ status: "succeeded" });
  expect(await verifyLines(await linesOf(bench.store, runId), { runId })).toMatchObject({ ok: true });
});

test("a resume with another plan is refused, and with a word of force goes on with the plan that was started", async () => {
  const { said, script } = changing({ bad: "permanent" });
  await using bench = createRunBench(script);
  const { runner, store } = bench;
  const { runId } = await runner.create(submitted([declaredJob("bad")]), ASKED);
  await atRest(runner, runId);
  said["bad"] = "ok";
  const other = submitted([declaredJob("bad", { timeoutSeconds: 999 })]);
  await expect(runner.resume(runId, { ...RESUME, plan: other })).rejects.toMatchObject({ code: "PLAN_CHANGED" });
  await runner.resume(runId, { ...RESUME, plan: other, force: true });
  await atRest(runner, runId);
  const overrides = (await wholeLog(store, runId)).filter(({ record }) => record.event_type === "run.override_applied");
  expect(overrides.map(({ record }) => record.status)).toEqual(["plan_changed"]);
});

test("the failure of a hard gate refuses a resume until somebody overrides it with a reason", async () => {
  const { said, script } = changing({ gate: "permanent" });
  await using bench = createRunBench(script);
  const { runner, store } = bench;
  const plan = submitted([declaredJob("gate", { gate: "hard" }), declaredJob("after", { needs: ["gate"] })]);
  const { runId } = await runner.create(plan, ASKED);
  expect(await atRest(runner, runId)).toMatchObject({ status: "failed" });
  expect((await wholeLog(store, runId)).map(({ record }) => record.event_type)).toContain("gate.failed");
  await expect(runner.resume(runId, RESUME)).rejects.toMatchObject({ code: "RUN_NOT_RESUMABLE" });
  await runner.overrideGate({ runId, jobKey: "gate", actor: "bo", reason: "the benchmark was wrong" });
  said["gate"] = "ok";
  await runner.resume(runId, RESUME);
  expect(await atRest(runner, runId)).toMatchObject({ status: "succeeded" });
  expect(await verifyLines(await linesOf(store, runId), { runId })).toMatchObject({ ok: true });
});

test("a job that somebody marks counts as succeeded, with who and why", async () => {
  await using bench = createRunBench((key) => (key.includes("/bad/") ? "permanent" : "ok"));
  const { runner, store, effects } = bench;
  const plan = submitted([declaredJob("bad"), declaredJob("after", { needs: ["bad"] })]);
  const { runId } = await runner.create(plan, ASKED);
  await atRest(runner, runId);
  await runner.markSucceeded({ runId, jobKey: "bad", actor: "bo", reason: "done by hand" });
  await runner.resume(runId, RESUME);
  expect(await atRest(runner, runId)).toMatchObject({
    status: "succeeded",
    jobs: [{ status: "succeeded", marked: true, reason: "done by hand" }, { status: "succeeded" }],
  });
  expect(effects).toEqual(["run-1/after/0/0"]);
  expect(await verifyLines(await linesOf(store, runId), { runId })).toMatchObject({ ok: true });
});

test("a rollback undoes what succeeded and can be undone, the last first", async () => {
  await using bench = createRunBench((key) => (key.includes("/three/") ? "permanent" : "ok"));
  const { runner, store, effects } = bench;
  const undo = [{ stepType: "test.act" }];
  const plan = submitted([
    declaredJob("one", { compensate: undo }),
    declaredJob("two", { needs: ["one"], compensate: undo }),
    declaredJob("three", { needs: ["two"], compensate: undo }),
  ]);
  const { runId } = await runner.create(plan, ASKED);
  await atRest(runner, runId);
  await runner.rollback(runId, { actor: "bo", reason: "back" });
  expect(await atRest(runner, runId)).toMatchObject({
    status: "rolled_back",
    jobs: [{ status: "compensated" }, { status: "compensated" }, { status: "failed" }],
  });
  expect(effects.slice(2)).toEqual(["run-1/two:compensate/0/0", "run-1/one:compensate/0/0"]);
  expect(await verifyLines(await linesOf(store, runId), { runId })).toMatchObject({ ok: true, problems: [] });
  await expect(runner.resume(runId, RESUME)).rejects.toMatchObject({ code: "RUN_ENDED" });
});

test("P2 a step in doubt whose recovery is the operator's is not run again without a word", async () => {
  await using first = createRunBench((key) => (key === "run-1/job/0/1" ? "hang" : "ok"));
  const steps = [{ stepType: "test.act" }, { stepType: "test.act" }, { stepType: "test.act" }];
  const { runId } = await first.runner.create(submitted([declaredJob("job", { steps })]), ASKED);
  await first.entered("run-1/job/0/1");
  // The process is gone: another one takes the store over.
  await using second = createRunBench(() => "ok", { store: first.store });
  expect((await recoverRuns(first.store, eagerClock())).plans).toMatchObject([
    { runId, inDoubt: ["job"], status: "blocked" },
  ]);
  await expect(second.runner.resume(runId, RESUME)).rejects.toMatchObject({ code: "RUN_NOT_RESUMABLE" });
  await second.runner.resume(runId, { ...RESUME, rerun: ["job"] });
  expect(await atRest(second.runner, runId)).toMatchObject({ status: "succeeded" });
  // The step that had succeeded is not performed again.
  expect(second.effects).toEqual(["run-1/job/1/0", "run-1/job/1/1"]);
  const started = (await wholeLog(first.store, runId)).filter(({ record }) => record.event_type === "job.started");
  expect(started.at(-1)?.record).toMatchObject({ attempt: 1, steps_declared: 2, data: { first_step: 1 } });
  expect(await verifyLines(await linesOf(first.store, runId), { runId })).toMatchObject({ ok: true });
});

test.each([
  { says: "ok", again: ["run-1/job/1/0"] },
  { says: "validation_failed", again: ["run-1/job/1/0", "run-1/job/1/1"] },
] as const)("a probe that ends $says tells whether the step in doubt took effect", async ({ says, again }) => {
  await using first = createRunBench((key) => (key === "run-1/job/0/0" ? "hang" : "ok"));
  const job = declaredJob("job", {
    steps: [{ stepType: "test.act" }, { stepType: "test.act" }],
    recovery: "probe",
    probe: [{ stepType: "test.act" }],
  });
  const { runId } = await first.runner.create(submitted([job]), ASKED);
  await first.entered("run-1/job/0/0");
  await using second = createRunBench((key) => (key.includes(":probe/") ? says : "ok"), { store: first.store });
  await recoverRuns(first.store, eagerClock());
  await second.runner.resume(runId, RESUME);
  expect(await atRest(second.runner, runId)).toMatchObject({ status: "succeeded" });
  expect(second.effects.filter((effect) => !effect.includes(":probe"))).toEqual(again);
  expect(await verifyLines(await linesOf(first.store, runId), { runId })).toMatchObject({ problems: [] });
});

test("P6 a drain lets running jobs end, blocks their runs, and the next process goes on with the rest", async () => {
  await using first = createRunBench((key) => (key.includes("/long/") ? "hang" : "ok"));
  const plan = submitted([declaredJob("long"), declaredJob("next", { needs: ["long"] })]);
  const { runId } = await first.runner.create(plan, ASKED);
  await first.entered("run-1/long/0/0");
  const drained = first.runner.drain({ graceMs: 1_000_000 });
  first.letGo("run-1/long/0/0");
  await drained;
  await expect(first.runner.create(plan, ASKED)).rejects.toMatchObject({ code: "DRAINING" });
  expect(await first.runner.get(runId)).toMatchObject({
    status: "blocked",
    jobs: [{ status: "succeeded" }, { status: "pending" }],
  });
  await using second = createRunBench(() => "ok", { store: first.store });
  const { plans } = await recoverRuns(first.store, eagerClock());
  expect(plans).toMatchObject([{ mayGoOn: true, interrupted: [] }]);
  await second.runner.resume(runId, RESUME);
  expect(await atRest(second.runner, runId)).toMatchObject({ status: "succeeded" });
  expect([...first.effects, ...second.effects]).toEqual(["run-1/long/0/0", "run-1/next/0/0"]);
});

test("P6 a job that a drain has to stop is cut off, not failed, and runs again when its run is resumed", async () => {
  await using first = createRunBench((key) => (key.includes("/long/0/1") ? "hang" : "ok"));
  const steps = [{ stepType: "test.act" }, { stepType: "test.act" }];
  const { runId } = await first.runner.create(submitted([declaredJob("long", { steps })]), ASKED);
  await first.entered("run-1/long/0/1");
  await first.runner.drain({ graceMs: 1 });
  expect(await first.runner.get(runId)).toMatchObject({ status: "blocked", jobs: [{ status: "failed" }] });
  await using second = createRunBench(() => "ok", { store: first.store });
  await second.runner.resume(runId, RESUME);
  expect(await atRest(second.runner, runId)).toMatchObject({ status: "succeeded" });
  expect(second.effects).toEqual(["run-1/long/1/0"]);
  expect(await verifyLines(await linesOf(first.store, runId), { runId })).toMatchObject({ problems: [] });
});

test("two who resume the same run at the same time do not both drive it", async () => {
  const { said, script } = changing({ bad: "permanent" });
  await using bench = createRunBench(script);
  const { runId } = await bench.runner.create(submitted([declaredJob("bad")]), ASKED);
  await atRest(bench.runner, runId);
  said["bad"] = "hang";
  const both = await Promise.allSettled([bench.runner.resume(runId, RESUME), bench.runner.resume(runId, RESUME)]);
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  bench.letGo("run-1/bad/1/0");
  await atRest(bench.runner, runId);
  expect(bench.effects).toEqual(["run-1/bad/1/0"]);
});

test("two starts of the same run id run the plan once, and another plan is refused", async () => {
  await using bench = createRunBench();
  const plan = submitted([declaredJob("one")]);
  const asked = { ...ASKED, runId: "mine" };
  const [first, second] = await Promise.all([bench.runner.create(plan, asked), bench.runner.create(plan, asked)]);
  expect(new Set([first.attached, second.attached])).toEqual(new Set([false, true]));
  await atRest(bench.runner, "mine");
  expect(bench.effects).toEqual(["mine/one/0/0"]);
  const other = submitted([declaredJob("two")]);
  await expect(bench.runner.create(other, asked)).rejects.toMatchObject({ code: "JOB_ID_TAKEN" });
});

test("at most so many jobs of a concurrency key run at a time, over all runs", async () => {
  await using bench = createRunBench(() => "hang");
  const plan = submitted(["a", "b"].map((key) => declaredJob(key, { concurrency: { key: "db", max: 1 } })));
  const one = await bench.runner.create(plan, { ...ASKED, runId: "one" });
  const two = await bench.runner.create(plan, { ...ASKED, runId: "two" });
  const running = async () =>
    [await bench.runner.get(one.runId), await bench.runner.get(two.runId)].flatMap(({ runId, jobs }) =>
      jobs.filter(({ status }) => status === "running").map(({ key }) => `${runId}/${key}/0/0`),
    );
  for (let left = 4; left > 0; left -= 1) {
    const [only, ...others] = await running();
    expect(others).toEqual([]);
    await bench.entered(only ?? "");
    const before = bench.effects.length;
    bench.letGo(only ?? "");
    while (bench.effects.length === before || ((await running()).length === 0 && left > 1)) await Promise.resolve();
    while ((await running())[0] === only) await Promise.resolve();
  }
  expect(await atRest(bench.runner, "one")).toMatchObject({ status: "succeeded" });
  expect(await atRest(bench.runner, "two")).toMatchObject({ status: "succeeded" });
});
