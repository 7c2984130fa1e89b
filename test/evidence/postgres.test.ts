import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyLines } from "#evidence";
import type { EvidenceStore } from "#evidence";
import { startCuttingProxy } from "../support/cutting-proxy.ts";
import type { DatabaseServer } from "../support/database-process.ts";
import { SchemaOwner } from "../support/evidence-schema.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { completed, created, note, notes } from "./support/drafts.ts";
import { drained, linesOf, seqs, upTo } from "./support/logs.ts";
import { SharedStores } from "./support/shared-stores.ts";

let server: DatabaseServer;

beforeAll(async () => {
  server = await startPostgres({ syncs: true });
}, 60_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const NEVER_MS = 3_600_000;
const FORMS = [{ form: 1 }, { form: 2 }, { form: 3 }, { form: 4 }];
/** Each index of the tables that appends use was made by reading its table, and each table was analysed. */
const NOT_BY_APPENDS = 8 + 3;

async function ready(store: EvidenceStore): Promise<void> {
  await store.openRuns();
}

test.each(["store", "runs", "records", "blobs", "claims"])(
  "P1 nobody changes, deletes or truncates the rows of %s, though they own the table",
  async (table) => {
    await using stores = new SharedStores(server.url);
    const store = stores.open();
    await store.append("run-1", 0, [created("run-1"), note(1)]);
    await store.putBlob(Buffer.from("a payload"));
    await using owner = new SchemaOwner(server.url, stores.schema);
    const changes = { store: "id = id", runs: "run_id = 'x'", records: "line = 'x'", blobs: "bytes = 'x'" };
    const update = table === "claims" ? "epoch = epoch - 1, run_no = 9" : Reflect.get(changes, table);
    for (const change of [`UPDATE $.${table} SET ${update}`, `DELETE FROM $.${table}`, `TRUNCATE $.${table} CASCADE`]) {
      await expect(owner.ask(change)).rejects.toThrow(/is denied|only rises/);
      await expect(owner.ask(`SET session_replication_role = replica; ${change}`)).rejects.toThrow(/denied|only rises/);
    }
    expect(await linesOf(store, "run-1")).toHaveLength(2);
  },
);

test("a store whose triggers were dropped or disabled is refused, and each of them is named", async () => {
  await using stores = new SharedStores(server.url);
  await ready(stores.open());
  await using owner = new SchemaOwner(server.url, stores.schema);
  await owner.ask("DROP TRIGGER deny_change ON $.records; ALTER TABLE $.blobs DISABLE TRIGGER deny_change");
  await expect(ready(stores.open())).rejects.toMatchObject({
    code: "INVALID_CONFIGURATION",
    violations: [{ field: "records.deny_change" }, { field: "blobs.deny_change" }],
  });
});

test("a schema of a newer form is refused, and many who come at once make the tables once", async () => {
  await using stores = new SharedStores(server.url);
  await Promise.all(upTo(4).map(async () => ready(stores.open())));
  await using owner = new SchemaOwner(server.url, stores.schema);
  expect(await owner.ask("SELECT form FROM $.forms ORDER BY form")).toEqual(FORMS);
  await owner.ask("INSERT INTO $.forms (form) VALUES (5)");
  await expect(ready(stores.open())).rejects.toMatchObject({
    code: "INVALID_CONFIGURATION",
    message: expect.stringContaining("has form 5; this version knows up to 4"),
  });
});

test("a schema of an older form is brought to the newest, and the append function of that time is replaced", async () => {
  await using stores = new SharedStores(server.url);
  const before = stores.open();
  await before.append("run-1", 0, [created("run-1")]);
  await before.close();
  await using owner = new SchemaOwner(server.url, stores.schema);
  const [made] = await owner.ask<{ text: string }>("SELECT pg_get_functiondef('$.append'::regproc) AS text");
  await owner.ask(`DELETE FROM $.forms WHERE form = 4; ${made?.text.replace("BEGIN", "BEGIN RAISE EXCEPTION 'old';")}`);
  const store = stores.open();
  await store.append("run-2", 0, [created("run-2"), note(1)]);
  expect(await owner.ask("SELECT form FROM $.forms ORDER BY form")).toEqual(FORMS);
  expect(await linesOf(store, "run-1")).toHaveLength(1);
});

test("no append reads a table as a whole, however small the server took it for", async () => {
  await using stores = new SharedStores(server.url);
  const store = stores.open({ pollMs: NEVER_MS });
  await store.append("run-1", 0, [created("run-1")]);
  await using owner = new SchemaOwner(server.url, stores.schema);
  await owner.ask("ANALYZE $.runs, $.claims, $.records"); // then a look at each row is cheaper than an index
  for (let at = 1; at < 10; at += 1) await store.append("run-1", at, [note(at)]);
  await store.close();
  const text = `SELECT sum(seq_scan)::int AS whole, sum(n_tup_ins)::int AS rows FROM pg_stat_user_tables
    WHERE schemaname = '${stores.schema}' AND relname IN ('runs', 'claims', 'records')`;
  await expect
    .poll(async () => await owner.ask(text), { timeout: 10_000 })
    .toEqual([{ whole: NOT_BY_APPENDS, rows: 12 }]);
}, 20_000);

test("a state directory that has used one store is refused another one", async () => {
  await using stores = new SharedStores(server.url);
  const directory = stores.directory();
  const store = stores.open({ directory });
  await ready(store);
  await store.close();
  const other = stores.open({ directory, schema: "another" });
  await expect(ready(other)).rejects.toMatchObject({ code: "INVALID_CONFIGURATION" });
});

test("a server that does not sync what it commits is refused with every problem, and appends stop when it begins to", async () => {
  await using stores = new SharedStores(server.url);
  const store = stores.open();
  await store.append("run-1", 0, [created("run-1")]);
  await using owner = new SchemaOwner(server.url, stores.schema);
  const settings = ["fsync", "full_page_writes", "synchronous_commit"];
  const seen = async (value: string): Promise<void> => {
    for (const end = performance.now() + 10_000; performance.now() < end; await pause(10)) {
      const [row] = await owner.ask<{ fsync: string }>("SELECT current_setting('fsync') AS fsync");
      if (row?.fsync === value) return;
    }
  };
  try {
    for (const name of settings) await owner.ask(`ALTER SYSTEM SET ${name} = off`);
    await owner.ask("SELECT pg_reload_conf()");
    await seen("off");
    await expect(ready(stores.open())).rejects.toMatchObject({
      code: "INVALID_CONFIGURATION",
      violations: settings.map((field) => ({ field, description: expect.stringContaining("is off; expected on") })),
    });
    await expect(store.append("run-1", 1, [note(1)])).rejects.toMatchObject({ code: "STORE_HALTED" });
    expect(store.halted).toContain("does not sync");
  } finally {
    for (const name of settings) await owner.ask(`ALTER SYSTEM RESET ${name}`);
    await owner.ask("SELECT pg_reload_conf()");
    await seen("on");
  }
});

test("a commit is synced although the session was told otherwise in the meantime", async () => {
  await using stores = new SharedStores(server.url);
  await ready(stores.open());
  await using owner = new SchemaOwner(server.url, stores.schema);
  await owner.ask("SET synchronous_commit = off");
  await owner.ask("BEGIN");
  await owner.ask("SELECT * FROM $.append('o', 's', 1000, '{}', '{}', '{}', '{}', '{}', '{}', '', '{}', '{}')");
  expect(await owner.ask("SHOW synchronous_commit")).toEqual([{ synchronous_commit: "on" }]);
  await owner.ask("ROLLBACK");
});

test("no message holds the password of the address", async () => {
  await using stores = new SharedStores(server.url);
  const wrong = server.url.replace("//verbatim@", "//verbatim:a-password@").replace(/:\d+\//, ":1/");
  const store = stores.open({ url: wrong, patienceMs: 10 });
  const told = await ready(store).catch((error: unknown) => error);
  expect(told).toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect(`${String(told)} ${JSON.stringify(told)}`).not.toContain("a-password");
});

test("a tail sees what another process appends as soon as it is told, and ends with the run", async () => {
  await using stores = new SharedStores(server.url);
  const [writer, reader] = [stores.open(), stores.open({ pollMs: NEVER_MS })];
  await writer.append("run-1", 0, [created("run-1")]);
  const reading = drained(reader.tail("run-1", -1));
  await pause(300); // it listens by then: what was written before that is found without being told
  for (let at = 1; at < 30; at += 1) await writer.append("run-1", at, [note(at)]);
  await writer.append("run-1", 30, [completed()]);
  expect(seqs(await reading)).toEqual(upTo(31));
}, 20_000);

test("a tail whose notifications are lost finds the records when it looks again", async () => {
  await using stores = new SharedStores(server.url);
  const [writer, reader] = [stores.open(), stores.open({ pollMs: 100 })];
  await writer.append("run-1", 0, [created("run-1")]);
  const reading = drained(reader.tail("run-1", -1));
  await using owner = new SchemaOwner(server.url, stores.schema);
  await pause(200);
  await owner.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'");
  await writer.append("run-1", 1, [note(1), completed()]);
  expect(seqs(await reading)).toEqual([0, 1, 2]);
}, 20_000);

test("P2 an append whose answer is lost is there once, and the log goes on behind it", async () => {
  await using stores = new SharedStores(server.url);
  const serverPort = Number(new URL(server.url).port);
  await using proxy = await startCuttingProxy(serverPort);
  const store = stores.open({ url: server.url.replace(String(serverPort), String(proxy.port)) });
  const told = [];
  for (const at of upTo(8)) {
    if (at % 2 === 0) proxy.loseAnswerTo(`"number":${at}`);
    if (at === 0) proxy.loseAnswerTo("run.created");
    told.push(...(await store.append("run-1", at, [at === 0 ? created("run-1") : note(at)])));
  }
  expect(proxy.lost).toBe(4);
  expect(await linesOf(store, "run-1")).toEqual(told.map(({ line }) => line));
  expect(await verifyLines(await linesOf(store, "run-1"), { laws: false })).toMatchObject({ ok: true, records: 8 });
  expect(store.halted).toBeUndefined();
});

test("P2 a server that is killed or stopped in the middle of appends loses nothing that was told and doubles nothing", async () => {
  await using stores = new SharedStores(server.url);
  const store = stores.open({ silentAfterMs: 500, leaseMs: 400 });
  const told = new Map<string, string[]>();
  let going = true;
  const write = async (runId: string): Promise<void> => {
    const lines: string[] = [];
    told.set(runId, lines);
    for (let at = 0; going; at += 1)
      lines.push(...(await store.append(runId, at, [at === 0 ? created(runId) : note(at)])).map(({ line }) => line));
  };
  const writing = ["a", "b", "c"].map(write);
  const sizes = (): number => [...told.values()].reduce((sum, lines) => sum + lines.length, 0);
  const grows = async (by: number): Promise<void> => {
    const from = sizes();
    for (const end = performance.now() + 20_000; sizes() < from + by && performance.now() < end;) await pause(5);
    expect(sizes()).toBeGreaterThanOrEqual(from + by);
  };
  await grows(30);
  for (let kill = 0; kill < 2; kill += 1) {
    await server.kill();
    await server.start();
    await grows(30);
  }
  await server.signal("SIGSTOP");
  await pause(1200); // longer than a statement may take, and than the lease lasts
  await server.signal("SIGCONT");
  await grows(30);
  going = false;
  await Promise.all(writing);
  for (const [runId, lines] of told) {
    expect(await linesOf(store, runId)).toEqual(lines);
    expect(await verifyLines(lines, { laws: false })).toMatchObject({ ok: true, records: lines.length });
  }
}, 60_000);

test("P2 a run that another process holds is refused alone, beside others of the same commit", async () => {
  await using stores = new SharedStores(server.url);
  const [first, second] = [stores.open(), stores.open()];
  await first.append("held", 0, [created("held")]);
  const taken = randomUUID();
  const [refused, accepted, claimed] = await Promise.allSettled([
    second.append("held", 1, [note(1)]),
    second.append("mine", 0, [created("mine"), ...notes(1, 3)]),
    second.append("held", 0, [created(taken)]),
  ]);
  expect(refused).toMatchObject({ reason: { code: "RUN_FENCED" } });
  expect(claimed).toMatchObject({ reason: { code: "SEQUENCE_CONFLICT" } });
  expect(accepted.status).toBe("fulfilled");
  expect(second.halted).toBeUndefined();
  expect(await linesOf(first, "held")).toHaveLength(1);
});

test("a store that was closed lets others take its runs over at once", async () => {
  await using stores = new SharedStores(server.url);
  const directory = stores.directory();
  const [first, second] = [stores.open({ directory }), stores.open()];
  await first.append("run-1", 0, [created("run-1")]);
  expect(await second.takeOver()).toEqual([]);
  await first.close();
  expect(await second.takeOver()).toMatchObject([{ runId: "run-1", size: 1 }]);
  await second.append("run-1", 1, [completed()]);
  expect(await second.takeOver()).toEqual([]);
});
