import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RunStatus } from "../../src/api/gen/verbatim/orchestration/v1/run_pb.ts";
import { verifyLines } from "#evidence";
import { linesOf, wholeLog } from "../evidence/support/logs.ts";
import { SharedStores } from "../evidence/support/shared-stores.ts";
import type { DatabaseServer } from "../support/database-process.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startServer } from "../support/server-process.ts";
import { startWorker } from "../worker/support/worker-process.ts";

let database: DatabaseServer;

beforeAll(async () => {
  database = await startPostgres({ syncs: true });
}, 60_000);

afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

const LEASE_SECONDS = 1;
const LOOK_AGAIN_MS = 25;

/** What steps have done, counted outside of everything that is killed. */
function effectsIn(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  } catch {
    return [];
  }
}

async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (const endMs = performance.now() + 30_000; ; await pause(LOOK_AGAIN_MS)) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > endMs) throw new Error("it was not seen within 30 s");
  }
}

/** Two jobs of three steps each: the second step of the first one waits for a file. */
function plan(effects: string, gate: string): string {
  const effect = { step_type: "append", target: "t", parameters: { file: effects } };
  const wait = { step_type: "await_file", target: "t", parameters: { file: gate } };
  return JSON.stringify({
    name: "handed",
    jobs: { one: { steps: [effect, wait, effect] }, two: { needs: ["one"], steps: [effect] } },
  });
}

test("P2 a server that is killed while workers perform its plan is followed by another one, and no step runs twice", async () => {
  await using scratch = await scratchDirectory();
  const [effects, gate] = [join(scratch.path, "effects"), join(scratch.path, "gate")];
  const schema = "handed_plans";
  const configuration = {
    store: "postgres",
    postgres: { url: { environment: "EVIDENCE_URL" }, schema, lease_seconds: LEASE_SECONDS },
    workers: {},
  };
  const environment = { EVIDENCE_URL: database.url };
  const serve = async (name: string) =>
    await startServer({ state: join(scratch.path, name), configuration, environment });
  await using worker = await startWorker({
    url: database.url,
    schema,
    state: join(scratch.path, "worker"),
    name: "worker-1",
    leaseSeconds: LEASE_SECONDS,
  });
  await using first = await serve("first");
  await using second = await serve("second");
  const asked = await first.client();
  await asked.runs.createRun({ plan: { text: plan(effects, gate), name: "handed" }, runId: "run-1", actor: "ada" });
  await until(() => (effectsIn(effects).length === 1 ? true : undefined));
  await first.end("SIGKILL");
  await writeFile(gate, "");
  const client = await second.client();
  await until(async () => {
    const { run } = await client.runs.getRun({ runId: "run-1" });
    return run?.status === RunStatus.SUCCEEDED ? true : undefined;
  });
  expect(effectsIn(effects)).toEqual(["run-1/one/0/0", "run-1/one/0/2", "run-1/two/0/0"]);
  await using stores = new SharedStores(database.url);
  const store = stores.open({ schema });
  const types = (await wholeLog(store, "run-1")).map(({ record }) => record.event_type);
  expect(types.filter((type) => type === "step.started")).toHaveLength(4);
  expect(types).toContain("log.recovered");
  expect(await verifyLines(await linesOf(store, "run-1"), { runId: "run-1" })).toMatchObject({
    problems: [],
    complete: true,
  });
  expect(worker.log()).not.toContain('"level":50');
}, 120_000);
