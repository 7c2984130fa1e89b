import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCheckCommand } from "#effects";
import type { CheckCommand, StepOutput } from "#effects";
import type { JsonObject } from "#model";
import { sh } from "../support/bench-of-commands.ts";
import { realClock } from "../support/clock.ts";
import { performStep } from "../support/perform-step.ts";

let check: CheckCommand;

beforeEach(() => {
  check = createCheckCommand({
    executables: ["sh"],
    workingDirectories: ["/tmp"],
    environment: { values: {} },
    outputBytes: 1000,
    clock: realClock,
  });
});
afterEach(async () => await check[Symbol.asyncDispose]());

const run = (parameters: JsonObject): Promise<StepOutput> => performStep(check, parameters);
const failed = (error: RegExp): object => ({
  success: false,
  errorClass: "validation_failed",
  error: expect.stringMatching(error) as unknown,
});

describe("the check by a command", () => {
  it("passes when exit and output are as expected, on whichever stream", async () => {
    const argv = sh("echo all well; echo warning 7 >&2; exit 3");
    const said = await run({
      argv,
      exit_codes: [0, 3],
      output_contains: "all well",
      output_matches: "^warning [0-9]$",
    });
    expect(said).toMatchObject({ success: true, output: { exit_code: 3, stdout: { text: "all well\n" } } });
  });

  it("fails by validation when the exit or the output is another, and keeps what came out", async () => {
    expect(await run({ argv: sh("echo no >&2; exit 1") })).toMatchObject(failed(/^exited with code 1: no$/));
    expect(await run({ argv: sh("kill -KILL $$") })).toMatchObject(failed(/killed by SIGKILL/));
    const said = await run({ argv: sh("echo here"), output_contains: "there", output_matches: "^ere" });
    expect(said).toMatchObject(failed(/does not contain "there" and has no line that matches \^ere$/));
    expect(said.output).toMatchObject({
      stdout: { text: "here\n", sha256: createHash("sha256").update("here\n").digest("hex") },
    });
  });

  it("says when it looked at a part of the output only, and never passes by what it did not see", async () => {
    const argv = sh("head -c 2000 /dev/zero | tr '\\0' x; echo needle");
    expect(await run({ argv, output_contains: "needle" })).toMatchObject(failed(/longer than what is kept/));
  });

  it("leaves it to the machinery of commands what may run, and how that failed", async () => {
    expect(await run({ argv: ["ls"] })).toMatchObject({ success: false, errorClass: "sandbox_violation" });
    expect(
      check.checkParameters({ argv: ["ls"], exit_codes: [300], expected_exit_codes: [0], output_matches: "(" }),
    ).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ field: "argv[0]" }),
        expect.objectContaining({ field: "exit_codes[0]" }),
        expect.objectContaining({
          field: "expected_exit_codes",
          description: expect.stringContaining("is no parameter of check.command") as unknown,
        }),
        expect.objectContaining({ field: "output_matches" }),
      ]),
    );
  });

  it("is stopped as a command is", async () => {
    const stop = new AbortController();
    const running = performStep(check, { argv: sh("while :; do sleep 1; done") }, { signal: stop.signal });
    setImmediate(() => stop.abort());
    expect(await running).toMatchObject({ success: false });
  });
});
