import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createJsonlStore, createSqliteStore, verifyLines } from "#evidence";
import { eventIds } from "./support/event-ids.ts";
import { linesOf } from "./support/logs.ts";
import { stateDirectory } from "./support/state-directory.ts";
import { startStoreChild, strace } from "./support/store-child.ts";
import type { StoreChild } from "./support/store-child.ts";
import { syncTrace, tracedCalls } from "./support/traced-syncs.ts";
import type { TracedCall } from "./support/traced-syncs.ts";

const KINDS = [
  { kind: "sqlite", file: "evidence.db-wal", open: createSqliteStore },
  { kind: "jsonl", file: "runs/run-1/events.jsonl", open: createJsonlStore },
] as const;

/** How many syncs of `path` had ended when each answer was written. */
function syncsBeforeAnswers(calls: readonly TracedCall[], path: string): readonly number[] {
  const ended = (upTo: number): number => calls.slice(0, upTo).filter((call) => call.path === path).length;
  return calls.flatMap((call, place) => (call.kind === "answer" ? [ended(place)] : []));
}

async function appendOneByOne(child: StoreChild, count: number): Promise<readonly (string | undefined)[]> {
  const codes: (string | undefined)[] = [];
  for (let at = 0; at < count; at += 1)
    codes.push((await child.ask({ do: "append", runId: "run-1", at, count: 1 })).code);
  return codes;
}

describe.each(KINDS)("the $kind store, watched from outside its process,", ({ kind, file, open }) => {
  test("has synced every record before it tells of it, with one sync a commit", async () => {
    using state = stateDirectory();
    const trace = join(state.path, "trace");
    const directory = join(state.path, "state");
    await using child = await startStoreChild(kind, directory, [strace(), ...syncTrace(trace)]);
    expect(await appendOneByOne(child, 10)).toEqual(Array.from({ length: 10 }));
    await child.end();
    const counts = syncsBeforeAnswers(tracedCalls(trace), join(directory, file));
    const [opened = 0, first = 0, ...others] = counts;
    expect(counts).toHaveLength(11);
    expect(first).toBeGreaterThan(opened);
    expect(others.map((count) => count - first)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("has synced a payload and its name before it tells its digest", async () => {
    using state = stateDirectory();
    const trace = join(state.path, "trace");
    const directory = join(state.path, "state");
    await using child = await startStoreChild(kind, directory, [strace(), ...syncTrace(trace)]);
    const digest = String((await child.ask({ do: "put", bytes: 10_000 })).ok);
    expect((await child.ask({ do: "put", bytes: 10_000 })).ok).toBe(digest);
    await child.end();
    const calls = tracedCalls(trace);
    const answers = calls.flatMap(({ kind: what }, place) => (what === "answer" ? [place] : []));
    const blobs = join(directory, "blobs");
    const synced = (from = 0, to = 0) =>
      calls
        .slice(from + 1, to)
        .map(({ path }) => path)
        .filter((path) => path.startsWith(blobs));
    const [opened, first, second] = answers;
    expect(synced(opened, first)).toEqual([
      `${join(blobs, digest.slice(0, 2), digest)}.${child.pid}.part`,
      join(blobs, digest.slice(0, 2)),
      blobs,
    ]);
    expect(synced(first, second)).toEqual([join(blobs, digest.slice(0, 2)), blobs]);
  });

  test("halts at a sync that fails, never tries it again, and loses nothing that it told", async () => {
    using state = stateDirectory();
    const trace = join(state.path, "trace");
    const directory = join(state.path, "state");
    // Only this file's syncs are counted, in each thread for itself; SQLite's first two belong to the opening.
    const inject = ["-P", join(directory, file), "-e", "inject=fsync,fdatasync:error=EIO:when=5"];
    const tracer = [strace(), ...syncTrace(trace, ...inject)];
    await using child = await startStoreChild(kind, directory, tracer);
    expect(child.opening.ok).toBe("open");
    const codes = await appendOneByOne(child, 20);
    const told = codes.indexOf("STORE_HALTED");
    expect(told).toBeGreaterThanOrEqual(1);
    expect(codes.slice(0, told).filter((code) => code !== undefined)).toEqual([]);
    expect(new Set(codes.slice(told))).toEqual(new Set(["STORE_HALTED"]));
    expect(await child.ask({ do: "put", bytes: 10 })).toMatchObject({ code: "STORE_HALTED" });
    const readable = (await child.ask({ do: "read", runId: "run-1" })).ok;
    expect(readable).toHaveLength(told);
    await child.kill();
    const calls = tracedCalls(trace);
    const failed = calls.findIndex(({ answer }) => answer.includes("EIO"));
    expect(calls[failed]?.path).toBe(join(directory, file));
    expect(calls.slice(failed + 1).filter(({ kind: what }) => what === "sync")).toEqual([]);
    const store = open(directory, { newEventId: eventIds() });
    const kept = await linesOf(store, "run-1");
    await store.close();
    expect(kept.slice(0, told)).toEqual(readable);
    expect(kept.length).toBeLessThanOrEqual(told + 1);
    expect(await verifyLines(kept, { laws: false })).toMatchObject({ ok: true });
  });
});

test("the SQLite store syncs many runs that are created in one turn with one sync", async () => {
  using state = stateDirectory();
  const trace = join(state.path, "trace");
  const directory = join(state.path, "state");
  await using child = await startStoreChild("sqlite", directory, [strace(), ...syncTrace(trace)]);
  await appendOneByOne(child, 1);
  expect((await child.ask({ do: "create many", count: 200 })).ok).toBe(200);
  await child.end();
  const [, first = 0, many = 0] = syncsBeforeAnswers(tracedCalls(trace), join(directory, "evidence.db-wal"));
  expect(many - first).toBe(1);
});

test("the watcher of syncs can see: a trace of a process that syncs nothing has no sync in it", async () => {
  using state = stateDirectory();
  const trace = join(state.path, "trace");
  await using child = await startStoreChild("sqlite", join(state.path, "state"), [strace(), ...syncTrace(trace)]);
  const [before] = [tracedCalls(trace).filter(({ kind }) => kind === "sync").length];
  expect(before).toBeGreaterThan(0); // the tables
  await child.ask({ do: "read", runId: "run-1" });
  await child.ask({ do: "read", runId: "run-1" });
  await child.kill();
  expect(tracedCalls(trace).filter(({ kind }) => kind === "sync")).toHaveLength(before);
});
