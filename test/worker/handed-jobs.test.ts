import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifyLines } from "#evidence";
import { until } from "../effects/support/until.ts";
import { linesOf } from "../evidence/support/logs.ts";
import { SharedStores } from "../evidence/support/shared-stores.ts";
import type { DatabaseServer } from "../support/database-process.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import type { ScratchDirectory } from "../support/scratch-directory.ts";
import { ended, handOver, jobWith, recordsOf } from "./support/handed-jobs.ts";
import { startWorker } from "./support/worker-process.ts";
import type { WorkerProcess, WorkerSettings } from "./support/worker-process.ts";

const LEASE_SECONDS = 1;

let database: DatabaseServer;
let directory: ScratchDirectory;

beforeAll(async () => {
  database = await startPostgres({ syncs: true });
  directory = await scratchDirectory();
}, 60_000);

afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

async function worker(
  { schema }: SharedStores,
  name: string,
  settings: Partial<WorkerSettings> = {},
): Promise<WorkerProcess> {
  const state = join(directory.path, `${schema}-${name}`);
  return await startWorker({ url: database.url, schema, state, name, leaseSeconds: LEASE_SECONDS, ...settings });
}

function effects(name: string): readonly string[] {
  const path = join(directory.path, name);
  return existsSync(path) ? readFileSync(path, "utf8").trim().split(/\s+/) : [];
}

const file = (name: string): string => join(directory.path, name);

describe("a job that was handed over", () => {
  test("is performed by a worker, whose log names it and its epoch, and verifies", async () => {
    await using stores = new SharedStores(database.url);
    const store = stores.open();
    const job = jobWith("done", [
      ["append", { file: file("done") }],
      ["big_output", { characters: 20_000 }],
    ]);
    await handOver(store, job);
    await using one = await worker(stores, "one");
    const records = await ended(store, "done");
    expect(records.map(({ event_type: type }) => type)).toEqual([
      "run.created",
      "job.started",
      "run.claimed",
      "step.started",
      "step.succeeded",
      "step.started",
      "step.succeeded",
      "job.succeeded",
      "run.completed",
    ]);
    expect(records[2]).toMatchObject({ actor: "one", data: { worker: "one", epoch: "2" } });
    expect(effects("done")).toEqual(["done/0"]);
    expect(await verifyLines(await linesOf(store, "done"))).toMatchObject({ ok: true, complete: true });
    expect(await one.end("SIGTERM")).toBe(0);
    expect(existsSync(join(directory.path, `${stores.schema}-one`, "keys"))).toBe(false); // a worker makes no key
  });
});
