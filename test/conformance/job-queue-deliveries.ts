import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { QUEUE_LIMITS } from "#queue";
import type { DatabaseServer } from "../support/database-process.ts";
import { entry, takeNow, takeOne } from "./job-queue-subject.ts";
import type { QueueAdapter, QueueSubject } from "./job-queue-subject.ts";

/** Short for a server, and longer than what a test does in between. */
const STALLED_AFTER_MS = 2500;
/** Longer than any wait that a test means. */
const LONG_MS = 20_000;

/** What is promised of those who wait, and of deliveries. */
export function deliveries(adapter: QueueAdapter, server: () => DatabaseServer | undefined): void {
  let subject: QueueSubject;
  beforeEach(async () => (subject = await adapter.subject(server())));
  afterEach(async () => await subject[Symbol.asyncDispose]());

  describe("a take that waits", () => {
    test("is answered with nothing when its time is over", async () => {
      const queue = await subject.open();
      const waited = queue.take({ max: 1, waitMs: 300, signal: new AbortController().signal });
      expect(await subject.settle(waited)).toEqual([]);
    });

    test("is answered as soon as an entry comes", async () => {
      const queue = await subject.open();
      const waited = takeOne(queue, LONG_MS);
      await queue.enqueue([entry("a")]);
      expect((await waited).id).toBe("a");
    });

    test("is answered with nothing at once when its signal is aborted, before it or during it", async () => {
      const queue = await subject.open();
      const stop = new AbortController();
      const waited = queue.take({ max: 1, waitMs: LONG_MS, signal: stop.signal });
      stop.abort();
      expect(await waited).toEqual([]);
      await queue.enqueue([entry("a")]);
      expect(await queue.take({ max: 1, waitMs: LONG_MS, signal: stop.signal })).toEqual([]);
      expect((await takeOne(queue)).id).toBe("a");
    });
  });

  describe("a delivery that is not settled in time", () => {
    test("is handed out again with another token, and the old one is of no effect", async () => {
      const queue = await subject.open({ stalledAfterMs: STALLED_AFTER_MS });
      await queue.enqueue([entry("a", { priority: 2, attempt: 4 })]);
      const old = await takeOne(queue);
      const anew = await subject.settle(takeOne(queue, LONG_MS));
      expect(anew).toEqual({ ...old, stalls: 1, token: expect.any(String) as string });
      expect(anew.token).not.toBe(old.token);
      await queue.settle(old);
      await queue.postpone(old, { delayMs: 0, attempt: 9 });
      expect(await queue.extend(old)).toBe(false);
      expect(await queue.depth()).toEqual({ due: 0, delayed: 0, taken: 1 });
      expect(await queue.extend(anew)).toBe(true);
      await queue.settle(anew);
      expect(await queue.depth()).toEqual({ due: 0, delayed: 0, taken: 0 });
    });

    test("keeps its entry as long as it is extended", async () => {
      const queue = await subject.open({ stalledAfterMs: STALLED_AFTER_MS });
      await queue.enqueue([entry("a")]);
      const delivery = await takeOne(queue);
      for (let round = 0; round < 3; round++) {
        await subject.pass(STALLED_AFTER_MS * 0.6);
        expect(await queue.extend(delivery)).toBe(true);
        expect(await takeNow(queue)).toEqual([]);
      }
      expect(await subject.settle(takeOne(queue, LONG_MS))).toMatchObject({ id: "a", stalls: 1 });
    });

    test("is of no effect after it was settled, nor after the id came again", async () => {
      const queue = await subject.open();
      await queue.enqueue([entry("a")]);
      const old = await takeOne(queue);
      await queue.settle(old);
      await queue.settle(old);
      await queue.postpone(old, { delayMs: 0, attempt: 9 });
      expect(await queue.extend(old)).toBe(false);
      expect(await queue.depth()).toEqual({ due: 0, delayed: 0, taken: 0 });
      await queue.enqueue([entry("a", { attempt: 2 })]);
      const anew = await takeOne(queue);
      await queue.settle(old);
      await queue.postpone(old, { delayMs: 0, attempt: 9 });
      expect(await queue.extend(old)).toBe(false);
      expect(await queue.depth()).toEqual({ due: 0, delayed: 0, taken: 1 });
      expect(await queue.extend(anew)).toBe(true);
    });
  });

  describe("an entry that is postponed", () => {
    test("is there again at once, with the other attempt and its priority", async () => {
      const queue = await subject.open();
      await queue.enqueue([entry("a", { priority: 6 })]);
      const first = await takeOne(queue);
      await queue.postpone(first, { delayMs: 0, attempt: 2 });
      const second = await takeOne(queue, LONG_MS);
      expect(second).toMatchObject({ id: "a", priority: 6, attempt: 2, stalls: 0 });
      await queue.settle(first);
      expect(await queue.extend(second)).toBe(true);
    });

    test("is there again when its time has come and not before", async () => {
      const queue = await subject.open();
      await queue.enqueue([entry("a")]);
      await queue.postpone(await takeOne(queue), { delayMs: 1200, attempt: 2 });
      expect(await queue.depth()).toEqual({ due: 0, delayed: 1, taken: 0 });
      expect(await takeNow(queue)).toEqual([]);
      expect(await subject.settle(takeOne(queue, LONG_MS))).toMatchObject({ id: "a", attempt: 2 });
    });

    test("has not stalled for its next attempt, whatever it did before", async () => {
      const queue = await subject.open({ stalledAfterMs: STALLED_AFTER_MS });
      await queue.enqueue([entry("a")]);
      await takeOne(queue);
      const stalled = await subject.settle(takeOne(queue, LONG_MS));
      expect(stalled.stalls).toBe(1);
      await queue.postpone(stalled, { delayMs: 0, attempt: 2 });
      expect(await takeOne(queue, LONG_MS)).toMatchObject({ attempt: 2, stalls: 0 });
    });

    test("needs no room of its own, and has the bounds of an entry", async () => {
      const queue = await subject.open({ capacity: 1 });
      await queue.enqueue([entry("a")]);
      const delivery = await takeOne(queue);
      const { delayMs, highestAttempt } = QUEUE_LIMITS;
      const tooLate = queue.postpone(delivery, { delayMs: delayMs + 1, attempt: highestAttempt + 1 });
      await expect(tooLate).rejects.toMatchObject({ code: "INVALID_REQUEST" });
      await queue.postpone(delivery, { delayMs, attempt: highestAttempt });
      expect(await queue.depth()).toEqual({ due: 0, delayed: 1, taken: 0 });
    });
  });
}
