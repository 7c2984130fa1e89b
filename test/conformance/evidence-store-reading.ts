import { expect, test } from "vitest";
import { completed, created, note, notes } from "../evidence/support/drafts.ts";
import { linesOf, seqs } from "../evidence/support/logs.ts";
import { openStore } from "./evidence-store-subject.ts";
import type { StoreSubject } from "./evidence-store-subject.ts";

/** Pages of a log, and its head. */
export function readingLaws(subject: StoreSubject): void {
  test("pages of any size put together are the whole log", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await store.append("run-1", 0, [created("run-1"), ...notes(1, 24)]);
    const whole = await linesOf(store, "run-1");
    for (const size of [1, 2, 7, 24, 25, 26, 1000]) {
      const lines: string[] = [];
      for (;;) {
        const page = await store.read("run-1", lines.length - 1, size);
        expect(page.length).toBeLessThanOrEqual(size);
        lines.push(...page.map(({ line }) => line));
        if (page.length === 0) break;
      }
      expect(lines).toEqual(whole);
    }
  });

  test.each([
    [-1, 3, [0, 1, 2]],
    [0, 2, [1, 2]],
    [3, 1000, [4]],
    [4, 10, []],
    [5, 10, []],
    [Number.MAX_SAFE_INTEGER, 10, []],
  ])("reading after %i at most %i records gives %j", async (afterSeq, limit, expected) => {
    await using opened = openStore(subject);
    await opened.store.append("run-1", 0, [created("run-1"), ...notes(1, 4)]);
    expect(seqs(await opened.store.read("run-1", afterSeq, limit))).toEqual(expected);
  });

  test.each([
    ["a page of none", -1, 0],
    ["a page over 1,000", -1, 1001],
    ["a page of a part", -1, 1.5],
    ["a page of no number", -1, Number.NaN],
    ["a start before the beginning", -2, 1],
    ["a start between two records", 0.5, 1],
  ])("asking for %s is our own mistake", async (_case, afterSeq, limit) => {
    await using opened = openStore(subject);
    await opened.store.append("run-1", 0, [created("run-1")]);
    await expect(opened.store.read("run-1", afterSeq, limit)).rejects.toMatchObject({ name: "AssertionFailure" });
  });

  test("a record reads back as its line says it", async () => {
    await using opened = openStore(subject);
    const [stored] = await opened.store.append("run-1", 0, [created("run-1")]);
    const [read] = await opened.store.read("run-1", -1, 1);
    expect(read?.line).toBe(stored?.line);
    expect(read?.record).toEqual(JSON.parse(stored?.line ?? ""));
  });

  test("an unknown run reads as no records and has no head", async () => {
    await using opened = openStore(subject);
    expect(await opened.store.read("no-such-run", -1, 10)).toEqual([]);
    expect(await opened.store.head("no-such-run")).toBeUndefined();
    expect(await opened.store.head("../..")).toBeUndefined();
    expect(await opened.store.read("../..", -1, 10)).toEqual([]);
  });

  test("the head follows every append and says when the run has ended", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    const expectHead = async (size: number, ended: boolean) => {
      const hash = (await store.read("run-1", size - 2, 1))[0]?.record.hash;
      expect(await store.head("run-1")).toEqual({ runId: "run-1", size, hash, completed: ended });
    };
    await store.append("run-1", 0, [created("run-1")]);
    await expectHead(1, false);
    await store.append("run-1", 1, notes(1, 3));
    await expectHead(4, false);
    await store.append("run-1", 4, [completed()]);
    await expectHead(5, true);
  });

  test("a record whose payload speaks of the end does not end the run", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    const liar = { ...note(1), actor: '"event_type":"run.completed"', data: { event_type: "run.completed" } };
    await store.append("run-1", 0, [created("run-1"), liar]);
    const again = subject.outlivesProcess ? await opened.reopen() : store;
    expect(await again.head("run-1")).toMatchObject({ size: 2, completed: false });
  });
}
