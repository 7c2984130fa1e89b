import { expect, test } from "vitest";
import { Fault } from "#model";
import { ServerCalls } from "../../src/queue/server-calls.ts";
import { ManualClock } from "../support/clock.ts";

const silent = async (): Promise<never> => await new Promise(() => undefined);

test("a call that is not answered fails at its bound and not before, and leaves no timer behind", async () => {
  const clock = new ManualClock();
  const calls = new ServerCalls({ server: "The server", clock, unavailableAfterMs: 1000 });
  const ends: unknown[] = [];
  const call = calls.call(silent).catch((error: unknown) => ends.push(error));
  clock.advance(999);
  await new Promise((resolve) => setImmediate(resolve));
  expect(ends).toEqual([]);
  clock.advance(1);
  await call;
  expect(ends).toMatchObject([
    { code: "QUEUE_UNAVAILABLE", message: expect.stringContaining("no answer for 1000 ms") as string },
  ]);
  expect(await calls.call(async () => 7)).toBe(7);
  expect(clock.armed).toBe(0);
});

test("a call that fails is unavailability, but a fault stays what it is", async () => {
  const calls = new ServerCalls({ server: "The server", clock: new ManualClock(), unavailableAfterMs: 1000 });
  const refused = calls.call(async () => await Promise.reject(new Error("ECONNREFUSED")));
  await expect(refused).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE", cause: { message: "ECONNREFUSED" } });
  const full = calls.call(async () => await Promise.reject(new Fault("LIMIT_EXCEEDED", "full")));
  await expect(full).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
});

test("the end of all calls is waited for, however they end", async () => {
  const clock = new ManualClock();
  const calls = new ServerCalls({ server: "The server", clock, unavailableAfterMs: 1000 });
  const told = Promise.allSettled([calls.call(silent), calls.call(silent)]);
  const ended = calls.ended();
  clock.advance(1000);
  await ended;
  expect((await told).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});
