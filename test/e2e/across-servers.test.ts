import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestJob } from "../cli/support/plan-files.ts";
import { until } from "../effects/support/until.ts";
import type { DatabaseServer } from "../support/database-process.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { step, wireJob } from "../support/wire-job.ts";
import { awaits, Cluster, recordAt, recordsAt, restAt } from "./support/cluster.ts";
import type { Node } from "./support/cluster.ts";

let database: DatabaseServer;
let cluster: Cluster;
let first: Node;
let second: Node;

beforeAll(async () => {
  database = await startPostgres({ syncs: true });
  cluster = await Cluster.open(database.url, "across");
  [first, second] = await Promise.all([cluster.node("first"), cluster.node("second")]);
}, 120_000);

afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

function word(runId: string, jobKey: string, actor = "bob") {
  return { word: { runId, jobKey, actor, reason: "looks good" } };
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  return await call.then(
    () => "done",
    (error: { readonly code?: string }) => String(error.code),
  );
}

const GATED: readonly TestJob[] = [
  { key: "build", shell: "true" },
  { key: "ship", needs: ["build"], gate: "manual", shell: "true" },
];

test("a gate of a run that one server has started is approved at the other, which drives the run on", async () => {
  await cluster.start(first, { runId: "blocked" }, GATED);
  await restAt(second, "blocked");
  expect(await codeOf(second.client.runs.approveGate(word("blocked", "ship", "ada")))).toBe("APPROVER_IS_SUBMITTER");
  const { run } = await second.client.runs.approveGate(word("blocked", "ship"));
  expect(run?.runId).toBe("blocked");
  expect((await restAt(first, "blocked")).jobs.map(({ status }) => status)).toEqual(
    (await restAt(second, "blocked")).jobs.map(({ status }) => status),
  );
  const records = await recordsAt(first, "blocked");
  expect(records.filter(({ event_type: type }) => type === "gate.approved")).toMatchObject([
    { actor: "bob", reason: "looks good" },
  ]);
  expect(records.at(-1)).toMatchObject({ event_type: "run.completed", status: "succeeded" });
  expect(await codeOf(second.client.runs.approveGate(word("blocked", "ship")))).toBe("GATE_CLOSED");
}, 120_000);

test("a gate of a run that one server is driving is approved at the other, and the one that drives it goes on", async () => {
  await cluster.start(first, { runId: "driven" }, [
    { key: "slow", shell: awaits("driven-slow") },
    { key: "ship", gate: "manual", shell: "echo driven-ship >> done" },
  ]);
  await recordAt(second, "driven", "gate.opened");
  expect(await codeOf(second.client.runs.approveGate(word("driven", "build")))).toBe("INVALID_REQUEST");
  expect(await codeOf(second.client.runs.resumeRun({ runId: "driven", actor: "bob", reason: "go" }))).toBe(
    "RUN_ACTIVE",
  );
  expect(await codeOf(second.client.runs.markJobSucceeded(word("driven", "slow")))).toBe("RUN_ACTIVE");
  const { run } = await second.client.runs.approveGate(word("driven", "ship"));
  expect(run?.jobs.find(({ key }) => key === "ship")?.gateOpen).toBe(false);
  await until("what was approved is done", () => cluster.done().includes("driven-ship"));
  cluster.put("driven-slow");
  await restAt(second, "driven");
  const records = await recordsAt(second, "driven");
  expect(records.at(-1)).toMatchObject({ event_type: "run.completed", status: "succeeded" });
  expect(records.map(({ event_type: type }) => type)).not.toContain("log.recovered");
}, 120_000);

test("twenty approvals that race at both servers leave exactly one word, and all others are told that the gate was passed", async () => {
  for (const [runId, jobs] of [
    ["race-blocked", GATED],
    [
      "race-driven",
      [
        { key: "slow", shell: awaits("race-slow") },
        { key: "ship", gate: "manual", shell: "true" },
      ],
    ],
  ] as const) {
    await cluster.start(first, { runId }, jobs);
    await recordAt(second, runId, "gate.opened");
    if (runId === "race-blocked") await restAt(second, runId);
    const told = await Promise.all(
      Array.from(
        { length: 20 },
        async (_nothing, place) =>
          await codeOf(
            (place % 2 === 0 ? first : second).client.runs.approveGate(word(runId, "ship", `approver-${place}`)),
          ),
      ),
    );
    expect(told.toSorted()).toEqual([...Array.from({ length: 19 }, () => "GATE_CLOSED"), "done"]);
    cluster.put("race-slow");
    await recordAt(second, runId, "run.completed");
    const records = await recordsAt(second, runId);
    expect(records.filter(({ event_type: type }) => type === "gate.approved")).toHaveLength(1);
    expect(records.at(-1)).toMatchObject({ status: "succeeded" });
  }
}, 120_000);

test("a job and a plan that run at one server are cancelled at the other, in the name of who asked", async () => {
  const argv = { argv: ["sh", "-c", awaits("never")], working_directory: cluster.work };
  const job = first.client.executor.executeJob(wireJob("job", [step("command.run", argv)]));
  const isThere = async (): Promise<string> => await codeOf(second.client.executor.getJob({ jobId: "job" }));
  await expect.poll(isThere, { timeout: 20_000 }).toBe("done");
  await recordAt(second, "job", "step.started");
  const { result } = await second.client.executor.cancelJob({ jobId: "job", cancelledBy: "bob", reason: "enough" });
  expect(result?.finalReason).toContain("bob");
  expect((await job).result).toEqual(result);
  expect(await codeOf(second.client.executor.cancelJob({ jobId: "job", cancelledBy: "bob", reason: "again" }))).toBe(
    "RUN_ENDED",
  );
  expect(await codeOf(second.client.executor.cancelJob({ jobId: "nobody", cancelledBy: "bob", reason: "?" }))).toBe(
    "RUN_NOT_FOUND",
  );

  await cluster.start(first, { runId: "plan" }, [
    { key: "slow", shell: awaits("never") },
    { key: "next", needs: ["slow"], shell: "true" },
  ]);
  await recordAt(second, "plan", "step.started");
  await second.client.runs.cancelRun({ runId: "plan", actor: "bob", reason: "enough" });
  const records = await recordsAt(first, "plan");
  expect(records.at(-1)).toMatchObject({
    event_type: "run.completed",
    status: "cancelled",
    reason: "cancelled by bob: enough",
  });
  expect(cluster.done()).not.toContain("never");
}, 120_000);

test("a run that has failed at one server is resumed, overridden and rolled back at the other", async () => {
  await cluster.start(first, { runId: "failed" }, [
    { key: "made", shell: "true", undo: "echo undone >> done" },
    { key: "check", needs: ["made"], gate: "hard", shell: "[ -e failed-mended ]" },
  ]);
  await restAt(second, "failed");
  const resume = { runId: "failed", actor: "bob", reason: "mended" };
  expect(await codeOf(second.client.runs.resumeRun(resume))).toBe("RUN_NOT_RESUMABLE");
  await second.client.runs.overrideGate(word("failed", "check"));
  const { pending } = await first.client.runs.resumeRun(resume);
  expect(pending).toEqual(["check"]);
  await restAt(second, "failed");
  await second.client.runs.rollbackRun({ runId: "failed", actor: "bob", reason: "not mended" });
  await until("it is undone", () => cluster.done().includes("undone"));
  await recordAt(first, "failed", "job.compensated");
  expect((await restAt(first, "failed")).jobs[0]?.key).toBe("made");
}, 120_000);

test("a server that is told to stop hands its runs on to the other, and a watch there goes on", async () => {
  const third = await cluster.node("third");
  await cluster.start(third, { runId: "handed-on" }, [
    { key: "one", shell: awaits("handed-one") },
    { key: "two", needs: ["one"], shell: awaits("handed-two") },
  ]);
  await cluster.start(third, { runId: "waits" }, GATED);
  await restAt(second, "waits");
  const ended = recordAt(second, "handed-on", "run.completed");
  await recordAt(second, "handed-on", "step.started");
  const stopped = third.server.end("SIGTERM");
  await until("it drains", () => third.server.log().includes("server.draining"));
  cluster.put("handed-one");
  cluster.put("handed-two");
  await ended; // its lease is longer than this test
  expect(await stopped).toMatchObject({ code: 0 });
  const records = await recordsAt(second, "handed-on");
  expect(records.at(-1)).toMatchObject({ event_type: "run.completed", status: "succeeded" });
  expect(records.filter(({ event_type: type }) => type === "step.started")).toHaveLength(2);
  expect(cluster.done().filter((name) => name.startsWith("handed"))).toEqual(["handed-one", "handed-two"]);
  await second.client.runs.approveGate(word("waits", "ship"));
  await recordAt(first, "waits", "run.completed");
}, 120_000);
