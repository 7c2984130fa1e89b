import { describe, expect, it } from "vitest";
import { exitOfFollowed, exitOfRun } from "../../src/cli/exit-of-run.ts";
import { toldJob, toldRunOf } from "./support/tracked-runs.ts";

const atGate = [toldJob("a", { gateOpen: true })];

describe("the exit code of a plan's run", () => {
  it.each([
    ["succeeded", 0],
    ["failed", 1],
    ["cancelled", 1],
    ["rolled_back", 1],
    ["blocked", 6],
    ["executing", 6],
    ["rolling_back", 6],
  ] as const)("of a run that is %s is %i", (status, code) => {
    expect(exitOfRun(toldRunOf([toldJob("a")], { status }))).toBe(code);
  });

  it("of a run at a gate is 3, and that of a signal if one is why it was left", () => {
    const blocked = toldRunOf(atGate, { status: "blocked" });
    expect(exitOfFollowed(blocked, new AbortController().signal)).toBe(3);
    expect(exitOfFollowed(blocked, AbortSignal.abort("SIGTERM"))).toBe(143);
    expect(exitOfFollowed(toldRunOf(atGate, { status: "executing" }), AbortSignal.abort("SIGINT"))).toBe(130);
    expect(exitOfFollowed(toldRunOf([], { status: "succeeded" }), AbortSignal.abort("SIGINT"))).toBe(0);
    expect(exitOfFollowed(toldRunOf([], { status: "failed" }), AbortSignal.abort("SIGINT"))).toBe(1);
  });
});
