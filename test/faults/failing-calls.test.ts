import { describe, expect, it } from "vitest";
import { lacks } from "../support/needs.ts";
import { failOnce } from "./failing-calls.ts";
import type { Failure } from "./failing-calls.ts";

/** `npm run faults:calls` lets each call fail, here it is one in so many, the further the fewer. */
const EACH = process.env["VERBATIM_FAULT_CALLS"] === "each";
const MINUTES = 60_000;
const MOST_CALLS = 1000;

const SHORT: readonly (readonly [Failure["call"], readonly Failure["error"][]])[] = [
  ["open", ["EMFILE"]],
  ["write", ["ENOSPC"]],
  ["sync", ["EIO"]],
  ["rename", ["EIO"]],
];
const ALL: typeof SHORT = [
  ["open", ["EMFILE", "EIO", "ENOSPC"]],
  ["write", ["EIO", "ENOSPC"]],
  ["sync", ["EIO", "ENOSPC"]],
  ["rename", ["EIO", "ENOSPC"]],
];

const CASES = (["sqlite", "jsonl"] as const).flatMap((store) =>
  (EACH ? ALL : SHORT).flatMap(([call, errors]) => errors.map((error) => ({ store, call, error }))),
);

/** 1, 2, 3, ... or 1, 2, 4, 7, 12, 19, ... */
function after(number: number): number {
  return EACH ? number + 1 : number + Math.ceil(number * 0.6);
}

describe.skipIf(lacks("strace"))("P1 P5 a call of the operating system that fails", () => {
  it.each(CASES)(
    "tells nothing that is lost, and is followed by no word of success ($store, $call, $error)",
    async ({ store, call, error }) => {
      const problems: string[] = [];
      let met = 0;
      for (let number = 1; number < MOST_CALLS; number = after(number)) {
        const report = await failOnce({ store, call, error, number });
        problems.push(...report.problems);
        if (!report.met) break;
        met += 1;
      }
      expect(problems).toEqual([]);
      // What was not met was not tested.
      expect(met).toBeGreaterThan(call === "rename" ? 0 : 2);
    },
    (EACH ? 30 : 4) * MINUTES,
  );
});
