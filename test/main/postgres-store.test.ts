import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyLines } from "#evidence";
import { commandBench } from "../e2e/support/command-bench.ts";
import { until } from "../effects/support/until.ts";
import { linesOf } from "../evidence/support/logs.ts";
import { SharedStores } from "../evidence/support/shared-stores.ts";
import type { DatabaseServer } from "../support/database-process.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startServer } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { step, wireJob } from "../support/wire-job.ts";

const LEASE_SECONDS = 0.6;

let database: DatabaseServer;

beforeAll(async () => {
  database = await startPostgres({ syncs: true });
}, 60_000);

afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

async function start(state: string, schema: string): Promise<ServerProcess> {
  const postgres = { url: { environment: "EVIDENCE_URL" }, schema, lease_seconds: LEASE_SECONDS };
  return await startServer({
    state,
    configuration: { store: "postgres", postgres, reserve_bytes: 0, log_level: "info" },
    environment: { EVIDENCE_URL: database.url },
  });
}

/** A job that does one thing, waits for the file `gate`, and would do another thing. */
function gatedJob(jobId: string, directory: string) {
  const file = join(directory, "effects");
  const gate = join(directory, `gate-${jobId}`);
  return wireJob(jobId, [step("append", { file }), step("await_file", { file: gate }), step("append", { file })]);
}

function effects(directory: string): readonly string[] {
  const path = join(directory, "effects");
  return existsSync(path) ? readFileSync(path, "utf8").trim().split(/\s+/) : [];
}

test("P2 a server that is stopped beyond its lease performs no further step once another one has taken its job over", async () => {
  await using directory = await scratchDirectory();
  await using stores = new SharedStores(database.url);
  await using first = await start(join(directory.path, "first"), stores.schema);
  await using second = await start(join(directory.path, "second"), stores.schema);
  using client = await first.client();
  using other = await second.client();
  const ofFirst = client.executor.executeJob(gatedJob("paused", directory.path)).catch((error: unknown) => error);
  await until("the first step is done", () => effects(directory.path).length === 1);
  process.kill(first.pid, "SIGSTOP");
  await until("the second server has taken the job over", () => second.log().includes("run.recovered"));
  writeFileSync(join(directory.path, "gate-paused"), "");
  process.kill(first.pid, "SIGCONT");
  expect(await ofFirst).toMatchObject({ code: "RUN_FENCED" });
  const { status, result } = await other.executor.getJob({ jobId: "paused" });
  expect([status, result?.finalReason]).toEqual([4, expect.stringContaining("in doubt")]);
  expect(effects(directory.path)).toHaveLength(1);
  const lines = await linesOf(stores.open(), "paused");
  expect(await verifyLines(lines)).toMatchObject({ ok: true, complete: true });
  await other.executor.executeJob(wireJob("after", [step("append", { file: join(directory.path, "effects") })]));
  const told = await client.executor.getJob({ jobId: "after" }); // any server answers for any job
  expect(told.result?.stepsSucceeded).toBe(1);
}, 60_000);

test("P2 a server that was killed closes its own open job at its next start, before its lease is over", async () => {
  await using directory = await scratchDirectory();
  await using stores = new SharedStores(database.url);
  const state = join(directory.path, "state");
  await using first = await start(state, stores.schema);
  using client = await first.client();
  client.executor.executeJob(gatedJob("killed", directory.path)).catch(() => undefined); // the server will be gone
  await until("the first step is done", () => effects(directory.path).length === 1);
  await first.end("SIGKILL");
  await using second = await start(state, stores.schema);
  using again = await second.client();
  const { result } = await again.executor.getJob({ jobId: "killed" });
  expect(result?.finalReason).toContain("in doubt");
  const lines = await linesOf(stores.open(), "killed");
  expect(await verifyLines(lines)).toMatchObject({ ok: true, complete: true });
  expect(effects(directory.path)).toHaveLength(1);
}, 60_000);

test("commands keep their evidence in the configured PostgreSQL, and what they wrote verifies", async () => {
  await using stores = new SharedStores(database.url);
  const postgres = `{url: {environment: EVIDENCE_URL}, schema: ${stores.schema}}`;
  const steps = 'steps:\n  command.run: {executables: ["*"]}\n';
  await using bench = await commandBench(`store: postgres\npostgres: ${postgres}\n${steps}`);
  const environment = { EVIDENCE_URL: database.url };
  const job = { job_id: "job-1", contract_id: "c", executed_by: "tester", steps: [] };
  const declared = { step_index: 0, step_type: "command.run", target: "t", parameters: { argv: ["true"] } };
  const file = await bench.file("job.json", JSON.stringify({ ...job, steps: [declared] }));
  expect(await bench.run(["exec", file], { environment })).toMatchObject({ code: 0 });
  const lines = await linesOf(stores.open(), "job-1");
  const mirror = readFileSync(join(bench.directory, ".verbatim/runs/job-1/events.jsonl"), "utf8").trim().split("\n");
  expect(mirror).toEqual(lines);
  expect(await bench.run(["verify", "job-1", "--json"], { environment })).toMatchObject({ code: 0 });
  expect(await bench.run(["exec", file])).toMatchObject({
    code: 2,
    err: expect.stringContaining("postgres.url cannot be read: the variable EVIDENCE_URL is not set"),
  });
}, 60_000);
