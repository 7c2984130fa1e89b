import fs, {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createJsonlStore, verifyFile, verifyLines } from "#evidence";
import type { EvidenceStore } from "#evidence";
import { CONTRACT, failedContract, rollback, transitioned } from "./support/contract-log.ts";
import { completed, created, draft, failedEnd, note, notes, resumed, stepSucceeded } from "./support/drafts.ts";
import { eventIds } from "./support/event-ids.ts";
import { linesOf, upTo } from "./support/logs.ts";
import { referenceLines } from "./support/reference-format.ts";
import { memoryDirectory, stateDirectory } from "./support/state-directory.ts";

function open(directory: string): EvidenceStore {
  return createJsonlStore(directory, { newEventId: eventIds() });
}

function fileOf(directory: string, runId: string): string {
  return join(directory, "runs", runId, "events.jsonl");
}

test("a run's file is its lines, each with its line feed, and verifies offline", async () => {
  using state = stateDirectory();
  const store = open(state.path);
  await store.append("run-1", 0, [created("run-1"), ...notes(1, 5), completed()]);
  const lines = await linesOf(store, "run-1");
  expect(readFileSync(fileOf(state.path, "run-1"), "utf8")).toBe(lines.map((line) => `${line}\n`).join(""));
  expect(await verifyFile(fileOf(state.path, "run-1"), { runId: "run-1", laws: false })).toMatchObject({
    ok: true,
    complete: true,
  });
  await store.close();
});

test("all files of the store belong to their owner alone", async () => {
  using state = stateDirectory();
  const store = open(state.path);
  await store.append("run-1", 0, [created("run-1")]);
  await store.putBlob(Buffer.from("a payload"));
  for (const entry of readdirSync(state.path, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    expect({ path, mode: statSync(path).mode & 0o777 }).toEqual({ path, mode: entry.isDirectory() ? 0o700 : 0o600 });
  }
  await store.close();
});

test("a file that was cut around the border of a line or within one opens with its whole lines, goes on behind them, and verifies", async () => {
  using state = memoryDirectory();
  const first = open(state.path);
  await first.append("run-1", 0, [created("run-1"), note(1), stepSucceeded(0, { output: "ä€\u{1f600}" })]);
  const lines = await linesOf(first, "run-1");
  await first.close();
  const path = fileOf(state.path, "run-1");
  const whole = readFileSync(path);
  const borders = [...whole.keys()].filter((at) => whole[at] === 0x0a);
  for (const length of [0, 1, ...borders.flatMap((at) => [at - 300, at - 1, at, at + 1])]) {
    writeFileSync(path, whole.subarray(0, length));
    const kept = whole.subarray(0, length).filter((byte) => byte === 0x0a).length;
    const store = open(state.path);
    expect(await linesOf(store, "run-1")).toEqual(lines.slice(0, kept));
    expect((await store.openRuns()).map(({ runId }) => runId)).toEqual(kept === 0 ? [] : ["run-1"]);
    await store.append("run-1", kept, kept === 0 ? [created("run-1"), completed()] : [completed()]);
    const again = await linesOf(store, "run-1");
    await store.close();
    expect(await verifyLines(again, { laws: false })).toMatchObject({ ok: true, complete: true });
    expect(readFileSync(path, "utf8")).toBe(again.map((line) => `${line}\n`).join(""));
  }
});

test("of a commit that was torn between two lines the first is kept: it was told to nobody, and it is true", async () => {
  using state = stateDirectory();
  const first = open(state.path);
  await first.append("run-1", 0, [created("run-1"), ...notes(1, 3)]);
  const lines = await linesOf(first, "run-1");
  await first.close();
  truncateSync(fileOf(state.path, "run-1"), Buffer.byteLength(`${lines[0]}\n${lines[1]}\n`) + 10);
  const store = open(state.path);
  expect(await store.head("run-1")).toMatchObject({ size: 2 });
  expect(await linesOf(store, "run-1")).toEqual(lines.slice(0, 2));
  await store.close();
});

test("a line that was changed on disk is broken evidence for its reader and named by the verifier", async () => {
  using state = stateDirectory();
  const first = open(state.path);
  await first.append("run-1", 0, [created("run-1"), ...notes(1, 3)]);
  await first.close();
  const path = fileOf(state.path, "run-1");
  const text = readFileSync(path, "utf8").split("\n");
  writeFileSync(path, text.with(2, (text[2] ?? "").replace("{", "[")).join("\n"));
  const store = open(state.path);
  await expect(store.read("run-1", -1, 10)).rejects.toMatchObject({ code: "EVIDENCE_BROKEN" });
  await store.close();
  expect((await verifyFile(path, { laws: false })).problems[0]?.line).toBe(3);
});

test("a run that ended is known as ended by its last line, whatever else that line holds", async () => {
  using state = stateDirectory();
  const first = open(state.path);
  const end = { ...completed(), actor: '"event_type":"log.checkpoint"' };
  await first.append("run-1", 0, [created("run-1"), end]);
  await first.close();
  const store = open(state.path);
  expect(await store.head("run-1")).toMatchObject({ completed: true });
  await expect(store.append("run-1", 2, [note(2)])).rejects.toMatchObject({ code: "SEQUENCE_CONFLICT" });
  await store.close();
});

test("a record that was torn behind a failed end is cut off, and the run can be opened again", async () => {
  using state = stateDirectory();
  const first = open(state.path);
  await first.append("run-1", 0, [created("run-1"), failedEnd()]);
  await first.append("run-1", 2, [resumed()]);
  const lines = await linesOf(first, "run-1");
  await first.close();
  const path = fileOf(state.path, "run-1");
  truncateSync(path, readFileSync(path).length - 20);
  const store = open(state.path);
  expect(await store.head("run-1")).toMatchObject({
    size: 2,
    completed: true,
    torn: { bytes: (lines[2] ?? "").length - 19 },
  });
  expect(await store.openRuns()).toEqual([]);
  await store.append("run-1", 2, [resumed(), completed()]);
  const again = await linesOf(store, "run-1");
  await store.close();
  expect(await verifyLines(again, { laws: false })).toMatchObject({ ok: true, complete: true });
});

test.each([
  ["a record that opens nothing", [failedEnd(), note(2)]],
  ["a resumption behind a success", [completed(), resumed()]],
  ["a resumption behind a cancellation", [draft("run.completed", { status: "cancelled" }), resumed()]],
])("a file with %s behind its end is broken, although its chain holds", async (_case, drafts) => {
  using state = stateDirectory();
  const first = open(state.path);
  await first.append("run-1", 0, [created("run-1")]);
  await first.close();
  const lines = referenceLines("run-1", [created("run-1"), ...drafts], eventIds());
  writeFileSync(fileOf(state.path, "run-1"), lines.map((line) => `${line}\n`).join(""));
  const store = open(state.path);
  await expect(store.head("run-1")).rejects.toMatchObject({ code: "EVIDENCE_BROKEN" });
  await store.close();
});

test("lines longer than the pieces in which a file is read are read whole", async () => {
  using state = stateDirectory();
  const first = open(state.path);
  const long = draft("log.checkpoint", { reason: "ä€\u{1f600}".repeat(50_000) });
  await first.append("run-1", 0, [created("run-1"), long, note(2), long]);
  const lines = await linesOf(first, "run-1");
  await first.close();
  const store = open(state.path);
  expect(await linesOf(store, "run-1")).toEqual(lines);
  expect(await store.read("run-1", 1, 1)).toMatchObject([{ line: lines[2] }]);
  expect(await verifyLines(lines, { laws: false })).toMatchObject({ ok: true });
  await store.close();
});

test("runs keep the order of their creation over a restart, also behind a torn announcement", async () => {
  using state = stateDirectory();
  const ids = upTo(20).map((number) => `run-${(number * 7) % 20}`);
  const first = open(state.path);
  for (const id of ids) await first.append(id, 0, [created(id)]);
  await first.close();
  appendFileSync(join(state.path, "runs", ".order"), "run-torn");
  const second = open(state.path);
  await second.append("run-new", 0, [created("run-new")]);
  await second.close();
  const third = open(state.path);
  expect((await third.runs({ limit: 100 })).map(({ runId }) => runId)).toEqual([...ids, "run-new"].toReversed());
  await third.close();
});

test("a run that was announced but never written is neither listed nor in the way", async () => {
  using state = stateDirectory();
  const first = open(state.path);
  await first.append("run-1", 0, [created("run-1")]);
  await first.close();
  appendFileSync(join(state.path, "runs", ".order"), "run-2\n");
  mkdirSync(join(state.path, "runs", "run-3"));
  writeFileSync(join(state.path, "runs", "run-4"), "a file where a directory is looked for");
  const store = open(state.path);
  expect((await store.runs({ limit: 10 })).map(({ runId }) => runId)).toEqual(["run-1"]);
  expect(await store.openRuns()).toHaveLength(1);
  for (const id of ["run-2", "run-3"]) await store.append(id, 0, [created(id)]);
  expect((await store.runs({ limit: 1 })).map(({ runId }) => runId)).toEqual(["run-3"]);
  await store.close();
});

test("runs are found although nobody announced them: an open one must not be missed", async () => {
  using state = stateDirectory();
  const first = open(state.path);
  for (const id of ["run-b", "run-a"]) await first.append(id, 0, [created(id)]);
  await first.close();
  rmSync(join(state.path, "runs", ".order"));
  const store = open(state.path);
  expect((await store.openRuns()).map(({ runId }) => runId)).toEqual(["run-a", "run-b"]);
  await store.append("run-c", 0, [created("run-c")]);
  expect((await store.runs({ limit: 10 })).map(({ runId }) => runId)).toEqual(["run-c", "run-b", "run-a"]);
  await store.close();
});

test("a directory whose order cannot be read is refused and free again", async () => {
  using state = stateDirectory();
  mkdirSync(join(state.path, "runs", ".order"), { recursive: true });
  for (let attempt = 0; attempt < 2; attempt += 1) expect(() => open(state.path)).toThrow("EISDIR");
  rmSync(join(state.path, "runs", ".order"), { recursive: true });
  await open(state.path).close();
});

test("a file that cannot be made halts the store, and a restart goes on once it can", async () => {
  using state = stateDirectory();
  const first = open(state.path);
  await first.append("run-1", 0, [created("run-1"), note(1)]);
  writeFileSync(join(state.path, "runs", "run-2"), "a file where a directory is needed");
  await expect(first.append("run-2", 0, [created("run-2")])).rejects.toMatchObject({ code: "STORE_HALTED" });
  expect(first.halted).toContain("EEXIST");
  expect(await first.head("run-1")).toMatchObject({ size: 2 });
  await first.close();
  rmSync(join(state.path, "runs", "run-2"));
  const second = open(state.path);
  expect(second.halted).toBeUndefined();
  await second.append("run-2", 0, [created("run-2")]);
  await second.close();
});

test("what could not be synced is taken back, and is neither read by this process nor found by the next one", async () => {
  using state = stateDirectory();
  const store = open(state.path);
  await store.append("run-1", 0, [created("run-1"), note(1)]);
  const told = await linesOf(store, "run-1");
  const { fdatasyncSync } = fs;
  fs.fdatasyncSync = () => {
    throw new Error("EIO: i/o error, fdatasync");
  };
  syncBuiltinESMExports();
  try {
    const [late, fresh] = [store.append("run-1", 2, [note(2)]), store.append("run-2", 0, [created("run-2")])];
    await expect(late).rejects.toMatchObject({ code: "STORE_HALTED" });
    await expect(fresh).rejects.toMatchObject({ code: "STORE_HALTED" });
  } finally {
    fs.fdatasyncSync = fdatasyncSync;
    syncBuiltinESMExports();
  }
  expect(await linesOf(store, "run-1")).toEqual(told);
  expect(await store.head("run-2")).toBeUndefined();
  expect(readFileSync(fileOf(state.path, "run-1"), "utf8")).toBe(told.map((line) => `${line}\n`).join(""));
  await store.close();
  const next = open(state.path);
  expect(await linesOf(next, "run-1")).toEqual(told);
  expect(await next.head("run-2")).toBeUndefined();
  await next.close();
});

test("a log that cannot be read is told as the system tells it, takes no record and halts nothing", async () => {
  using state = stateDirectory();
  const store = open(state.path);
  mkdirSync(fileOf(state.path, "run-2"), { recursive: true });
  await expect(store.append("run-2", 0, [created("run-2")])).rejects.toMatchObject({ code: "EISDIR" });
  expect(store.halted).toBeUndefined();
  await store.append("run-1", 0, [created("run-1")]);
  await store.close();
});

test("the log of a contract that has ended is opened with what was told behind the end, and with nothing else there", async () => {
  using state = stateDirectory();
  const ended = [...failedContract(), rollback("STARTED")];
  const first = open(state.path);
  await first.append(CONTRACT, 0, ended);
  await first.close();
  const path = fileOf(state.path, CONTRACT);
  const whole = readFileSync(path, "utf8");
  appendFileSync(path, '{"event_id":"torn by a cra');
  const second = open(state.path);
  expect(await second.head(CONTRACT)).toMatchObject({ size: ended.length, completed: true, torn: { bytes: 26 } });
  expect(await second.openRuns()).toEqual([]);
  await second.append(CONTRACT, ended.length, [rollback("COMPLETED")]);
  await second.close();
  expect(readFileSync(path, "utf8").startsWith(whole)).toBe(true);
  const third = open(state.path);
  expect(await third.head(CONTRACT)).toMatchObject({ size: ended.length + 1, completed: true });
  await third.close();
  const forged = [...ended, transitioned("FAILED", "ACTIVE", { version: 7 })];
  writeFileSync(
    path,
    referenceLines(CONTRACT, forged, eventIds())
      .map((line) => `${line}\n`)
      .join(""),
  );
  const fourth = open(state.path);
  await expect(fourth.head(CONTRACT)).rejects.toMatchObject({ code: "EVIDENCE_BROKEN" });
  await fourth.close();
});
