import { expect, test } from "vitest";
import type { EvidenceStore, StoredRecord } from "#evidence";
import { completed, created, note, notes } from "../evidence/support/drafts.ts";
import { drained, linesOf, seqs, upTo } from "../evidence/support/logs.ts";
import { openStore } from "./evidence-store-subject.ts";
import type { StoreSubject } from "./evidence-store-subject.ts";

const LARGEST_BATCH = 128;

async function opening(store: EvidenceStore, count: number): Promise<void> {
  await store.append("run-1", 0, [created("run-1"), ...notes(1, count - 1)]);
}

/** Asks for the next batch and says whether the answer is there although nothing new was stored. */
function asked(tail: AsyncGenerator<readonly StoredRecord[], void, void>) {
  const state = { settled: false };
  const answer = tail.next().finally(() => {
    state.settled = true;
  });
  return { answer, state };
}

/** Several turns of the event loop: all that was ready has been done. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Readers of a log that is being written. */
export function tailLaws(subject: StoreSubject): void {
  test.each([
    ["the beginning", -1],
    ["the middle", 4],
    ["the last record but one", 8],
  ])("a tail from %s gives the rest and ends after the end of the run", async (_case, afterSeq) => {
    await using opened = openStore(subject);
    const { store } = opened;
    await opening(store, 9);
    await store.append("run-1", 9, [completed()]);
    expect(seqs(await drained(store.tail("run-1", afterSeq)))).toEqual(upTo(9 - afterSeq, afterSeq + 1));
  });

  test.each([9, 10, 1_000_000, Number.MAX_SAFE_INTEGER])(
    "a tail of an ended run of ten records after %i ends without a record",
    async (afterSeq) => {
      await using opened = openStore(subject);
      await opening(opened.store, 9);
      await opened.store.append("run-1", 9, [completed()]);
      expect(await drained(opened.store.tail("run-1", afterSeq))).toEqual([]);
    },
  );

  test.each([10, 1_000_000, Number.MAX_SAFE_INTEGER])(
    "a tail beyond the end after %i gives nothing that stands before and ends with the run",
    async (afterSeq) => {
      await using opened = openStore(subject);
      const { store } = opened;
      await opening(store, 3);
      const reading = drained(store.tail("run-1", afterSeq));
      await store.append("run-1", 3, notes(3, 2));
      await turns();
      await store.append("run-1", 5, [completed()]);
      expect(await reading).toEqual([]);
    },
  );

  test("a tail that starts beyond the end gives what comes behind its start", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await opening(store, 3);
    const reading = drained(store.tail("run-1", 4));
    await turns();
    for (const at of [3, 4, 5]) await store.append("run-1", at, [note(at)]);
    await store.append("run-1", 6, [completed()]);
    expect(seqs(await reading)).toEqual([5, 6]);
  });

  test("a tail of an unknown run is refused and says so", async () => {
    await using opened = openStore(subject);
    await expect(opened.store.tail("no-such-run", -1).next()).rejects.toMatchObject({
      code: "RUN_NOT_FOUND",
      message: "There is no run no-such-run.",
    });
  });

  test("a live tail waits for the next record and gives it once it is durable", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await opening(store, 1);
    const tail = store.tail("run-1", -1);
    expect(seqs((await tail.next()).value ?? [])).toEqual([0]);
    const { answer, state } = asked(tail);
    await turns();
    expect(state.settled).toBe(false);
    await store.append("run-1", 1, [note(1)]);
    expect(seqs((await answer).value ?? [])).toEqual([1]);
    await store.append("run-1", 2, [completed()]);
    expect(seqs((await tail.next()).value ?? [])).toEqual([2]);
    expect(await tail.next()).toEqual({ done: true, value: undefined });
  });

  test("news of another run does not disturb a waiting tail", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await opening(store, 1);
    const tail = store.tail("run-1", 0);
    const { answer, state } = asked(tail);
    await store.append("run-2", 0, [created("run-2"), completed()]);
    await turns();
    expect(state.settled).toBe(false);
    await store.append("run-1", 1, [completed()]);
    expect(seqs((await answer).value ?? [])).toEqual([1]);
  });

  test("several readers, each from its own place and at its own pace, see the same bytes in order", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await opening(store, 2);
    const readers = Array.from({ length: 8 }, async (_nothing, number) => {
      const lines: string[] = [];
      for await (const records of store.tail("run-1", number - 1)) {
        lines.push(...records.map(({ line }) => line));
        if (number % 2 === 1) await turns();
      }
      return lines;
    });
    for (let at = 2; at < 300; at += 3) await store.append("run-1", at, notes(at, 3));
    await store.append("run-1", 302, [completed()]);
    const whole = await linesOf(store, "run-1");
    expect(whole).toHaveLength(303);
    for (const [number, lines] of (await Promise.all(readers)).entries()) expect(lines).toEqual(whole.slice(number));
  });

  test("a slow reader finds every record, in batches of bounded size, after the run has ended", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await opening(store, 1);
    const tail = store.tail("run-1", -1);
    expect(seqs((await tail.next()).value ?? [])).toEqual([0]);
    for (let at = 1; at < 2000; at += 500) await store.append("run-1", at, notes(at, 500));
    await store.append("run-1", 2001, [completed()]);
    const sizes: number[] = [];
    const seen: number[] = [];
    for await (const records of tail) {
      sizes.push(records.length);
      seen.push(...seqs(records));
    }
    expect(seen).toEqual(upTo(2001, 1));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(LARGEST_BATCH);
  });

  test("an abort ends a waiting tail silently", async () => {
    await using opened = openStore(subject);
    await opening(opened.store, 1);
    const controller = new AbortController();
    const tail = opened.store.tail("run-1", 0, { signal: controller.signal });
    const { answer } = asked(tail);
    await turns();
    controller.abort(new Error("the reader left"));
    expect(await answer).toEqual({ done: true, value: undefined });
  });

  test("an abort between two batches ends the tail although there is more", async () => {
    await using opened = openStore(subject);
    await opening(opened.store, 1000);
    const controller = new AbortController();
    const tail = opened.store.tail("run-1", -1, { signal: controller.signal });
    expect((await tail.next()).done).toBe(false);
    controller.abort();
    expect(await tail.next()).toEqual({ done: true, value: undefined });
  });

  test("a tail with a signal that has aborted gives nothing", async () => {
    await using opened = openStore(subject);
    await opening(opened.store, 3);
    expect(await drained(opened.store.tail("run-1", -1, { signal: AbortSignal.abort() }))).toEqual([]);
  });

  test("a reader who leaves takes nothing from the others", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await opening(store, 1);
    const staying = drained(store.tail("run-1", -1));
    expect(await drained(store.tail("run-1", -1), 1)).toHaveLength(1);
    await store.append("run-1", 1, [note(1), completed()]);
    expect(seqs(await staying)).toEqual([0, 1, 2]);
  });

  test("a tail opened in the same turn as the append that ends the run misses nothing", async () => {
    await using opened = openStore(subject);
    const { store } = opened;
    await opening(store, 1);
    const ending = store.append("run-1", 1, [note(1), completed()]);
    const reading = drained(store.tail("run-1", -1));
    await ending;
    expect(seqs(await reading)).toEqual([0, 1, 2]);
  });

  test("a tail that starts before the beginning is our own mistake", async () => {
    await using opened = openStore(subject);
    await opening(opened.store, 1);
    await expect(opened.store.tail("run-1", -2).next()).rejects.toMatchObject({ name: "AssertionFailure" });
  });
}
