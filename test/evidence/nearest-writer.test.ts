import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { DiskPace } from "../../src/evidence/evidence-stores/sqlite/disk-pace.ts";
import { openDatabase } from "../../src/evidence/evidence-stores/sqlite/database.ts";
import type { LineAppend } from "../../src/evidence/evidence-stores/sqlite/line-writer.ts";
import { NearestWriter } from "../../src/evidence/evidence-stores/sqlite/nearest-writer.ts";
import { Writer } from "../../src/evidence/evidence-stores/sqlite/writer.ts";
import { stateDirectory } from "./support/state-directory.ts";

const QUICK_MS = 0.1;
const SLOW_MS = 100;
const NEAR_COMMITS = 200;
const NEAR_CHARACTERS = 64 * 1024;

/** The writer's thread, beside the pace that a test gives the disk. */
class PacedWriter extends Writer {
  paceMs = QUICK_MS;
  writes = 0;

  override get lastCommitMs(): number {
    return this.paceMs;
  }

  override write(appends: readonly LineAppend[]): Promise<void> {
    this.writes += 1;
    return super.write(appends);
  }
}

interface Bench extends AsyncDisposable {
  readonly database: DatabaseSync;
  readonly far: PacedWriter;
  readonly near: NearestWriter;
  lines(): unknown[];
}

/** A writer that takes this thread's disk to be as quick as the test's clock says. */
function bench(nearMs = QUICK_MS): Bench {
  const state = stateDirectory();
  const path = join(state.path, "evidence.db");
  const database = openDatabase(path);
  const far = new PacedWriter(path);
  let now = 0;
  const monotonicMs = (): number => (now += nearMs);
  return {
    database,
    far,
    near: new NearestWriter(database, { far, monotonicMs }),
    lines: () =>
      database
        .prepare("SELECT line FROM records ORDER BY id")
        .all()
        .map((row) => row["line"]),
    async [Symbol.asyncDispose]() {
      await far.close();
      database.close();
      state[Symbol.dispose]();
    },
  };
}

const append = (runId: string, first: number, lines: readonly string[] = ["x"]): LineAppend => ({
  runId,
  first,
  lines,
  ends: false,
});

/** Creates a run by commits of the thread until the disk is known to be quick; answers the run's size. */
async function becomeQuick({ near }: Bench): Promise<number> {
  let size = 0;
  for (; size < 50; size += 1) {
    const written = near.write([append("run-1", size)]);
    if (written === undefined) return size + 1;
    await written;
  }
  throw new Error("the disk was never taken to be quick");
}

test("a disk is taken to be quick once some commits were, and no longer after one slow commit", () => {
  const pace = new DiskPace();
  expect(pace.quick).toBe(false);
  for (let commit = 0; commit < 5; commit += 1) pace.note(QUICK_MS);
  expect(pace.quick).toBe(false);
  for (let commit = 0; commit < 15; commit += 1) pace.note(QUICK_MS);
  expect(pace.quick).toBe(true);
  pace.note(1);
  expect(pace.quick).toBe(true);
  pace.note(SLOW_MS);
  expect(pace.quick).toBe(false);
});

test("a lone append is durable when the write returns, once the disk is known to be quick", async () => {
  await using opened = bench();
  const size = await becomeQuick(opened);
  const before = opened.far.writes;
  expect(opened.near.write([append("run-1", size, ["a", "b"])])).toBeUndefined();
  expect(opened.far.writes).toBe(before);
  expect(opened.lines().slice(-2)).toEqual(["a", "b"]);
});

test("both threads write to the same run in turn, and to runs that the other one made", async () => {
  await using opened = bench();
  const size = await becomeQuick(opened);
  await opened.near.write([append("run-1", size, ["far"]), append("run-2", 0, ["far too"])]);
  expect(opened.near.write([append("run-2", 1, ["near"])])).toBeUndefined();
  expect(opened.near.write([append("run-3", 0, ["near too"])])).toBeUndefined();
  await opened.near.write([append("run-3", 1, ["far again"]), append("run-1", size + 1, ["last"])]);
  expect(opened.lines().slice(-6)).toEqual(["far", "far too", "near", "near too", "far again", "last"]);
});

test.each([
  ["two appends that come together", (size: number) => [append("run-1", size), append("run-2", 0)]],
  ["an append over 64 KiB", (size: number) => [append("run-1", size, ["x".repeat(NEAR_CHARACTERS), "x"])]],
])("%s are left to the thread also while the disk is quick", async (_case, appends) => {
  await using opened = bench();
  const size = await becomeQuick(opened);
  const written = opened.near.write(appends(size));
  expect(written).toBeInstanceOf(Promise);
  await written;
});

test("an append of exactly 64 KiB is written at once", async () => {
  await using opened = bench();
  const size = await becomeQuick(opened);
  expect(opened.near.write([append("run-1", size, ["x".repeat(NEAR_CHARACTERS)])])).toBeUndefined();
});

test("a slow commit in this thread is the last one here until the disk is quick again", async () => {
  await using opened = bench(SLOW_MS);
  const size = await becomeQuick(opened); // the last of these was slow
  const written = opened.near.write([append("run-1", size)]);
  expect(written).toBeInstanceOf(Promise);
  await written;
});

test("a slow disk is waited for by the thread alone", async () => {
  await using opened = bench();
  opened.far.paceMs = SLOW_MS;
  for (let size = 0; size < 40; size += 1) {
    const written = opened.near.write([append("run-1", size)]);
    expect(written).toBeInstanceOf(Promise);
    await written;
  }
});

test("after 200 commits in this thread one goes to the other, which moves what the write-ahead log holds", async () => {
  await using opened = bench();
  let size = await becomeQuick(opened);
  for (let commit = 1; commit < NEAR_COMMITS; commit += 1, size += 1)
    expect(opened.near.write([append("run-1", size)])).toBeUndefined();
  const written = opened.near.write([append("run-1", size)]);
  expect(written).toBeInstanceOf(Promise);
  await written;
  expect(opened.near.write([append("run-1", size + 1)])).toBeUndefined();
  expect(opened.database.prepare("PRAGMA wal_autocheckpoint").get()).toEqual({ wal_autocheckpoint: 0 });
});

test("what cannot be written in this thread is thrown, and nothing of it stays", async () => {
  await using opened = bench();
  const size = await becomeQuick(opened);
  const before = opened.lines();
  expect(() => opened.near.write([append("run-1", size - 1, ["again"])])).toThrow("it is there already");
  expect(opened.lines()).toEqual(before);
  expect(opened.database.isTransaction).toBe(false);
});

test("the thread tells how long its last write took", async () => {
  using state = stateDirectory();
  const path = join(state.path, "evidence.db");
  openDatabase(path).close();
  const writer = new Writer(path);
  expect(writer.lastCommitMs).toBe(0);
  await writer.write([append("run-1", 0)]);
  expect(writer.lastCommitMs).toBeGreaterThan(0);
  await writer.close();
});
