import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { TURN_MS, WakeUps, WOKEN_AT_ONCE } from "../../src/evidence/wake-ups.ts";
import { ManualClock } from "../support/clock.ts";

test("a wait ends at the next news of its own run and at no other", async () => {
  const wakeUps = new WakeUps();
  const woken: string[] = [];
  const waits = ["run-1", "run-1", "run-2"].map((runId, number) =>
    wakeUps.next(runId).news.then(() => woken.push(`${runId}/${number}`)),
  );
  wakeUps.wake("run-1");
  await Promise.all(waits.slice(0, 2));
  expect(woken).toEqual(["run-1/0", "run-1/1"]);
  expect(wakeUps.size).toBe(1);
  wakeUps.wakeAll();
  await Promise.all(waits);
  expect(wakeUps.size).toBe(0);
});

test("news of a run for which nobody waits is no matter", () => {
  const wakeUps = new WakeUps();
  wakeUps.wake("run-1");
  wakeUps.wakeAll();
  expect(wakeUps.size).toBe(0);
});

test("an abort ends the wait and leaves no listener", async () => {
  const wakeUps = new WakeUps();
  const controller = new AbortController();
  const { news } = wakeUps.next("run-1", controller.signal);
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
  controller.abort();
  await news;
  expect(wakeUps.size).toBe(0);
  expect(getEventListeners(controller.signal, "abort")).toEqual([]);
});

test("a wait with a signal that has aborted is over before it begins", async () => {
  const wakeUps = new WakeUps();
  const signal = AbortSignal.abort();
  await wakeUps.next("run-1", signal).news;
  expect(wakeUps.size).toBe(0);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("news leaves no listener on a signal that did not abort", async () => {
  const wakeUps = new WakeUps();
  const { signal } = new AbortController();
  const { news } = wakeUps.next("run-1", signal);
  wakeUps.wake("run-1");
  await news;
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("a wait that is ended twice, or after its news, ends nobody else's", async () => {
  const wakeUps = new WakeUps();
  const first = wakeUps.next("run-1");
  first.end();
  const second = wakeUps.next("run-1");
  first.end();
  expect(wakeUps.size).toBe(1);
  wakeUps.wake("run-1");
  first.end();
  second.end();
  await Promise.all([first.news, second.news]);
  expect(wakeUps.size).toBe(0);
});

test("ten thousand waits that end in different ways leave nothing behind", async () => {
  const wakeUps = new WakeUps();
  const controller = new AbortController();
  const waits = Array.from({ length: 10_000 }, (_nothing, number) =>
    wakeUps.next(`run-${number % 100}`, number % 3 === 0 ? controller.signal : undefined),
  );
  expect(wakeUps.size).toBe(100);
  for (const wait of waits.filter((_wait, number) => number % 7 === 0)) wait.end();
  for (let run = 0; run < 50; run += 1) wakeUps.wake(`run-${run}`);
  controller.abort();
  wakeUps.wakeAll();
  await Promise.all(waits.map(({ news }) => news));
  expect(wakeUps.size).toBe(0);
  expect(getEventListeners(controller.signal, "abort")).toEqual([]);
});

/** Readers that wait for news again as soon as they were woken; `woken` counts how often each was. */
function crowd(wakeUps: WakeUps, size: number): readonly number[] {
  const woken = Array.from({ length: size }, () => 0);
  const read = async (reader: number): Promise<void> => {
    for (;;) {
      await wakeUps.next("run-1").news;
      woken[reader] = (woken[reader] ?? 0) + 1;
    }
  };
  for (const reader of woken.keys()) void read(reader);
  return woken;
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

test("as many readers as are woken at once wait for no turn", async () => {
  const clock = new ManualClock();
  const wakeUps = new WakeUps(clock);
  const woken = crowd(wakeUps, WOKEN_AT_ONCE);
  for (let news = 0; news < 3; news += 1) {
    wakeUps.wake("run-1");
    await settled();
  }
  expect(new Set(woken)).toEqual(new Set([3]));
  expect(clock.armed).toBe(0);
});

test("a crowd is woken in turns however much news there is, each reader as often as the others, and at last all", async () => {
  const clock = new ManualClock();
  const wakeUps = new WakeUps(clock);
  const woken = crowd(wakeUps, 4 * WOKEN_AT_ONCE + 1);
  for (let turn = 1; turn <= 20; turn += 1) {
    for (let news = 0; news < 10; news += 1) {
      wakeUps.wake("run-1");
      await settled();
    }
    expect(sum(woken)).toBe(turn * WOKEN_AT_ONCE);
    expect(Math.max(...woken) - Math.min(...woken)).toBeLessThanOrEqual(1);
    clock.advance(TURN_MS - 1);
    await settled();
    expect(sum(woken)).toBe(turn * WOKEN_AT_ONCE);
    clock.advance(1);
    await settled();
  }
  const before = [...woken];
  for (let turn = 0; turn < 6; turn += 1) {
    clock.advance(TURN_MS);
    await settled();
  }
  expect(woken.every((times, reader) => times - (before[reader] ?? 0) <= 1)).toBe(true); // of the same news nobody is told twice
  expect(clock.armed).toBe(0);
});

test("when all are woken nobody has to wait for a turn, and a reader who left has none", async () => {
  const clock = new ManualClock();
  const wakeUps = new WakeUps(clock);
  const waits = Array.from({ length: 3 * WOKEN_AT_ONCE }, () => wakeUps.next("run-1"));
  wakeUps.wake("run-1");
  for (const wait of waits.slice(WOKEN_AT_ONCE, 2 * WOKEN_AT_ONCE)) wait.end();
  wakeUps.wakeAll();
  await Promise.all(waits.map(({ news }) => news));
  expect(wakeUps.size).toBe(0);
  expect(clock.armed).toBe(0);
});
