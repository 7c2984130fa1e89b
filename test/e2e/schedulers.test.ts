import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RunStatus } from "../../src/api/gen/verbatim/orchestration/v1/run_pb.ts";
import { planText } from "../cli/support/plan-files.ts";
import { until } from "../effects/support/until.ts";
import type { DatabaseServer } from "../support/database-process.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { awaits, Cluster, recordAt, recordsAt, restAt } from "./support/cluster.ts";
import type { Node } from "./support/cluster.ts";
import type { ServerProcess } from "../support/server-process.ts";

let database: DatabaseServer;
let cluster: Cluster;
let door: Node;
let schedulers: readonly ServerProcess[];

beforeAll(async () => {
  database = await startPostgres({ syncs: true });
  cluster = await Cluster.open(database.url, "schedulers");
  writeFileSync(
    join(cluster.directory, "tick.json"),
    planText([{ key: "tick", shell: "echo tick >> done" }], { name: "tick" }),
  );
  const schedules = [{ name: "tick", plan: "tick.json", cron: "* * * * *", overlap: "allow" }];
  door = await cluster.node("door", { workers: { scheduler: false } });
  schedulers = await Promise.all([cluster.scheduler("one", { schedules }), cluster.scheduler("two", { schedules })]);
}, 120_000);

afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

function word(runId: string, jobKey: string) {
  return { word: { runId, jobKey, actor: "bob", reason: "looks good" } };
}

test("a plan that a server without a scheduler accepts is driven by one of the schedulers, which take no calls", async () => {
  await cluster.start(door, { runId: "left" }, [
    { key: "build", shell: "true" },
    { key: "ship", needs: ["build"], gate: "manual", shell: "true" },
    { key: "check", needs: ["ship"], shell: "[ -e left-mended ]" },
  ]);
  await restAt(door, "left");
  await door.client.runs.approveGate(word("left", "ship"));
  await recordAt(door, "left", "run.completed");
  cluster.put("left-mended");
  await door.client.runs.resumeRun({ runId: "left", actor: "bob", reason: "mended" });
  await expect
    .poll(async () => (await door.client.runs.getRun({ runId: "left" })).run?.status, { timeout: 20_000 })
    .toBe(RunStatus.SUCCEEDED);
  const types = (await recordsAt(door, "left")).map(({ event_type: type }) => type);
  expect(types).not.toContain("log.recovered"); // it was handed on, and nobody has died
  expect(types.filter((type) => type === "gate.approved")).toHaveLength(1);
  for (const { address } of schedulers) expect(address).toBe("");
}, 120_000);

test("a run that waits for its time is begun by a scheduler although the server that accepted it is gone", async () => {
  const gone = await cluster.node("gone", { workers: { scheduler: false } });
  const asked = { runId: "later", startAfter: new Date(Date.now() + 1500) };
  await cluster.start(gone, asked, [{ key: "job", shell: "echo later >> done" }]);
  await gone.server.end("SIGKILL");
  await recordAt(door, "later", "run.completed");
  expect(cluster.done().filter((name) => name === "later")).toHaveLength(1);
}, 120_000);

/** What the schedulers have said of firings. */
function news(): readonly string[] {
  return schedulers.flatMap((scheduler) => scheduler.log().match(/"schedule[.].*/g) ?? []);
}

test("each firing happens once although two schedulers fire it", async () => {
  await until("what was due within the last minute is done", () => cluster.done().includes("tick"));
  const runIds = news().flatMap((line) => /"runId":"(tick-[^"]*)"/.exec(line)?.[1] ?? []);
  expect(new Set(runIds).size).toBe(runIds.length);
  expect(runIds.length).toBeGreaterThan(0);
  expect(news().filter((line) => !line.startsWith('"schedule.started"'))).toEqual([]);
  expect(cluster.done().filter((name) => name === "tick").length).toBeLessThanOrEqual(runIds.length);
}, 120_000);

test("a run that a scheduler was driving when it was told to stop is finished by the others", async () => {
  const third = await cluster.scheduler("three");
  await cluster.start(door, { runId: "passed-on" }, [
    { key: "one", shell: awaits("passed-one") },
    { key: "two", needs: ["one"], shell: "true" },
  ]);
  await recordAt(door, "passed-on", "step.started");
  const stopped = third.end("SIGTERM");
  cluster.put("passed-one");
  await recordAt(door, "passed-on", "run.completed");
  expect((await recordsAt(door, "passed-on")).at(-1)).toMatchObject({ status: "succeeded" });
  expect(await stopped).toMatchObject({ code: 0 });
}, 120_000);
