import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openPostgresQueue, openRedisQueue } from "#queue";
import type { JobQueue } from "#queue";
import { entry, takeOne } from "../conformance/job-queue-subject.ts";
import type { DatabaseServer } from "../support/database-process.ts";
import { machineClock } from "../support/machine-clock.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { startRedis } from "../support/redis-server.ts";

const UNAVAILABLE_AFTER_MS = 1000;
/** Beside its bound a call may take as long as a busy machine needs to say so. */
const TOLD_WITHIN_MS = UNAVAILABLE_AFTER_MS + 2000;
const BACK_WITHIN_MS = 10_000;
const times = { clock: machineClock, stalledAfterMs: 2000, unavailableAfterMs: UNAVAILABLE_AFTER_MS };
const newToken = (): string => crypto.randomUUID();

const ADAPTERS = [
  { name: "redis", start: startRedis, open: (url: string) => openRedisQueue({ url, newToken, ...times }) },
  { name: "postgres", start: startPostgres, open: (url: string) => openPostgresQueue({ url, ...times }) },
];

/** The fault's code, or what was answered instead. */
async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    (answer) => ({ answer }),
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
  );
}

/** Every call of a queue whose server is away, made at once, and for how long the slowest one took. */
async function everyCall(queue: JobQueue): Promise<{ readonly codes: readonly unknown[]; readonly ms: number }> {
  const delivery = { id: "x", priority: 0, attempt: 1, stalls: 0, token: "00000000-0000-4000-8000-000000000000:0" };
  const startMs = performance.now();
  const calls = [
    queue.enqueue([entry("while-away")]),
    queue.take({ max: 5, waitMs: 60_000, signal: new AbortController().signal }),
    queue.settle(delivery),
    queue.postpone(delivery, { delayMs: 0, attempt: 2 }),
    queue.extend(delivery),
    queue.depth(),
  ];
  const codes = await Promise.all(calls.map(codeOf));
  return { codes, ms: performance.now() - startMs };
}

/** Asks again until it is answered. @throws the last fault when the bound is over. */
async function untilBack<T>(ask: () => Promise<T>): Promise<T> {
  const endMs = performance.now() + BACK_WITHIN_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** Takes and settles until each of these was seen, and gives for how long. */
async function workOff(queue: JobQueue, ids: readonly string[]): Promise<number> {
  const startMs = performance.now();
  const left = new Set(ids);
  while (left.size > 0) {
    const delivery = await takeOne(queue, BACK_WITHIN_MS);
    await queue.settle(delivery);
    left.delete(delivery.id);
  }
  return performance.now() - startMs;
}

describe.each(ADAPTERS)("the queue $name, when its server goes away in the middle of the work", ({ start, open }) => {
  let server: DatabaseServer;
  let queue: JobQueue;
  beforeEach(async () => {
    server = await start();
    queue = await open(server.url);
    await queue.enqueue([entry("held", { priority: 9 }), entry("a"), entry("b"), entry("later", { delayMs: 500 })]);
    expect((await takeOne(queue)).id).toBe("held");
  });
  afterEach(async () => {
    await queue.close();
    await server[Symbol.asyncDispose]();
  });

  const refusedWithinTheBound = async (): Promise<void> => {
    const { codes, ms } = await everyCall(queue);
    expect(codes).toEqual(Array.from(codes, () => "QUEUE_UNAVAILABLE"));
    expect(ms).toBeLessThan(TOLD_WITHIN_MS);
  };

  test("by a kill, every call is refused in its time, and the work goes on when it is back", async () => {
    await server.kill();
    await refusedWithinTheBound();
    await refusedWithinTheBound();
    await server.start();
    await untilBack(async () => await queue.enqueue([entry("new")]));
    expect(await workOff(queue, ["a", "b", "held", "later", "new"])).toBeLessThan(BACK_WITHIN_MS);
  });

  test("by a stop, every call is refused in its time, and the work goes on when it is back", async () => {
    await server.signal("SIGSTOP");
    await refusedWithinTheBound();
    await refusedWithinTheBound();
    await server.signal("SIGCONT");
    await untilBack(async () => await queue.enqueue([entry("new")]));
    expect(await workOff(queue, ["a", "b", "held", "later", "new"])).toBeLessThan(BACK_WITHIN_MS);
  });

  test("those who wait for an entry are told in time", async () => {
    await workOff(queue, ["held", "a", "b", "later"]);
    const waiting = codeOf(queue.take({ max: 1, waitMs: 60_000, signal: new AbortController().signal }));
    const startMs = performance.now();
    await server.kill();
    expect(await waiting).toBe("QUEUE_UNAVAILABLE");
    expect(performance.now() - startMs).toBeLessThan(TOLD_WITHIN_MS);
  });

  test("one that comes back empty is of use again, and is filled from outside", async () => {
    await server.kill();
    await refusedWithinTheBound();
    await server.startEmpty();
    expect(await untilBack(async () => await queue.depth())).toEqual({ due: 0, delayed: 0, taken: 0 });
    await queue.enqueue([entry("held"), entry("a"), entry("b")]);
    expect(await workOff(queue, ["held", "a", "b"])).toBeLessThan(BACK_WITHIN_MS);
  });

  test("a queue that is opened while it is away is of use when it comes", async () => {
    await server.kill();
    const late = await open(server.url);
    try {
      expect(await codeOf(late.depth())).toBe("QUEUE_UNAVAILABLE");
      await server.start();
      expect(await untilBack(async () => await late.depth())).toMatchObject({ taken: 1 });
    } finally {
      await late.close();
    }
  });
});
