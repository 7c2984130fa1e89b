import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { QUEUE_LIMITS } from "#queue";
import type { DatabaseServer } from "../support/database-process.ts";
import { entry, takeNow, takeOne } from "./job-queue-subject.ts";
import type { QueueAdapter, QueueSubject } from "./job-queue-subject.ts";

/** Longer than any wait that a test means. */
const LONG_MS = 20_000;
const idsOf = (deliveries: readonly { readonly id: string }[]): readonly string[] => deliveries.map(({ id }) => id);

/** What is promised of entries that are handed in and handed out. */
export function handingOut(adapter: QueueAdapter, server: () => DatabaseServer | undefined): void {
  let subject: QueueSubject;
  beforeEach(async () => (subject = await adapter.subject(server())));
  afterEach(async () => await subject[Symbol.asyncDispose]());

  describe("entries that are handed in", () => {
    test("come out with everything that was said of them, once", async () => {
      const queue = await subject.open();
      await queue.enqueue([entry("a", { priority: 3, attempt: 7 })]);
      const [delivery, ...more] = await takeNow(queue);
      expect(delivery).toEqual({ id: "a", priority: 3, attempt: 7, stalls: 0, token: expect.any(String) as string });
      expect(more).toEqual([]);
      expect(await takeNow(queue)).toEqual([]);
    });

    test("come out by priority, and then in the order of their coming", async () => {
      const queue = await subject.open();
      await queue.enqueue([entry("c"), entry("a", { priority: 9 }), entry("d"), entry("b", { priority: 1 })]);
      await queue.enqueue([entry("e"), entry("f"), entry("z", { priority: 9 })]);
      expect(idsOf(await takeNow(queue))).toEqual(["a", "z", "b", "c", "d", "e", "f"]);
    });

    test("come out in that order one by one as well", async () => {
      const queue = await subject.open();
      for (const id of ["x", "b", "y", "a"]) await queue.enqueue([entry(id, { priority: id < "c" ? 5 : 2 })]);
      const taken: string[] = [];
      for (let i = 0; i < 4; i++) taken.push((await takeOne(queue)).id);
      expect(taken).toEqual(["b", "a", "x", "y"]);
    });

    test("are not handed out before they are due", async () => {
      const queue = await subject.open();
      await queue.enqueue([entry("later", { delayMs: 1200, priority: 9 }), entry("now")]);
      expect(idsOf(await takeNow(queue))).toEqual(["now"]);
      expect(await queue.depth()).toEqual({ due: 0, delayed: 1, taken: 1 });
      expect((await subject.settle(takeOne(queue, LONG_MS))).id).toBe("later");
    });

    test("are no more than were asked for in one take", async () => {
      const queue = await subject.open();
      const many = Array.from({ length: 1001 }, (_, place) => entry(`many-${place}`));
      await queue.enqueue(many);
      expect(await takeNow(queue, 3)).toHaveLength(3);
      expect(await takeNow(queue, 997)).toHaveLength(997);
      expect(await queue.depth()).toEqual({ due: 1, delayed: 0, taken: 1000 });
    });

    test("may have any form of id up to the longest", async () => {
      const queue = await subject.open();
      const ids = ["7", "a:b:c", "x y/ü\n%", "😀".repeat(64), "i".repeat(QUEUE_LIMITS.idCharacters)];
      await queue.enqueue(ids.map((id) => entry(id)));
      const taken = await takeNow(queue);
      expect(idsOf(taken)).toEqual(ids);
      await Promise.all(taken.map(async (delivery) => await queue.settle(delivery)));
      expect(await queue.depth()).toEqual({ due: 0, delayed: 0, taken: 0 });
    });

    test("go to one taker each, however many ask at the same time", async () => {
      const queue = await subject.open();
      const ids = Array.from({ length: 60 }, (_, place) => `shared-${place}`);
      await queue.enqueue(ids.map((id) => entry(id)));
      const taken = await Promise.all(Array.from({ length: 30 }, async () => await takeNow(queue, 3)));
      expect(idsOf(taken.flat()).toSorted()).toEqual(ids.toSorted());
    });
  });

  describe("an id that is queued already", () => {
    test("stays as it is while it is due", async () => {
      const queue = await subject.open();
      await queue.enqueue([entry("a", { attempt: 1 })]);
      await queue.enqueue([
        entry("a", { attempt: 2, priority: 9, delayMs: 500 }),
        entry("b"),
        entry("b", { attempt: 3 }),
      ]);
      const taken = await takeNow(queue);
      expect(taken.map(({ id, attempt, priority }) => [id, attempt, priority])).toEqual([
        ["a", 1, 0],
        ["b", 1, 0],
      ]);
    });

    test("stays as it is while it is delayed, and while it is taken", async () => {
      const queue = await subject.open();
      await queue.enqueue([entry("later", { delayMs: 60_000 }), entry("taken")]);
      const delivery = await takeOne(queue);
      await queue.enqueue([entry("later"), entry("taken", { attempt: 5 })]);
      expect(await takeNow(queue)).toEqual([]);
      expect(await queue.depth()).toEqual({ due: 0, delayed: 1, taken: 1 });
      await queue.settle(delivery);
      expect(await takeNow(queue)).toEqual([]);
    });

    test("may come again after it was settled", async () => {
      const queue = await subject.open();
      await queue.enqueue([entry("a")]);
      await queue.settle(await takeOne(queue));
      await queue.enqueue([entry("a", { attempt: 2 })]);
      expect(await takeOne(queue)).toMatchObject({ id: "a", attempt: 2, stalls: 0 });
    });
  });

  describe("the room of a queue", () => {
    test("is filled to the edge, and one past it nothing of the batch is accepted", async () => {
      const queue = await subject.open({ capacity: 4 });
      await queue.enqueue([entry("a"), entry("b", { delayMs: 60_000 })]);
      await takeOne(queue);
      const refused = queue.enqueue([entry("c"), entry("d"), entry("e")]);
      await expect(refused).rejects.toMatchObject({ name: "Fault", code: "LIMIT_EXCEEDED" });
      expect(await queue.depth()).toEqual({ due: 0, delayed: 1, taken: 1 });
      await queue.enqueue([entry("c"), entry("d")]);
      expect(await queue.depth()).toEqual({ due: 2, delayed: 1, taken: 1 });
      await expect(queue.enqueue([entry("e")])).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    });

    test("is not needed by what is queued already, and is free again after a settle", async () => {
      const queue = await subject.open({ capacity: 2 });
      await queue.enqueue([entry("a"), entry("b")]);
      await queue.enqueue([entry("b"), entry("a")]);
      await expect(queue.enqueue([entry("a"), entry("c")])).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
      await queue.settle(await takeOne(queue));
      await queue.enqueue([entry("b"), entry("c"), entry("c")]);
      expect(idsOf(await takeNow(queue))).toEqual(["b", "c"]);
    });

    test("is not exceeded by batches that come at the same time", async () => {
      const queue = await subject.open({ capacity: 5 });
      const batches = Array.from(
        { length: 4 },
        async (_, n) => await queue.enqueue([entry(`${n}-a`), entry(`${n}-b`)]),
      );
      const ends = await Promise.allSettled(batches);
      expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
      expect(idsOf(await takeNow(queue))).toHaveLength(4);
    });
  });

  describe("the bounds of the port", () => {
    const { idCharacters, highestPriority, delayMs, highestAttempt, takenAtOnce, waitMs } = QUEUE_LIMITS;

    test("hold at the edge of every member", async () => {
      const queue = await subject.open();
      const edge = entry("e".repeat(idCharacters), { priority: highestPriority, delayMs, attempt: highestAttempt });
      await queue.enqueue([edge, entry("f"), entry("g", { priority: highestPriority, attempt: highestAttempt })]);
      await queue.enqueue([]);
      const [first] = await queue.take({ max: takenAtOnce, waitMs, signal: new AbortController().signal });
      expect(first).toMatchObject({ priority: highestPriority, attempt: highestAttempt });
      expect(await queue.depth()).toEqual({ due: 0, delayed: 1, taken: 2 });
    });

    test("refuse a batch whole with every problem of it", async () => {
      const queue = await subject.open();
      const wrong = [
        entry("fine"),
        entry("x".repeat(idCharacters + 1), { priority: highestPriority + 1 }),
        entry("", { delayMs: delayMs + 1, attempt: highestAttempt + 1 }),
        entry("\uD800", { priority: -1, delayMs: 0.5, attempt: 0 }),
      ];
      const refused = queue.enqueue(wrong);
      await expect(refused).rejects.toMatchObject({ code: "INVALID_REQUEST" });
      const fault = (await refused.catch((error: unknown) => error)) as { violations: readonly { field: string }[] }; // as: just seen
      expect(fault.violations.map(({ field }) => field)).toEqual([
        "entries[1].id",
        "entries[1].priority",
        "entries[2].id",
        "entries[2].delay_ms",
        "entries[2].attempt",
        "entries[3].id",
        "entries[3].priority",
        "entries[3].delay_ms",
        "entries[3].attempt",
      ]);
      expect(await takeNow(queue)).toEqual([]);
    });

    test.each([
      ["nothing", { max: 0, waitMs: 0 }],
      ["one too many", { max: takenAtOnce + 1, waitMs: 0 }],
      ["a wait of a millisecond too long", { max: 1, waitMs: waitMs + 1 }],
    ])("refuse a take that asks for %s", async (_what, asked) => {
      const queue = await subject.open();
      const refused = queue.take({ ...asked, signal: new AbortController().signal });
      await expect(refused).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    });
  });
}
