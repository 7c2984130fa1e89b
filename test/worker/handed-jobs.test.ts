import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifyLines } from "#evidence";
import type { EvidenceRecord, EvidenceStore } from "#evidence";
import { listWorkers } from "../../src/main/worker/list-workers.ts";
import { until } from "../effects/support/until.ts";
import { linesOf } from "../evidence/support/logs.ts";
import { SharedStores } from "../evidence/support/shared-stores.ts";
import type { DatabaseServer } from "../support/database-process.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { ended, handOver, jobWith, recordsOf, recordsOnce } from "./support/handed-jobs.ts";
import { startWorker } from "./support/worker-process.ts";
import type { WorkerProcess } from "./support/worker-process.ts";

const LEASE_SECONDS = 1;
/** All test steps that the jobs below are made of but `noop`. */
const MOST = ["append", "await_file", "big_output"];

const resources = new AsyncDisposableStack();
let database: DatabaseServer;
let directory: string;
let stores: SharedStores;
let store: EvidenceStore;

beforeAll(async () => {
  database = resources.use(await startPostgres({ syncs: true }));
  directory = resources.use(await scratchDirectory()).path;
  stores = resources.use(new SharedStores(database.url));
  store = stores.open();
}, 60_000);

afterAll(async () => {
  await resources.disposeAsync();
}, 60_000);

async function worker(name: string, capabilities: readonly string[] = MOST): Promise<WorkerProcess> {
  const place = { url: database.url, schema: stores.schema, state: join(directory, name) };
  return resources.use(await startWorker({ ...place, name, capabilities, leaseSeconds: LEASE_SECONDS }));
}

/** The configuration of somebody who only looks. */
async function configuration(): Promise<string> {
  const path = join(directory, "looks.yaml");
  await writeFile(join(directory, "url"), database.url, { mode: 0o600 });
  const postgres = { url: { file: "url" }, schema: stores.schema };
  await writeFile(path, JSON.stringify({ store: "postgres", postgres, workers: {} }));
  return path;
}

const inDirectory = (name: string): string => join(directory, name);

/** What was done outside, in its order. */
function effects(jobId: string): readonly string[] {
  const path = inDirectory(`effects-${jobId}`);
  return existsSync(path) ? readFileSync(path, "utf8").trim().split(/\s+/) : [];
}

/** Does one thing, waits for its gate to be opened, and would do another thing. */
function gatedJob(jobId: string) {
  const effect = { file: inDirectory(`effects-${jobId}`) };
  return jobWith(jobId, [
    ["append", effect],
    ["await_file", { file: inDirectory(`gate-${jobId}`) }],
    ["append", effect],
  ]);
}

const openGate = (jobId: string): void => writeFileSync(inDirectory(`gate-${jobId}`), "");

async function requireSound(runId: string): Promise<void> {
  expect(await verifyLines(await linesOf(store, runId))).toMatchObject({ ok: true, complete: true });
}

function told(records: readonly EvidenceRecord[], type: EvidenceRecord["event_type"]): readonly unknown[] {
  return records.filter((record) => record.event_type === type).map(({ actor, data }) => ({ actor, ...data }));
}

/** Waits until a gated job stands at its gate, and says who performs it. */
async function performerOf(jobId: string): Promise<string> {
  const records = await recordsOnce(store, jobId, (seen) =>
    seen.some(({ event_type: type, step_index: index }) => type === "step.started" && index === 1),
  );
  return records.find(({ event_type: type }) => type === "run.claimed")?.actor ?? "nobody";
}

describe("jobs that were handed over to workers", () => {
  let one: WorkerProcess;
  let two: WorkerProcess;

  test("a worker performs what it finds in the store, says who it is and under which epoch, and the log verifies", async () => {
    const steps = [
      ["append", { file: inDirectory("effects-done") }],
      ["big_output", { characters: 20_000 }],
    ] as const;
    await handOver(store, jobWith("done", steps));
    one = await worker("one");
    const records = await ended(store, "done");
    expect(records.map(({ event_type: type }) => type).join(" ")).toBe(
      "run.created job.started run.claimed step.started step.succeeded step.started step.succeeded job.succeeded run.completed",
    );
    expect(told(records, "run.claimed")).toEqual([{ actor: "one", worker: "one", epoch: "2" }]);
    expect(records[6]?.output).toMatchObject({ size: 20_002 }); // spilled, as by a server
    expect(effects("done")).toEqual(["done/0"]);
    await requireSound("done");
    expect(existsSync(inDirectory("one/keys"))).toBe(false); // it makes no key
  }, 60_000);

  test("P2 a worker that is stopped beyond its lease performs no further step, and the log names both epochs", async () => {
    await handOver(store, gatedJob("paused"));
    expect(await performerOf("paused")).toBe("one");
    one.signal("SIGSTOP");
    two = await worker("two");
    const records = await ended(store, "paused");
    openGate("paused");
    one.signal("SIGCONT");
    await until("the first worker knows", () => one.log().includes("run.fenced"));
    expect(await recordsOf(store, "paused")).toEqual(records);
    expect(told(records, "run.claimed")).toEqual([{ actor: "one", worker: "one", epoch: "2" }]);
    expect(told(records, "log.recovered")).toEqual([{ actor: "two", worker: "two", epoch: "3" }]);
    expect(records.find(({ event_type: type }) => type === "step.in_doubt")).toMatchObject({ step_index: 1 });
    expect(effects("paused")).toEqual(["paused/0"]);
    await requireSound("paused");
  }, 60_000);

  test("P2 what a killed worker was in is in doubt, what it had completed stays, and another one says so", async () => {
    await handOver(store, gatedJob("killed"));
    const [victim, other] = (await performerOf("killed")) === "one" ? [one, two] : [two, one];
    await victim.end("SIGKILL");
    const records = await ended(store, "killed");
    openGate("killed");
    expect(records.filter(({ event_type: type }) => type === "step.succeeded")).toHaveLength(1);
    expect(records.find(({ event_type: type }) => type === "step.in_doubt")).toMatchObject({ step_index: 1 });
    expect(told(records, "log.recovered")).toMatchObject([{ actor: other.name, epoch: "3" }]);
    expect(effects("killed")).toEqual(["killed/0"]);
    await requireSound("killed");
    one = other;
  }, 60_000);

  test("somebody's wish to stop ends a job that a worker performs", async () => {
    await handOver(store, gatedJob("unwanted"));
    await performerOf("unwanted");
    await store.askToStop("unwanted", { cancelledBy: "ada", reason: "not wanted any more" });
    const records = await ended(store, "unwanted");
    expect(records.at(-2)).toMatchObject({ event_type: "job.failed", status: "CANCELLED" });
    expect(records.at(-2)?.reason).toContain("cancelled by ada: not wanted any more");
    expect(effects("unwanted")).toHaveLength(1);
    await requireSound("unwanted");
  }, 60_000);

  test("a job waits, visibly, for a worker that serves what it needs, and no other takes it", async () => {
    await handOver(store, jobWith("special", [["noop", {}]]));
    await handOver(store, jobWith("usual", [["append", { file: inDirectory("effects-usual") }]]));
    await ended(store, "usual"); // the worker has looked
    const flags = { config: await configuration() };
    // What it says of itself is as old as its last sign of life.
    await expect
      .poll(async () => await listWorkers(flags), { timeout: 20_000 })
      .toMatchObject({
        workers: [{ name: one.name, serves: MOST, concurrency: 10, busy: 0 }],
        waiting: [{ runId: "special", needs: ["noop"], missing: ["noop"] }],
      });
    const special = await worker("special", ["noop"]);
    expect(told(await ended(store, "special"), "run.claimed")).toMatchObject([{ actor: "special" }]);
    const names = (await listWorkers(flags)).workers.map(({ name }) => name);
    expect(names.toSorted()).toEqual([one.name, "special"].toSorted());
    expect(await special.end("SIGTERM")).toBe(0);
    expect((await listWorkers(flags)).workers).toHaveLength(1); // it has left, and need not be waited for
  }, 60_000);

  test("a worker that is told to stop takes no more, lets its job end, and leaves the rest handed over", async () => {
    await handOver(store, gatedJob("last"));
    await performerOf("last");
    const ending = one.end("SIGTERM");
    await until("it drains", () => one.log().includes("worker.draining"));
    await handOver(store, jobWith("left", [["append", { file: inDirectory("effects-left") }]]));
    openGate("last");
    expect(await ending).toBe(0);
    expect((await recordsOf(store, "last")).at(-1)).toMatchObject({ status: "succeeded" });
    expect(effects("last")).toEqual(["last/0", "last/2"]);
    expect(await store.waiting()).toMatchObject([{ runId: "left", needs: ["append"] }]);
    expect(effects("left")).toEqual([]);
  }, 60_000);
});
