import { describe, expect, it } from "vitest";
import type { ExecutionResult } from "#model";
import { exitOfJob } from "../../src/cli/exit-of-job.ts";
import { failedRun, step } from "./support/results.ts";

const QUIET = new AbortController().signal;

function ended(by: Partial<ExecutionResult["stepResults"][number]>): ExecutionResult {
  const last = { ...step(0), status: "FAILED", error: "bad", errorClass: "unknown", ...by } as const;
  return { ...failedRun(), stepResults: [last], finalReason: `Step 0 failed: ${last.error}` };
}

describe("the exit code of an ended job", () => {
  const timedOut = ended({ error: "job timed out after 2 s", errorClass: "timeout" });
  const between = {
    ...failedRun(),
    stepResults: [step(0)],
    finalReason: "Stopped before step 1: job timed out after 2 s",
  };
  const cancelled = { ...failedRun(), finalStatus: "CANCELLED" } as const;

  it.each<readonly [string, ExecutionResult, number]>([
    ["whose steps all succeeded", { ...failedRun(), finalStatus: "COMPLETED" }, 0],
    ["of which a step failed", failedRun(), 1],
    ["of which a step passed its own limit", ended({ error: "timed out after 2 s", errorClass: "timeout" }), 1],
    ["that somebody else cancelled", cancelled, 1],
    ["whose time ran out in a step", timedOut, 124],
    ["whose time ran out between two steps", between, 124],
    ["of which a step only claims that the time ran out", ended({ error: "job timed out after 2 s" }), 1],
  ])("%s tells scripts what became of it", (_what, result, code) => {
    expect(exitOfJob(result, QUIET)).toBe(code);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])("that %s cancelled is that of the signal, and of no job that ended by itself", (signal, code) => {
    const interrupted = AbortSignal.abort(signal);
    expect(exitOfJob(cancelled, interrupted)).toBe(code);
    expect(exitOfJob({ ...cancelled, finalStatus: "COMPLETED" }, interrupted)).toBe(0);
    expect(exitOfJob(failedRun(), interrupted)).toBe(1);
  });
});
