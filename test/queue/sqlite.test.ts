import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSqliteQueue } from "#queue";
import type { JobQueue } from "#queue";
import { entry, takeNow, takeOne } from "../conformance/job-queue-subject.ts";
import { ManualClock } from "../support/clock.ts";
import { MovedClock } from "./support/moved-clock.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import type { ScratchDirectory } from "../support/scratch-directory.ts";

const PROGRAM = join(import.meta.dirname, "programs/enqueue-for-ever.ts");

describe("the file of a queue", () => {
  let directory: ScratchDirectory;
  let file: string;
  const opened: JobQueue[] = [];
  const open = (capacity = 1000): JobQueue => {
    const queue = createSqliteQueue({ file, clock: new ManualClock(), capacity });
    opened.push(queue);
    return queue;
  };
  beforeEach(async () => {
    directory = await scratchDirectory();
    file = join(directory.path, "queue.db");
  });
  afterEach(async () => {
    for (const queue of opened.splice(0)) await queue.close();
    await directory[Symbol.asyncDispose]();
  });

  test("is one process's at a time, and only its owner may read it", async () => {
    const queue = open();
    await queue.enqueue([entry("a")]);
    expect(() => open()).toThrow(expect.objectContaining({ code: "STATE_LOCKED" }) as Error);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await queue.close();
    expect((await takeOne(open())).id).toBe("a");
  });

  test("hands out what had to wait in its time though the wall clock was set back meanwhile", async () => {
    const clock = new MovedClock();
    const queue = createSqliteQueue({ file, clock });
    opened.push(queue);
    await queue.enqueue([entry("a", { delayMs: 5000 })]);
    clock.setWallBack(3_600_000);
    clock.advance(4999);
    expect(await takeNow(queue, 1)).toEqual([]);
    clock.advance(1);
    expect(await takeNow(queue, 1)).toMatchObject([{ id: "a" }]);
  });

  test("of a newer form is refused and left as it is", () => {
    const database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 2");
    database.close();
    expect(() => open()).toThrow(expect.objectContaining({ code: "INVALID_CONFIGURATION" }) as Error);
  });

  test("has what was taken due again when it is opened anew, and old deliveries are of no effect", async () => {
    const before = open();
    await before.enqueue([entry("a")]);
    const old = await takeOne(before);
    await before.close();
    const after = open();
    expect(await after.extend(old)).toBe(false);
    expect(await takeOne(after)).toMatchObject({ id: "a", stalls: 1 });
    await after.settle(old);
    expect(await after.depth()).toEqual({ due: 0, delayed: 0, taken: 1 });
  });

  test("takes what comes in one turn at once, and a batch that is refused harms none of the others", async () => {
    const queue = open(3);
    const ends = await Promise.allSettled([
      queue.enqueue([entry("a"), entry("b")]),
      queue.enqueue([entry("c"), entry("d")]),
      queue.enqueue([entry("b"), entry("e")]),
    ]);
    expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await takeNow(queue)).map(({ id }) => id)).toEqual(["a", "b", "e"]);
  });

  test("has every entry that was accepted before a kill, and each batch whole", async () => {
    const child = spawn(process.execPath, [PROGRAM, file], { stdio: ["ignore", "pipe", "inherit"] });
    const accepted: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      accepted.push(line);
      if (accepted.length === 50) child.kill("SIGKILL");
    }
    if (child.signalCode === null) await once(child, "exit");
    const queue = open(100_000);
    const ids = (await takeNow(queue)).map(({ id }) => id);
    expect(accepted.length).toBeGreaterThanOrEqual(50);
    expect(accepted.flatMap((name) => [`${name}-0`, `${name}-1`]).filter((id) => !ids.includes(id))).toEqual([]);
    expect(ids.length % 2).toBe(0);
  });
});
