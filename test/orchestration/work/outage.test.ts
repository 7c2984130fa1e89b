import { describe, expect, test } from "vitest";
import { Fault } from "#model";
import { Outage } from "../../../src/orchestration/work/outage.ts";
import type { OutageEnd } from "../../../src/orchestration/work/outage.ts";
import { ManualClock } from "../../support/clock.ts";

function bench() {
  const clock = new ManualClock();
  const begun: unknown[] = [];
  const ended: OutageEnd[] = [];
  const onBegin = (error: unknown): void => void begun.push(error);
  const onEnd = (end: OutageEnd): void => void ended.push(end);
  return { clock, begun, ended, outage: new Outage({ clock, onBegin, onEnd }) };
}

const GONE = new Fault("QUEUE_UNAVAILABLE", "gone");

describe("an outage", () => {
  test("of an hour is told once when it begins and once when it is over, with how long it was", () => {
    const { clock, begun, ended, outage } = bench();
    for (let second = 0; second < 3600; second++) {
      outage.failed(new Fault("QUEUE_UNAVAILABLE", `for ${second} s`));
      clock.advance(1000);
    }
    expect([begun.length, ended.length, outage.isDown]).toEqual([1, 0, true]);
    expect(outage.answered()).toBe(true);
    expect([outage.answered(), outage.isDown]).toEqual([false, false]);
    clock.advance(2000);
    outage.answered();
    outage.answered();
    expect(ended).toEqual([{ ms: 3_599_000, failures: 3600 }]);
  });

  test("that comes and goes is told as one outage", () => {
    const { clock, begun, ended, outage } = bench();
    for (let times = 0; times < 100; times++) {
      outage.failed(GONE);
      clock.advance(1000);
      expect(outage.answered()).toBe(true);
      clock.advance(1999);
      outage.answered();
    }
    expect([begun.length, ended.length]).toEqual([1, 0]);
    clock.advance(1);
    outage.answered();
    expect(ended).toHaveLength(1);
    outage.failed(GONE);
    expect(begun).toHaveLength(2);
  });

  test("tells of each further kind of failure once", () => {
    const { begun, outage } = bench();
    const other = new Fault("NOT_CONFIGURED", "no such table");
    for (const error of [GONE, other, GONE, other, new Error("odd"), new TypeError("odd too")]) outage.failed(error);
    expect(begun).toEqual([GONE, other, new Error("odd")]);
  });
});
