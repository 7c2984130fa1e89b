import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { WakeUps } from "../../src/evidence/wake-ups.ts";

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
