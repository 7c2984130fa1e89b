import { expect, test } from "vitest";
import { verifyLines } from "#evidence";
import { linesOf, wholeLog } from "../../evidence/support/logs.ts";
import { atRest, createRunBench, declaredJob, submitted } from "./support/run-bench.ts";

const ASKED = { actor: "ada", reason: "a test" };

test("the jobs of a diamond run in the order of their needs, and the run succeeds", async () => {
  await using bench = createRunBench();
  const { runner, store, effects } = bench;
  const plan = submitted([
    declaredJob("end", { needs: ["left", "right"] }),
    declaredJob("left", { needs: ["start"] }),
    declaredJob("right", { needs: ["start"] }),
    declaredJob("start"),
  ]);
  const { runId } = await runner.create(plan, ASKED);
  const view = await atRest(runner, runId);
  expect(view).toMatchObject({ status: "succeeded", submittedBy: "ada" });
  expect(effects.at(0)).toBe("run-1/start/0/0");
  expect(effects.at(-1)).toBe("run-1/end/0/0");
  expect(effects).toHaveLength(4);
  expect(await verifyLines(await linesOf(store, runId), { runId })).toMatchObject({ ok: true });
  expect((await wholeLog(store, runId)).at(-1)?.record).toMatchObject({
    event_type: "run.completed",
    status: "succeeded",
  });
});

test("a transient failure is tried again as a new attempt with a job id of its own", async () => {
  await using bench = createRunBench((key) => (key.endsWith("/flaky/0/0") ? "transient_io" : "ok"));
  const { runner, effects } = bench;
  const plan = submitted([declaredJob("flaky", { retry: { maxAttempts: 3 } })]);
  const { runId } = await runner.create(plan, ASKED);
  expect(await atRest(runner, runId)).toMatchObject({ status: "succeeded", jobs: [{ attempt: 1 }] });
  expect(effects).toEqual(["run-1/flaky/1/0"]);
});

test("a failed leaf fails the run, and what needs it is skipped with the cause", async () => {
  await using bench = createRunBench((key) => (key.includes("/bad/") ? "permanent" : "ok"));
  const { runner } = bench;
  const plan = submitted([
    declaredJob("bad", { continueOnError: true }),
    declaredJob("after", { needs: ["bad"] }),
    declaredJob("other"),
  ]);
  const { runId } = await runner.create(plan, ASKED);
  expect(await atRest(runner, runId)).toMatchObject({
    status: "failed",
    jobs: [{ status: "failed" }, { status: "skipped", reason: "needs bad, which failed" }, { status: "succeeded" }],
  });
});

test("a manual gate waits for somebody else's word, and is passed once", async () => {
  await using bench = createRunBench();
  const { runner, effects } = bench;
  const plan = submitted([declaredJob("build"), declaredJob("publish", { needs: ["build"], gate: "manual" })]);
  const { runId } = await runner.create(plan, ASKED);
  const blocked = await atRest(runner, runId);
  expect(blocked).toMatchObject({ status: "blocked", jobs: [{ status: "succeeded" }, { gateOpen: true }] });
  expect(effects).toHaveLength(1);
  const word = { runId, jobKey: "publish", reason: "looks good" };
  await expect(runner.approve({ ...word, actor: "ada" })).rejects.toMatchObject({ code: "APPROVER_IS_SUBMITTER" });
  await expect(runner.approve({ ...word, actor: "bo", planHash: "other" })).rejects.toMatchObject({
    code: "PLAN_CHANGED",
  });
  await runner.approve({ ...word, actor: "bo", planHash: blocked.planHash });
  expect(await atRest(runner, runId)).toMatchObject({ status: "succeeded" });
  await expect(runner.approve({ ...word, actor: "bo" })).rejects.toMatchObject({ code: "GATE_CLOSED" });
});

test("a cancelled run ends cancelled, and nothing more is started", async () => {
  await using bench = createRunBench((key) => (key.includes("/long/") ? "hang" : "ok"));
  const { runner, effects } = bench;
  const { runId } = await runner.create(
    submitted([declaredJob("long"), declaredJob("next", { needs: ["long"] })]),
    ASKED,
  );
  await bench.entered("run-1/long/0/0");
  const view = await runner.cancel(runId, { actor: "bo", reason: "changed my mind" });
  expect(view).toMatchObject({ status: "cancelled", jobs: [{ status: "failed" }, { status: "skipped" }] });
  expect(effects).toEqual([]);
});
