import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DatabaseServer } from "../support/database-process.ts";
import { entry, takeNow, takeOne } from "./job-queue-subject.ts";
import type { QueueAdapter, QueueSubject } from "./job-queue-subject.ts";

/** What is promised of a queue that is closed. */
export function closing(adapter: QueueAdapter, server: () => DatabaseServer | undefined): void {
  let subject: QueueSubject;
  beforeEach(async () => (subject = await adapter.subject(server())));
  afterEach(async () => await subject[Symbol.asyncDispose]());

  describe("a queue that is closed", () => {
    test("takes no call any more, and may be closed again", async () => {
      const queue = await subject.open();
      await queue.enqueue([entry("a")]);
      const delivery = await takeOne(queue);
      await Promise.all([queue.close(), queue.close()]);
      await queue.close();
      const draining = { name: "Fault", code: "DRAINING" };
      await expect(queue.enqueue([entry("b")])).rejects.toMatchObject(draining);
      await expect(takeNow(queue)).rejects.toMatchObject(draining);
      await expect(queue.settle(delivery)).rejects.toMatchObject(draining);
      await expect(queue.postpone(delivery, { delayMs: 0, attempt: 2 })).rejects.toMatchObject(draining);
      await expect(queue.extend(delivery)).rejects.toMatchObject(draining);
      await expect(queue.depth()).rejects.toMatchObject(draining);
    });

    test("answers those who wait with nothing", async () => {
      const queue = await subject.open();
      const signal = new AbortController().signal;
      const waits = [1, 1000].map(async (max) => await queue.take({ max, waitMs: 60_000, signal }));
      await queue.close();
      expect(await Promise.all(waits)).toEqual([[], []]);
    });

    if (!adapter.durable) return;
    test("has kept what it accepted, for the next one over the same place", async () => {
      const before = await subject.open({ stalledAfterMs: 1500 });
      await before.enqueue([
        entry("due", { priority: 4, attempt: 3 }),
        entry("later", { delayMs: 60_000 }),
        entry("taken"),
      ]);
      await before.enqueue([entry("done", { priority: 9 }), entry("again", { priority: 8 })]);
      await before.settle(await takeOne(before));
      await before.postpone(await takeOne(before), { delayMs: 60_000, attempt: 2 });
      expect((await takeOne(before)).id).toBe("due");
      await before.close();
      const after = await subject.open({ stalledAfterMs: 1500 });
      const ids = new Set<string>();
      while (ids.size < 2) {
        const delivery = await subject.settle(takeOne(after, 20_000));
        ids.add(delivery.id);
        await after.settle(delivery);
      }
      expect([...ids].toSorted()).toEqual(["due", "taken"]);
      expect(await after.depth()).toEqual({ due: 0, delayed: 2, taken: 0 });
    });
  });
}
