import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createJsonlStore, createSqliteStore } from "#evidence";
import { lockDirectory } from "../../src/evidence/evidence-stores/directory-lock.ts";
import { created } from "./support/drafts.ts";
import { eventIds } from "./support/event-ids.ts";
import { stateDirectory } from "./support/state-directory.ts";
import { startStoreChild } from "./support/store-child.ts";

const KINDS = [
  { kind: "sqlite", open: createSqliteStore },
  { kind: "jsonl", open: createJsonlStore },
] as const;

describe.each(KINDS)("a directory of the $kind store", ({ kind, open }) => {
  test("is refused to a second process, which names the first one and what to do", async () => {
    using state = stateDirectory();
    await using owner = await startStoreChild(kind, state.path);
    await using second = await startStoreChild(kind, state.path);
    expect(second.opening).toEqual({
      code: "STATE_LOCKED",
      message: `The state directory ${state.path} is in use by process ${owner.pid}. Stop that process, talk to it with --server, or choose another directory with --state.`,
    });
    expect((await owner.ask({ do: "append", runId: "run-1", at: 0, count: 3 })).ok).toHaveLength(3);
  });

  test("is refused to a second store of the same process until the first is closed", async () => {
    using state = stateDirectory();
    const first = open(state.path, { newEventId: eventIds() });
    expect(() => open(state.path, { newEventId: eventIds() })).toThrow(`in use by process ${process.pid}.`);
    await using other = await startStoreChild(kind, state.path);
    expect(other.opening).toMatchObject({ code: "STATE_LOCKED" }); // the refusal did not loosen the lock
    await first.append("run-1", 0, [created("run-1")]);
    await first.close();
    await using third = await startStoreChild(kind, state.path);
    expect(third.opening.ok).toBe("open");
  });

  test("is free again after its owner was killed without warning, and nothing told is lost", async () => {
    using state = stateDirectory();
    await using owner = await startStoreChild(kind, state.path);
    const told = (await owner.ask({ do: "append", runId: "run-1", at: 0, count: 7 })).ok;
    await owner.kill();
    await using next = await startStoreChild(kind, state.path);
    expect(next.opening).toMatchObject({ ok: "open", pid: next.pid });
    expect(readFileSync(join(state.path, "owner.pid"), "utf8")).toBe(`${next.pid}\n`);
    expect((await next.ask({ do: "read", runId: "run-1" })).ok).toEqual(told);
  });

  test("is free again after its owner closed it but lives on", async () => {
    using state = stateDirectory();
    await using owner = await startStoreChild(kind, state.path);
    expect((await owner.ask({ do: "close" })).ok).toBe("closed");
    await using next = await startStoreChild(kind, state.path);
    expect(next.opening.ok).toBe("open");
  });
});

test("the lock's files belong to their owner alone", () => {
  using state = stateDirectory();
  const unlock = lockDirectory(state.path);
  for (const name of ["owner.lock", "owner.pid"]) expect(statSync(join(state.path, name)).mode & 0o777).toBe(0o600);
  unlock();
});

test("a lock that is given back twice is given back once", () => {
  using state = stateDirectory();
  const unlock = lockDirectory(state.path);
  unlock();
  const second = lockDirectory(state.path);
  unlock();
  expect(() => lockDirectory(state.path)).toThrow("in use");
  second();
});

test("an owner whose number cannot be read is called unknown", () => {
  using state = stateDirectory();
  const unlock = lockDirectory(state.path);
  writeFileSync(join(state.path, "owner.pid"), "");
  expect(() => lockDirectory(state.path)).toThrow("in use by process unknown.");
  rmSync(join(state.path, "owner.pid"));
  expect(() => lockDirectory(state.path)).toThrow("in use by process unknown.");
  unlock();
});

test("a lock file that is no lock file is told as such and not as somebody's lock", () => {
  using state = stateDirectory();
  writeFileSync(join(state.path, "owner.lock"), "garbage ".repeat(1000));
  const thrown = (() => {
    try {
      return lockDirectory(state.path);
    } catch (error) {
      return error;
    }
  })();
  expect(thrown).toMatchObject({ code: "ERR_SQLITE_ERROR", message: "file is not a database" });
});

test("a directory where no number can be written is not locked", () => {
  using state = stateDirectory();
  mkdirSync(join(state.path, "owner.pid"));
  expect(() => lockDirectory(state.path)).toThrow("EISDIR");
  expect(() => lockDirectory(state.path)).toThrow("EISDIR"); // and not: in use
});
