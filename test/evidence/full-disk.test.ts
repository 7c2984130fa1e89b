import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createJsonlStore, createSqliteStore, verifyLines } from "#evidence";
import type { EvidenceStore } from "#evidence";
import { completed, created, draft } from "./support/drafts.ts";
import { eventIds } from "./support/event-ids.ts";
import { drained, linesOf } from "./support/logs.ts";
import { stateDirectory } from "./support/state-directory.ts";

const KINDS = [
  { kind: "sqlite", open: createSqliteStore },
  { kind: "jsonl", open: createJsonlStore },
] as const;

interface SmallDisk extends Disposable {
  readonly path: string;
  /** Makes it larger. */
  grow(): void;
}

/** A file system of 1 MiB. */
function smallDisk(): SmallDisk {
  if (process.getuid?.() !== 0) throw new Error("this test mounts a small file system and must be run as root");
  const state = stateDirectory();
  const path = join(state.path, "disk");
  mkdirSync(path);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", path]);
  return {
    path,
    grow: () => void execFileSync("mount", ["-o", "remount,size=8m", path]),
    [Symbol.dispose]() {
      execFileSync("umount", ["--lazy", path]);
      state[Symbol.dispose]();
    },
  };
}

const kilobytes = draft("log.checkpoint", { reason: "x".repeat(5000) });

/** Appends until the store refuses; the lines that it told. */
async function fill(store: EvidenceStore): Promise<{ readonly told: readonly string[]; readonly fault: unknown }> {
  const told = (await store.append("run-1", 0, [created("run-1")])).map(({ line }) => line);
  for (;;) {
    try {
      told.push(...(await store.append("run-1", told.length, [kilobytes, kilobytes])).map(({ line }) => line));
    } catch (fault) {
      return { told, fault };
    }
    if (told.length > 2000) throw new Error("a disk of 1 MiB took 10 MB");
  }
}

describe.each(KINDS)("the $kind store on a full disk", ({ open }) => {
  test("halts, tells why, loses nothing that it told, answers questions, and goes on when there is room", async () => {
    using disk = smallDisk();
    const directory = join(disk.path, "state");
    const halts: string[] = [];
    const store = open(directory, { newEventId: eventIds(), onHalt: (why) => halts.push(why) });
    const { told, fault } = await fill(store);
    expect(told.length).toBeGreaterThan(20);
    expect(fault).toMatchObject({
      code: "STORE_HALTED",
      message: expect.stringContaining("Mend the cause and start again"),
    });
    expect(halts).toEqual([store.halted]);
    expect(store.halted).toMatch(/full|ENOSPC|no more bytes/);
    await expect(store.append("run-1", told.length, [completed()])).rejects.toMatchObject({ code: "STORE_HALTED" });
    await expect(store.append("run-2", 0, [created("run-2")])).rejects.toMatchObject({ code: "STORE_HALTED" });
    expect(await linesOf(store, "run-1")).toEqual(told);
    expect(await store.head("run-1")).toMatchObject({ size: told.length });
    expect(await store.openRuns()).toHaveLength(1);
    expect(await drained(store.tail("run-1", -1), told.length)).toHaveLength(told.length);
    await store.close();
    disk.grow();
    const again = open(directory, { newEventId: eventIds() });
    const kept = await linesOf(again, "run-1");
    expect(kept.slice(0, told.length)).toEqual(told);
    expect(await verifyLines(kept, { laws: false })).toMatchObject({ ok: true, complete: false });
    await again.append("run-1", kept.length, [completed()]);
    expect(await verifyLines(await linesOf(again, "run-1"), { laws: false })).toMatchObject({
      ok: true,
      complete: true,
    });
    await again.close();
  });

  test("halts at a payload that does not fit and leaves nothing under its name", async () => {
    using disk = smallDisk();
    const directory = join(disk.path, "state");
    const store = open(directory, { newEventId: eventIds() });
    await store.append("run-1", 0, [created("run-1")]);
    const small = await store.putBlob(Buffer.alloc(1000, "s"));
    const large = Buffer.alloc(2 * 1024 * 1024, "l");
    await expect(store.putBlob(large)).rejects.toMatchObject({ code: "STORE_HALTED" });
    await expect(store.append("run-1", 1, [completed()])).rejects.toMatchObject({ code: "STORE_HALTED" });
    expect(await store.getBlob(small)).toHaveLength(1000);
    await store.close();
    disk.grow();
    const again = open(directory, { newEventId: eventIds() });
    const name = await again.putBlob(large);
    expect(await again.getBlob(name)).toHaveLength(large.length);
    expect(await again.head("run-1")).toMatchObject({ size: 1 });
    await again.close();
  });

  test("cannot be opened on a disk without any room, and can be once there is some", async () => {
    using disk = smallDisk();
    const filler = join(disk.path, "filler");
    expect(() => writeFileSync(filler, Buffer.alloc(2 * 1024 * 1024))).toThrow("ENOSPC");
    const directory = join(disk.path, "state");
    mkdirSync(directory, { recursive: true });
    expect(() => open(directory, { newEventId: eventIds() })).toThrow(/full|ENOSPC|disk I\/O/);
    rmSync(filler);
    const store = open(directory, { newEventId: eventIds() });
    await store.append("run-1", 0, [created("run-1"), completed()]);
    await store.close();
  });
});
