import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createSqliteStore } from "#evidence";
import type { EvidenceStore } from "#evidence";
import { LineWriter, packAppends, unpackAppends } from "../../src/evidence/evidence-stores/sqlite/line-writer.ts";
import { Writer } from "../../src/evidence/evidence-stores/sqlite/writer.ts";
import { openDatabase } from "../../src/evidence/evidence-stores/sqlite/database.ts";
import { completed, created, failedEnd, note, notes, resumed } from "./support/drafts.ts";
import { eventIds } from "./support/event-ids.ts";
import { linesOf } from "./support/logs.ts";
import { stateDirectory } from "./support/state-directory.ts";

interface OpenedStore extends AsyncDisposable {
  readonly store: EvidenceStore;
  readonly directory: string;
  readonly file: string;
  reopen(): EvidenceStore;
}

function opened(): OpenedStore {
  const state = stateDirectory();
  const reopen = (): EvidenceStore => createSqliteStore(state.path, { newEventId: eventIds() });
  const store = reopen();
  return {
    store,
    directory: state.path,
    file: join(state.path, "evidence.db"),
    reopen,
    async [Symbol.asyncDispose]() {
      await store.close();
      state[Symbol.dispose]();
    },
  };
}

test("a connection of the store writes ahead, syncs every commit, and distrusts the schema", () => {
  using state = stateDirectory();
  const database = openDatabase(join(state.path, "evidence.db"));
  const pragma = (name: string): unknown => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  expect(pragma("journal_mode")).toBe("wal");
  expect(pragma("synchronous")).toBe(2); // FULL
  expect(pragma("trusted_schema")).toBe(0);
  expect(pragma("user_version")).toBe(2);
  expect(pragma("integrity_check")).toBe("ok");
  database.close();
});

test.each([
  ["UPDATE", "records", "UPDATE records SET line = 'forged'"],
  ["DELETE", "records", "DELETE FROM records WHERE seq = 1"],
  ["UPDATE", "runs", "UPDATE runs SET run_id = 'forged'"],
  ["DELETE", "runs", "DELETE FROM runs"],
  ["UPDATE", "ended_runs", "UPDATE ended_runs SET run_no = 99"],
  ["DELETE", "ended_runs", "DELETE FROM ended_runs"],
  ["UPDATE", "reopened_runs", "UPDATE reopened_runs SET run_no = 99"],
  ["DELETE", "reopened_runs", "DELETE FROM reopened_runs"],
])("%s on %s is denied to everybody, also through another connection", async (change, table, sql) => {
  await using bench = opened();
  const { store } = bench;
  await store.append("run-1", 0, [created("run-1"), note(1), failedEnd()]);
  await store.append("run-1", 3, [resumed(), completed()]);
  const before = await linesOf(store, "run-1");
  const other = new DatabaseSync(bench.file);
  expect(() => other.exec(sql)).toThrow(`evidence is append-only: ${change} on ${table} is denied`);
  other.close();
  expect(await linesOf(store, "run-1")).toEqual(before);
});

test.each([
  [
    "a record twice",
    "INSERT OR REPLACE INTO records (id, run_no, seq, line) SELECT id, run_no, seq, 'forged' FROM records",
  ],
  ["a record under its place", "INSERT OR REPLACE INTO records (run_no, seq, line) VALUES (1, 1, 'forged')"],
  ["a run twice", "INSERT OR REPLACE INTO runs (run_no, run_id) VALUES (99, 'run-1')"],
  ["a run under its number", "REPLACE INTO runs (run_no, run_id) VALUES (1, 'run-9')"],
])("to put %s in the place of the first is denied", async (_case, sql) => {
  await using bench = opened();
  const { store } = bench;
  await store.append("run-1", 0, [created("run-1"), note(1)]);
  const before = await linesOf(store, "run-1");
  const other = new DatabaseSync(bench.file);
  expect(() => other.exec(sql)).toThrow(/^evidence is append-only: it is there already, and REPLACE on \w+ is denied$/);
  other.close();
  expect(await linesOf(store, "run-1")).toEqual(before);
});

test("a file of the form before this one opens with all its runs, and is of this form afterwards", async () => {
  await using bench = opened();
  await bench.store.append("ended", 0, [created("ended"), failedEnd()]);
  await bench.store.append("open", 0, [created("open")]);
  await bench.store.close();
  const older = new DatabaseSync(bench.file);
  older.exec("DROP TABLE reopened_runs; PRAGMA user_version = 1");
  older.close();
  const again = bench.reopen();
  expect((await again.openRuns()).map(({ runId }) => runId)).toEqual(["open"]);
  expect(await again.reopenedRuns()).toEqual([]);
  await again.append("ended", 2, [resumed()]);
  expect((await again.openRuns()).map(({ runId }) => runId)).toEqual(["ended", "open"]);
  await again.close();
  const newer = new DatabaseSync(bench.file);
  expect(newer.prepare("PRAGMA user_version").get()).toEqual({ user_version: 2 });
  newer.close();
});

test("a run that was opened again is not taken for ended because of what one of its records quotes", async () => {
  await using bench = opened();
  const { store } = bench;
  await store.append("run-1", 0, [created("run-1"), failedEnd()]);
  await store.append("run-1", 2, [resumed({ data: { event_type: "run.completed" } })]);
  expect(await store.head("run-1")).toMatchObject({ completed: false });
});

test("what opens a run again is told to the writer's thread and comes out as it went in", () => {
  const appends = [
    { runId: "run-1", first: 3, lines: ["a", "b"], ends: true, goesOn: true },
    { runId: "run-2", first: 0, lines: ["c"], ends: false },
  ];
  expect(unpackAppends(packAppends(appends))).toEqual(appends);
});

test("a change of the file behind the triggers is found by who reads it", async () => {
  await using bench = opened();
  await bench.store.append("run-1", 0, [created("run-1"), ...notes(1, 3)]);
  await bench.store.close();
  const other = new DatabaseSync(bench.file);
  other.exec("DROP TRIGGER deny_update_records; UPDATE records SET line = 'no JSON' WHERE seq = 2");
  other.close();
  const again = bench.reopen();
  await expect(again.read("run-1", -1, 10)).rejects.toMatchObject({
    code: "EVIDENCE_BROKEN",
    message: "Record 2 of run run-1 is no JSON object: it was changed where it is kept.",
  });
  await again.close();
});

test("a dropped trigger is there again after the next start", async () => {
  await using bench = opened();
  await bench.store.append("run-1", 0, [created("run-1")]);
  await bench.store.close();
  const other = new DatabaseSync(bench.file);
  other.exec("DROP TRIGGER deny_delete_records");
  other.close();
  await bench.reopen().close();
  const third = new DatabaseSync(bench.file);
  expect(() => third.exec("DELETE FROM records")).toThrow("append-only");
  third.close();
});

test("all files of the store belong to their owner alone", async () => {
  await using bench = opened();
  await bench.store.append("run-1", 0, [created("run-1")]);
  await bench.store.putBlob(Buffer.from("a payload"));
  for (const name of ["evidence.db", "evidence.db-wal", "evidence.db-shm", "owner.lock", "owner.pid"])
    expect({ name, mode: statSync(join(bench.directory, name)).mode & 0o777 }).toEqual({ name, mode: 0o600 });
  expect(statSync(join(bench.directory, "blobs")).mode & 0o777).toBe(0o700);
});

test("a state directory that is made by the store belongs to its owner alone", async () => {
  using state = stateDirectory();
  const store = createSqliteStore(join(state.path, "deep", "state"), { newEventId: eventIds() });
  expect(statSync(join(state.path, "deep", "state")).mode & 0o777).toBe(0o700);
  await store.close();
});

test("a file of a newer form is refused, left as it was, and the directory is free again", async () => {
  await using bench = opened();
  await bench.store.append("run-1", 0, [created("run-1")]);
  await bench.store.close();
  const raise = (form: number): void => {
    const other = new DatabaseSync(bench.file);
    other.exec(`PRAGMA user_version = ${form}`);
    other.close();
  };
  raise(3);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    expect(() => bench.reopen()).toThrow(
      expect.objectContaining({
        code: "INVALID_CONFIGURATION",
        message: `${bench.file} has form 3; this version knows up to 2: use the newer Verbatim that wrote it.`,
      }) as Error,
    );
  }
  raise(2);
  const again = bench.reopen();
  expect(await again.head("run-1")).toMatchObject({ size: 1 });
  await again.close();
});

test.each([
  ["no database", "garbage ".repeat(1000)],
  ["half a database", "SQLite format 3\0 and then nothing of the kind"],
])("a file that is %s is refused and the directory is free again", (_case, bytes) => {
  using state = stateDirectory();
  writeFileSync(join(state.path, "evidence.db"), bytes);
  for (let attempt = 0; attempt < 2; attempt += 1)
    expect(() => createSqliteStore(state.path, { newEventId: eventIds() })).toThrow("not a database");
});

test("the writer inserts all of a commit or none of it, and goes on afterwards", () => {
  using state = stateDirectory();
  const database = openDatabase(join(state.path, "evidence.db"));
  const writer = new LineWriter(database);
  const lines = (): unknown[] =>
    database
      .prepare("SELECT line FROM records ORDER BY id")
      .all()
      .map((row) => row["line"]);
  writer.write([{ runId: "run-1", first: 0, lines: ["a", "b"], ends: false }]);
  const good = { runId: "run-2", first: 0, lines: ["x"], ends: false };
  expect(() => writer.write([good, { runId: "run-1", first: 1, lines: ["again"], ends: false }])).toThrow(
    "it is there already",
  );
  expect(() => writer.write([good, { runId: "no-such-run", first: 5, lines: ["y"], ends: false }])).toThrow(
    "there is no run no-such-run",
  );
  expect(() => writer.write([good, { ...good }])).toThrow("it is there already");
  expect(lines()).toEqual(["a", "b"]);
  expect(database.isTransaction).toBe(false);
  writer.write([good, { runId: "run-1", first: 2, lines: ["c"], ends: true }]);
  expect(lines()).toEqual(["a", "b", "x", "c"]);
  expect(database.prepare("SELECT count(*) AS ended FROM ended_runs").get()?.["ended"]).toBe(1);
  database.close();
});

test("a writer that finds no room leaves nothing of the commit behind and no transaction open", () => {
  using state = stateDirectory();
  const database = openDatabase(join(state.path, "evidence.db"));
  const writer = new LineWriter(database);
  writer.write([{ runId: "run-1", first: 0, lines: ["a"], ends: false }]);
  database.exec("PRAGMA max_page_count = 20");
  const much = Array.from({ length: 100 }, () => "x".repeat(4000));
  for (let attempt = 0; attempt < 2; attempt += 1) {
    expect(() => writer.write([{ runId: "run-1", first: 1, lines: much, ends: false }])).toThrow("full");
    expect(database.isTransaction).toBe(false);
  }
  expect(database.prepare("SELECT count(*) AS records FROM records").get()?.["records"]).toBe(1);
  writer.write([{ runId: "run-1", first: 1, lines: ["b"], ends: false }]);
  database.close();
});

test("a reader on another connection sees whole commits only, while the store writes", async () => {
  await using bench = opened();
  const other = new DatabaseSync(bench.file, { readOnly: true });
  const count = other.prepare("SELECT count(*) AS records FROM records");
  const seen = new Set<unknown>();
  for (let at = 0; at < 300; at += 10) {
    const appending = bench.store.append("run-1", at, at === 0 ? [created("run-1"), ...notes(1, 9)] : notes(at, 10));
    seen.add(count.get()?.["records"]);
    await appending;
    seen.add(count.get()?.["records"]);
  }
  other.close();
  for (const records of seen) expect(Number(records) % 10).toBe(0);
  expect(seen.size).toBeGreaterThan(20);
});

test("appends cross to the writer's thread and back unchanged, whatever their lines hold", () => {
  const line = fc.string({ unit: "binary" }).map((text) => JSON.stringify(text));
  const append = fc.record({
    runId: fc.string({ minLength: 1 }),
    first: fc.nat(),
    lines: fc.array(line, { minLength: 1, maxLength: 5 }),
    ends: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(append, { maxLength: 5 }), (appends) => {
      expect(unpackAppends(packAppends(appends))).toEqual(appends);
      expect(packAppends(appends)).not.toBe("close");
    }),
  );
});

test("a writer whose file cannot be opened fails its writes, closes, and hangs nobody", async () => {
  using state = stateDirectory();
  const writer = new Writer(join(state.path, "no", "such", "directory", "evidence.db"));
  const append = { runId: "run-1", first: 0, lines: ["a"], ends: false };
  await expect(writer.write([append])).rejects.toThrow("the writer's thread");
  await expect(writer.write([append])).rejects.toThrow("the writer's thread");
  await writer.close();
  await writer.close();
});

test("a writer closes what it opened, also if it was told at once", async () => {
  using state = stateDirectory();
  const path = join(state.path, "evidence.db");
  openDatabase(path).close();
  const writer = new Writer(path);
  await writer.close();
  await expect(writer.write([{ runId: "run-1", first: 0, lines: ["a"], ends: false }])).rejects.toThrow("thread ended");
});
