import { describe, expect, it } from "vitest";
import { LIMITS } from "#model";
import { describeEnd } from "../../../../src/effects/step-handlers/command-run/describe-end.ts";
import { failure as failedStep } from "../../../../src/effects/step-handlers/failure.ts";
import { createOutputCapture } from "../../../../src/effects/step-handlers/command-run/output-capture.ts";
import type { CommandEnd } from "../../../../src/effects/step-handlers/command-run/run-command.ts";

const ENDED = {
  kind: "ended",
  exitCode: 0,
  signal: undefined,
  stopped: false,
  outputIncomplete: false,
  leftRunning: { ended: 0, survivors: 0 },
  resources: undefined,
  isolation: { level: "group" },
} as const;

const describeIt = (end: CommandEnd) =>
  describeEnd(end, { program: "tool", capture: createOutputCapture(10), expectedExitCodes: [0], quotesStderr: true });

const failure = (code?: string): Error => Object.assign(new Error("spawn failed"), code === undefined ? {} : { code });

describe("what a step says of its command", () => {
  it("names what was left running and could not be ended, apart from what was", () => {
    const { output } = describeIt({ ...ENDED, outputIncomplete: true, leftRunning: { ended: 2, survivors: 1 } });
    expect(output).toMatchObject({ exit_code: 0, output_incomplete: true, left_running_killed: 2, left_running: 1 });
  });

  it("does not call the tree of a stopped command left behind", () => {
    const { output } = describeIt({ ...ENDED, stopped: true, leftRunning: { ended: 2, survivors: 0 } });
    expect(output).not.toHaveProperty("left_running_killed");
  });

  it("never succeeds when it is not known how the command ended", () => {
    const unknown = describeIt({ ...ENDED, exitCode: undefined });
    expect(unknown).toMatchObject({ success: false, error: "killed by a signal", output: { signal: "unknown" } });
  });

  it.each([
    ["ENOENT", "permanent"],
    ["EACCES", "permanent"],
    ["E2BIG", "permanent"],
    ["EAGAIN", "transient_io"],
    ["ENOMEM", "transient_io"],
    ["EMFILE", "transient_io"],
    ["EWHATEVER", "unknown"],
  ])("classes a start that failed with %s as %s and names the code", (code, errorClass) => {
    const output = describeIt({ kind: "not_started", cause: failure(code) });
    expect(output).toMatchObject({ success: false, output: null, errorClass });
    expect(output.error).toMatch(new RegExp(`^cannot start "tool": .*\\(${code}\\)$`));
  });

  it.each([[failure()], ["text"], [undefined]])("says something of a start that failed with %s", (cause) => {
    expect(describeIt({ kind: "not_started", cause }).error).toBe(
      'cannot start "tool": the system refused (unknown error)',
    );
  });

  it("caps every error at the limit, at the edge and one past it", () => {
    expect(failedStep("x".repeat(LIMITS.errorCharacters), "unknown").error).toBe("x".repeat(LIMITS.errorCharacters));
    const past = failedStep("x".repeat(LIMITS.errorCharacters + 1), "unknown").error ?? "";
    expect(past).toHaveLength(LIMITS.errorCharacters);
    expect(past).toMatch(/x\.\.\.$/);
  });
});
