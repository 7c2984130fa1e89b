import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { DatabaseServer } from "../support/database-process.ts";
import { SchemaOwner } from "../support/evidence-schema.ts";
import { startPostgres, startStandby } from "../support/postgres-server.ts";
import { behind, portOf, startSwitchedProxy } from "../support/switched-proxy.ts";
import type { SwitchedProxy } from "../support/switched-proxy.ts";
import { created, note } from "./support/drafts.ts";
import { linesOf } from "./support/logs.ts";
import { SharedStores } from "./support/shared-stores.ts";

const STANDBY = "second";
/** Of an answer that must not come before the standby has what it tells. */
const SILENT_MS = 400;

let primary: DatabaseServer;
let standby: DatabaseServer;
/** What the standby reaches the primary by. */
let link: SwitchedProxy;

beforeAll(async () => {
  primary = await startPostgres({ syncs: true, settings: [`synchronous_standby_names=${STANDBY}`] });
  link = await startSwitchedProxy(portOf(primary.url));
  const settings = ["wal_retrieve_retry_interval=50", "synchronous_standby_names="];
  standby = await startStandby({ url: behind(primary.url, link), name: STANDBY }, { syncs: true, settings });
}, 120_000);

afterAll(async () => {
  for (const one of [standby, link, primary]) await one[Symbol.asyncDispose]();
});

beforeEach(() => link.switchTo(portOf(primary.url)));

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 30_000; !(await isSo()); await pause(10))
    if (performance.now() > endMs) throw new Error("not in its time");
}

/** Processes of the primary that wait for the standby. */
async function waiting(owner: SchemaOwner): Promise<readonly number[]> {
  const rows = await owner.ask<{ pid: number }>("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
  return rows.map(({ pid }) => pid);
}

/** Whether it has ended within a while. */
async function hasEnded(promise: Promise<unknown>): Promise<boolean> {
  return await Promise.race([promise.then(() => true), pause(SILENT_MS, false)]);
}

test.each([
  ["append", "records", async (store: ReturnType<SharedStores["open"]>) => await store.append("run-1", 1, [note(1)])],
  ["payload", "blobs", async (store: ReturnType<SharedStores["open"]>) => await store.putBlob(Buffer.from("payload"))],
] as const)(
  "P1 an %s is told when the standby has it, although somebody breaks off the wait",
  async (_what, table, write) => {
    await using stores = new SharedStores(primary.url);
    await using owner = new SchemaOwner(primary.url, stores.schema);
    await using reader = new SchemaOwner(standby.url, stores.schema);
    const count = async (of: SchemaOwner): Promise<string | undefined> =>
      (await of.ask<{ n: string }>(`SELECT count(*) AS n FROM $.${table}`))[0]?.n;
    const store = stores.open();
    await store.append("run-1", 0, [created("run-1")]);
    const before = await count(owner);
    link.switchTo(undefined);
    const written = write(store);
    await until(async () => (await waiting(owner)).length > 0);
    for (const pid of await waiting(owner)) await owner.ask("SELECT pg_cancel_backend($1)", [pid]);
    await until(async () => (await count(owner)) !== before); // PostgreSQL has answered, and shows it
    expect(await hasEnded(written)).toBe(false);
    expect(await count(reader)).toBe(before);
    link.switchTo(portOf(primary.url));
    await written;
    await until(async () => (await count(reader)) === (await count(owner))); // it is on the standby's disk, and shown a moment later
  },
  60_000,
);

test("P1 what only the disk of a killed primary has is told to nobody before a standby has it", async () => {
  await using stores = new SharedStores(primary.url);
  await using owner = new SchemaOwner(primary.url, stores.schema);
  const writer = stores.open();
  await writer.append("run-1", 0, [created("run-1")]);
  link.switchTo(undefined);
  const told = writer.append("run-1", 1, [note(1)]);
  await until(async () => (await waiting(owner)).length > 0);
  await primary.kill();
  await primary.start();
  expect(await owner.ask("SELECT seq FROM $.records ORDER BY seq")).toEqual([{ seq: 0 }, { seq: 1 }]);
  const reader = stores.open({ silentAfterMs: SILENT_MS });
  await expect(linesOf(reader, "run-1")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect(await hasEnded(told)).toBe(false);
  link.switchTo(portOf(primary.url));
  await told;
  await until(
    async () =>
      await linesOf(reader, "run-1").then(
        (lines) => lines.length === 2,
        () => false,
      ),
  );
}, 60_000);

test("those who wait for a standby that stays away do not use up the server's connections", async () => {
  await using stores = new SharedStores(primary.url);
  await using owner = new SchemaOwner(primary.url, stores.schema);
  await stores.open().append("run-1", 0, [created("run-1")]);
  link.switchTo(undefined);
  const readers = Array.from({ length: 3 }, () => stores.open({ silentAfterMs: 100 }));
  for (let time = 0; time < 5; time += 1)
    for (const reader of readers)
      await expect(reader.head("run-1")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  const [row] = await owner.ask<{ n: number }>(
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'verbatim' AND query LIKE '%verbatim%'",
  );
  expect(row?.n).toBeLessThan(8);
  link.switchTo(portOf(primary.url));
}, 60_000);

test("a server that is a standby is not read from, and takes records as soon as the address leads to the primary", async () => {
  await using stores = new SharedStores(primary.url);
  await using address = await startSwitchedProxy(portOf(primary.url));
  const store = stores.open({ url: behind(primary.url, address) });
  await store.append("run-1", 0, [created("run-1")]);
  address.switchTo(portOf(standby.url));
  await expect(store.read("run-1", -1, 10)).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
    message: expect.stringContaining("is a standby"),
  });
  const told = store.append("run-1", 1, [note(1)]);
  expect(await hasEnded(told)).toBe(false);
  address.switchTo(portOf(primary.url));
  await told;
  expect(await linesOf(store, "run-1")).toHaveLength(2);
}, 60_000);
