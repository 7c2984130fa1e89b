import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { executionResultToEvidence } from "#evidence";
import { resultOf } from "#api";
import { startHouse, STEP_TYPES, stepType } from "../../api/support/house.ts";
import type { House } from "../../api/support/house.ts";
import { runCommand, startCommand } from "../support/house-host.ts";

let house: House;
let performed: string[];
beforeEach(async () => {
  performed = [];
  const count = stepType("test.count", (step) => {
    performed.push(step.target);
    return { success: true, output: performed.length };
  });
  const picky = {
    ...stepType("test.picky", () => ({ success: true, output: null })),
    checkParameters: () => [{ field: "argv[1]", description: "is not to its taste" }],
  };
  house = await startHouse({ stepTypes: [...STEP_TYPES, count, picky] });
});
afterEach(() => house[Symbol.asyncDispose]());

function jobOf(stepTypes: readonly string[], members: object = {}): string {
  const steps = stepTypes.map((step_type, index) => ({ step_type, target: `t${index}` }));
  return JSON.stringify({ ...members, steps }, null, 1);
}

describe("exec", () => {
  it("shows each step as it ends and the summary after it, and ends with 0", async () => {
    const { code, out, err } = await runCommand(house, ["exec", "-"], jobOf(["test.count", "test.echo"]));
    expect(code).toBe(0);
    expect(performed).toEqual(["t0"]);
    expect(err).toMatch(/^Run new-id-1: 2 steps, the house\n✓ completed {2}0 .*\n✓ completed {2}1 .*\n$/);
    expect(out).toMatch(/^Run Summary: new-id-1\n=+\nStatus: ✓ COMPLETED\n/);
    const head = await house.store.head("new-id-1");
    expect(out).toContain(
      `Log: 8 records, head ${head?.hash}\nVerify: verbatim verify new-id-1 --head ${head?.hash}\n`,
    );
  });

  it("gives with --json the evidence of the run and nothing else on standard output", async () => {
    const { code, out, err } = await runCommand(
      house,
      ["exec", "-", "--json", "--progress", "none"],
      jobOf(["test.echo", "test.fail", "test.count"]),
    );
    expect(code).toBe(1);
    expect(err).toBe("");
    const { result, logHead } = await house.client.executor.getJob({ jobId: "new-id-1" });
    if (result === undefined) throw new Error("the job has no result");
    expect(JSON.parse(out)).toEqual({
      ...executionResultToEvidence(resultOf(result)),
      log: { records: 8, head: logHead },
    });
    expect(performed).toEqual([]);
  });

  it("attaches to a job that was accepted before, and performs nothing again", async () => {
    const job = jobOf(["test.count"], { job_id: "once" });
    const first = await runCommand(house, ["exec", "-"], job);
    const second = await runCommand(house, ["exec", "-"], job);
    expect(performed).toEqual(["t0"]);
    expect(second.code).toBe(0);
    expect(second.out).toBe(first.out);
    expect(first.err).not.toContain("accepted before");
    expect(second.err).toContain("accepted before: attached to it");
  });

  it("refuses the same id for another job with exit code 6", async () => {
    await runCommand(house, ["exec", "-", "--job-id", "once"], jobOf(["test.count"]));
    const { code, err } = await runCommand(house, ["exec", "-", "--job-id", "once"], jobOf(["test.echo"]));
    expect(code).toBe(6);
    expect(err).toContain("Job id once was used for another request");
    expect(performed).toEqual(["t0"]);
  });

  it("tells what the server finds wrong by the lines of the file", async () => {
    const job =
      "steps:\n- step_type: test.picky\n  parameters:\n    argv:\n    - a\n    - b\n- step_type: test.picky\n";
    const { code, err } = await runCommand(house, ["exec", "-"], job);
    expect(code).toBe(2);
    expect(err).toBe(`verbatim: The job in stdin is not valid.
  stdin:6  steps[0].parameters.argv[1] is not to its taste
  stdin:7  steps[1].parameters.argv[1] is not to its taste
`);
  });

  it("tells by its line which step type is not known here, and runs nothing", async () => {
    const job = "steps:\n- step_type: test.count\n- step_type: mail.send\n";
    const { code, out } = await runCommand(house, ["exec", "-", "--json"], job);
    expect(code).toBe(6);
    expect(performed).toEqual([]);
    expect(JSON.parse(out)).toMatchObject({
      error: {
        code: "ADMISSION_REFUSED",
        message: "The job in stdin is not admitted.",
        violations: [{ field: "stdin:3" }, { field: "stdin:1" }],
      },
    });
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])("cancels the job at %s, waits for its end and shows it", async (signal, exit) => {
    const { fake, ended } = startCommand(house, ["exec", "-"], jobOf(["test.echo", "test.wait", "test.count"]));
    await expect.poll(() => fake.stderr.text, { timeout: 10_000 }).toContain("completed");
    fake.interrupt.abort(signal);
    const { code, out, err } = await ended;
    expect(code).toBe(exit);
    expect(err).toContain(`interrupted by ${signal}: cancelling new-id-1; once more leaves at once.\n`);
    expect(out).toContain("Status: ■ CANCELLED\n");
    expect(out).toContain(`cancelled by tester: interrupted by ${signal}`);
    expect(out).toContain("⊘ not run    2  test.count");
    expect(performed).toEqual([]);
  });

  it("starts nothing if it was interrupted before", async () => {
    const { fake, ended } = startCommand(house, ["exec", "-"], jobOf(["test.count"]));
    fake.interrupt.abort("SIGINT");
    expect((await ended).code).toBe(130);
    expect(performed).toEqual([]);
  });

  it("runs a job without steps, which succeeds", async () => {
    const { code, out } = await runCommand(house, ["exec", "-"], "steps: []");
    expect(code).toBe(0);
    expect(out).toContain("Steps: 0 total (0 completed, 0 failed)\n");
  });
});
