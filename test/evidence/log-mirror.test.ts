import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createMemoryStore, LogMirror } from "#evidence";
import type { EvidenceStore } from "#evidence";
import { RunFiles } from "../../src/evidence/log-mirror/run-files.ts";
import { completed, created, draft, failedEnd, note, notes, resumed } from "./support/drafts.ts";
import { eventIds } from "./support/event-ids.ts";
import { FakeClock } from "./support/fake-clock.ts";
import { linesOf, upTo } from "./support/logs.ts";
import { stateDirectory } from "./support/state-directory.ts";

interface Bench extends AsyncDisposable {
  readonly directory: string;
  readonly store: EvidenceStore;
  readonly mirror: LogMirror;
  readonly clock: FakeClock;
  readonly problems: (readonly [string, string])[];
  fileOf(runId: string): string;
  /** Another mirror over the same files, as the next process would make it. */
  another(): LogMirror;
}

function bench(): Bench {
  const state = stateDirectory();
  const clock = new FakeClock();
  const problems: (readonly [string, string])[] = [];
  const mirrors: LogMirror[] = [];
  const another = (): LogMirror => {
    const mirror = new LogMirror({ directory: state.path, clock, onProblem: (...told) => problems.push(told) });
    mirrors.push(mirror);
    return mirror;
  };
  const mirror = another();
  const store = createMemoryStore({ newEventId: eventIds(), onCommit: (appends) => mirror.take(appends) });
  return {
    directory: state.path,
    store,
    mirror,
    clock,
    problems,
    fileOf: (runId) => join(state.path, "runs", runId, "events.jsonl"),
    another,
    async [Symbol.asyncDispose]() {
      await Promise.all(mirrors.map((one) => one.close()));
      state[Symbol.dispose]();
    },
  };
}

async function textOf(store: EvidenceStore, runId: string): Promise<string> {
  return (await linesOf(store, runId)).map((line) => `${line}\n`).join("");
}

test("every run's file has the bytes of its log once the mirror is closed", async () => {
  await using all = bench();
  const ids = upTo(300).map((number) => `run-${number}`); // more than are held open
  await Promise.all(ids.map((id) => all.store.append(id, 0, [created(id)])));
  all.mirror.flush();
  await Promise.all(ids.map((id) => all.store.append(id, 1, [note(1), completed()])));
  await all.mirror.close();
  for (const id of ids) expect(readFileSync(all.fileOf(id), "utf8")).toBe(await textOf(all.store, id));
  expect(all.problems).toEqual([]);
  expect(statSync(all.fileOf("run-1")).mode & 0o777).toBe(0o600);
  expect(statSync(join(all.fileOf("run-1"), "..")).mode & 0o777).toBe(0o700);
});

test("what is taken waits 20 ms for more, then goes without being asked", async () => {
  await using all = bench();
  await all.store.append("run-1", 0, [created("run-1")]);
  await all.store.append("run-1", 1, [note(1)]);
  expect(all.clock.armed).toBe(1);
  expect(existsSync(all.fileOf("run-1"))).toBe(false);
  all.clock.advance(20);
  expect(all.clock.armed).toBe(0);
  await all.mirror.close();
  expect(readFileSync(all.fileOf("run-1"), "utf8")).toBe(await textOf(all.store, "run-1"));
});

test("more than a MiB that waits goes at once, whatever the clock says", async () => {
  await using all = bench();
  const large = draft("log.checkpoint", { reason: "x".repeat(600_000) });
  await all.store.append("run-1", 0, [created("run-1"), large]);
  expect(all.clock.armed).toBe(1);
  await all.store.append("run-1", 2, [large]);
  expect(all.clock.armed).toBe(0);
  await all.mirror.close();
  expect(readFileSync(all.fileOf("run-1"), "utf8")).toBe(await textOf(all.store, "run-1"));
});

test("a run whose file cannot be written is told once, is left alone, and hurts no other", async () => {
  await using all = bench();
  writeFileSync(join(all.directory, "runs", "run-1"), "a file where a directory is needed");
  for (const id of ["run-1", "run-2"]) await all.store.append(id, 0, [created(id)]);
  all.mirror.flush();
  for (const id of ["run-1", "run-2"]) await all.store.append(id, 1, [completed()]);
  await all.mirror.close();
  expect(all.problems).toEqual([["run-1", expect.stringContaining("EEXIST")]]);
  expect(readFileSync(all.fileOf("run-2"), "utf8")).toBe(await textOf(all.store, "run-2"));
  expect(all.store.halted).toBeUndefined();
});

test("a start mends what a crash left behind: missing, short, long and changed files", async () => {
  await using all = bench();
  const ids = ["whole", "missing", "short", "long", "changed", "empty"];
  for (const id of ids) await all.store.append(id, 0, [created(id), ...notes(1, 3)]);
  await all.mirror.close();
  rmSync(join(all.fileOf("missing"), ".."), { recursive: true });
  truncateSync(all.fileOf("short"), 100);
  truncateSync(all.fileOf("empty"), 0);
  writeFileSync(all.fileOf("long"), `${await textOf(all.store, "long")}half a line`);
  const text = await textOf(all.store, "changed");
  writeFileSync(all.fileOf("changed"), text.replace("tester", "taster"));
  const next = all.another();
  expect((await next.mend(all.store)).toSorted()).toEqual(["changed", "empty", "long", "missing", "short"]);
  for (const id of ids) expect(readFileSync(all.fileOf(id), "utf8")).toBe(await textOf(all.store, id));
  expect(await next.mend(all.store)).toEqual([]);
  expect(readdirSync(join(all.directory, "runs")).filter((name) => name.endsWith(".part"))).toEqual([]);
});

test("a start looks back to the oldest run that was open when the files were last known to be whole", async () => {
  await using all = bench();
  const ids = upTo(5).map((number) => `run-${number}`);
  for (const id of ids) await all.store.append(id, 0, [created(id)]);
  for (const id of ids.filter((_id, number) => number !== 2)) await all.store.append(id, 1, [completed()]);
  await all.mirror.close();
  await all.mirror.mark(all.store);
  for (const id of ids) rmSync(all.fileOf(id));
  expect(await all.another().mend(all.store)).toEqual(["run-4", "run-3", "run-2"]);
});

test("when no run is open a start looks back to the newest one", async () => {
  await using all = bench();
  for (const id of ["run-1", "run-2"]) await all.store.append(id, 0, [created(id), completed()]);
  await all.mirror.close();
  await all.mirror.mark(all.store);
  for (const id of ["run-1", "run-2"]) rmSync(all.fileOf(id));
  expect(await all.another().mend(all.store)).toEqual(["run-2"]);
});

test("a mirror that has failed marks nothing as whole, so that the next start looks", async () => {
  await using all = bench();
  await all.store.append("run-1", 0, [created("run-1"), completed()]);
  all.mirror.flush();
  mkdirSync(all.fileOf("run-2"), { recursive: true });
  await all.store.append("run-2", 0, [created("run-2"), completed()]);
  await all.mirror.close();
  expect(all.problems).toHaveLength(1);
  await all.mirror.mark(all.store);
  expect(existsSync(join(all.directory, "runs", ".whole-up-to"))).toBe(false);
  rmSync(all.fileOf("run-2"), { recursive: true });
  expect(await all.another().mend(all.store)).toEqual(["run-2"]);
});

test("an empty store has nothing to mend and nothing to mark", async () => {
  await using all = bench();
  await all.mirror.mark(all.store);
  expect(await all.mirror.mend(all.store)).toEqual([]);
  expect(readdirSync(join(all.directory, "runs"))).toEqual([]);
});

test("a log of more than a page is mended whole, and so are more runs than one listing holds", async () => {
  await using all = bench();
  await all.store.append("long", 0, [created("long"), ...notes(1, 999)]);
  await all.store.append("long", 1000, notes(1000, 500));
  for (const number of upTo(250)) await all.store.append(`run-${number}`, 0, [created(`run-${number}`)]);
  await all.mirror.close();
  for (const entry of readdirSync(join(all.directory, "runs")))
    rmSync(join(all.directory, "runs", entry), { recursive: true });
  expect(await all.another().mend(all.store)).toHaveLength(251);
  expect(readFileSync(all.fileOf("long"), "utf8")).toBe(await textOf(all.store, "long"));
});

test("it is time for a mark after a thousand runs have ended", async () => {
  await using all = bench();
  const ids = upTo(1000).map((number) => `run-${number}`);
  await Promise.all(ids.slice(1).map((id) => all.store.append(id, 0, [created(id), completed()])));
  all.mirror.flush();
  expect(all.mirror.markDue).toBe(false);
  await all.store.append("run-0", 0, [created("run-0"), completed()]);
  all.mirror.flush();
  expect(all.mirror.markDue).toBe(true);
  await all.mirror.mark(all.store);
  expect(all.mirror.markDue).toBe(false);
});

test("a mirror closes twice, and what comes later is no crash", async () => {
  await using all = bench();
  await all.mirror.close();
  await all.mirror.close();
  await all.store.append("run-1", 0, [created("run-1")]);
  all.mirror.flush();
  expect(existsSync(all.fileOf("run-1"))).toBe(false);
});

test("a disk that is slower than the store ends the copies of the runs it cannot keep up with, and says so", async () => {
  await using all = bench();
  const large = draft("log.checkpoint", { reason: "x".repeat(3 * 1024 * 1024) });
  await all.store.append("run-1", 0, [created("run-1")]);
  // In one turn of the event loop the thread's answers are not heard: the store is as fast as can be.
  const records = (await createMemoryStore({ newEventId: eventIds() }).append("run-1", 0, [large])).slice();
  for (let batch = 0; batch < 20; batch += 1) all.mirror.take([{ runId: "run-1", records }]);
  expect(all.problems).toEqual([["run-1", "the disk takes the copies too slowly"]]);
});

test("the files of runs are closed when they end or fail, and no more than 256 are open", () => {
  using state = stateDirectory();
  const before = openFiles();
  const files = new RunFiles(state.path);
  for (let round = 0; round < 2; round += 1)
    expect(files.add(upTo(400).map((number) => ({ runId: `run-${number}`, text: "a\n", ends: false })))).toEqual([]);
  expect(openFiles() - before).toBe(256);
  files.add(upTo(400).map((number) => ({ runId: `run-${number}`, text: "b\n", ends: true })));
  expect(openFiles() - before).toBe(0);
  for (const number of upTo(400))
    expect(readFileSync(join(state.path, `run-${number}`, "events.jsonl"), "utf8")).toBe("a\na\nb\n");
});

test("a file that failed once is not added to again: a gap would be worse than an end", () => {
  using state = stateDirectory();
  const files = new RunFiles(state.path);
  writeFileSync(join(state.path, "run-1"), "a file where a directory is needed");
  const text = { runId: "run-1", text: "a\n", ends: false };
  expect(files.add([text, text])).toEqual([{ runId: "run-1", message: expect.stringContaining("EEXIST") }]);
  rmSync(join(state.path, "run-1"));
  expect(files.add([text])).toEqual([]);
  expect(existsSync(join(state.path, "run-1"))).toBe(false);
});

function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}

test("a run that was open at a start is looked at again by the next one, also if a newer run is whole", async () => {
  await using all = bench();
  await all.store.append("open", 0, [created("open")]);
  await all.store.append("whole", 0, [created("whole"), completed()]);
  await all.mirror.close();
  const second = all.another();
  expect(await second.mend(all.store)).toEqual([]);
  // It is closed in the store, and the process dies before the copy has followed.
  await all.store.append("open", 1, [completed()]);
  expect(await all.another().mend(all.store)).toEqual(["open"]);
  expect(readFileSync(all.fileOf("open"), "utf8")).toBe(await textOf(all.store, "open"));
});

test("the file of a run that is opened again goes on, also if its end was not yet handed on", async () => {
  await using all = bench();
  await all.store.append("run-1", 0, [created("run-1"), failedEnd()]);
  await all.store.append("run-1", 2, [resumed()]);
  all.mirror.flush();
  await all.store.append("run-1", 3, [failedEnd()]);
  all.mirror.flush();
  await all.store.append("run-1", 4, [resumed(), completed()]);
  await all.mirror.close();
  expect(readFileSync(all.fileOf("run-1"), "utf8")).toBe(await textOf(all.store, "run-1"));
  expect(all.problems).toEqual([]);
});

test("a run that was opened again behind the mark is mended, although newer runs are known to be whole", async () => {
  await using all = bench();
  await all.store.append("old", 0, [created("old"), failedEnd()]);
  for (const id of ["run-1", "run-2"]) await all.store.append(id, 0, [created(id), completed()]);
  await all.mirror.close();
  await all.mirror.mark(all.store);
  // It is opened again and ends in the store, and the process dies before the copy has followed.
  await all.store.append("old", 2, [resumed(), completed()]);
  expect(await all.another().mend(all.store)).toEqual(["old"]);
  expect(readFileSync(all.fileOf("old"), "utf8")).toBe(await textOf(all.store, "old"));
});
