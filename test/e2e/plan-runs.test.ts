import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lives, pidsIn } from "../effects/support/processes.ts";
import { planText } from "../cli/support/plan-files.ts";
import type { TestJob } from "../cli/support/plan-files.ts";
import { ANY_COMMAND, commandBench, startServe } from "./support/command-bench.ts";
import type { CommandBench, CommandEnd } from "./support/command-bench.ts";

let bench: CommandBench;
beforeEach(async () => {
  bench = await commandBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

const GATED: readonly TestJob[] = [
  { key: "build", shell: "echo built" },
  { key: "ship", needs: ["build"], gate: "manual", shell: "echo shipped >> effects" },
];

/** A job that leaves its process id, and ends when the file `go` is there. */
const HELD = "echo $$ >> pids; until [ -e go ]; do sleep 0.02; done";

async function runPlan(jobs: readonly TestJob[], argv: readonly string[]): Promise<CommandEnd> {
  return await bench.run(["run", "-", ...argv], { input: planText(jobs) });
}

async function pidsOf(count: number): Promise<readonly number[]> {
  const file = join(bench.directory, "pids");
  await expect.poll(() => pidsIn(file).length, { timeout: 30_000 }).toBe(count);
  return pidsIn(file);
}

const ESCAPE = "\u001B";

describe("run tells by its exit code what became of a plan", () => {
  it("0 and a summary in the order of the plan, without escape codes in pipes", async () => {
    const { code, out, err } = await runPlan(
      [
        { key: "b", needs: ["a"], shell: "true" },
        { key: "a", shell: "true" },
      ],
      ["--run-id", "good"],
    );
    expect(code).toBe(0);
    expect(out).toMatch(/✓ succeeded {4}b[^]*✓ succeeded {4}a/);
    expect(err).toMatch(/^Run good: plan tested, 2 jobs, embedded in .*\n▸ started {6}a\n/);
    expect(out + err).not.toContain(ESCAPE);
  });

  it("1 when a job has failed, and JSON alone on standard output", async () => {
    const jobs = [
      { key: "bad", shell: "exit 3", attempts: 2 },
      { key: "next", needs: ["bad"], shell: "true" },
    ];
    const { code, out } = await runPlan(jobs, ["--run-id", "bad-1", "--json"]);
    expect(code).toBe(1);
    expect(out.trimEnd()).not.toContain("\n");
    expect(JSON.parse(out)).toMatchObject({
      run_id: "bad-1",
      status: "failed",
      jobs: [
        { key: "bad", status: "failed", attempts: 2, reason: "Step 0 failed: exited with code 3" },
        { key: "next", status: "skipped", attempts: 0, reason: "needs bad, which failed" },
      ],
    });
    const status = await bench.run(["status", "bad-1"]);
    expect(status.code).toBe(1);
    expect(status.out).toMatch(/^✗ failed {2}bad-1 {2}tested {2}1 failed, 1 skipped {2}Job bad failed/);
  });

  it("2 when the plan is not valid, with every problem, and nothing is run", async () => {
    const jobs = [
      { key: "a", needs: ["nobody"], shell: "echo x >> effects" },
      { key: "c", stepType: "no.such" },
    ];
    for (const command of ["run", "validate"]) {
      const { code, out, err } = await bench.run([command, "-"], { input: planText(jobs) });
      expect(code, command).toBe(2);
      expect(out + err, command).toContain('names "nobody", and there is no such job');
      expect(out + err, command).toContain("no.such");
    }
    expect(existsSync(join(bench.directory, "effects"))).toBe(false);
  });

  it("3 at a manual gate, which whoever started the run may not pass, and which resume goes on behind", async () => {
    const gated = await runPlan(GATED, ["--run-id", "gated", "--actor", "ann", "--progress", "none"]);
    expect({ code: gated.code, err: gated.err }).toEqual({ code: 3, err: "" });
    expect(gated.out).toContain("Approve: verbatim approve gated ship --actor NAME\n");
    expect((await bench.run(["status", "gated"])).code).toBe(3);
    expect((await bench.run(["approve", "gated", "ship", "--actor", "ann"])).code).toBe(7);
    const approved = await bench.run(["approve", "gated", "ship", "--actor", "bob"]);
    expect(approved.code).toBe(0);
    expect(approved.out).toContain("go on with: verbatim resume gated");
    const resumed = await bench.run(["resume", "gated", "--actor", "ann"]);
    expect(resumed.code).toBe(0);
    expect(resumed.err).not.toContain("build");
    expect(await readFile(join(bench.directory, "effects"), "utf8")).toBe("shipped\n");
  });
});

describe("run --wait in a machine of its own", () => {
  it("is found by another process, which approves, and goes on; its word is taken away afterwards", async () => {
    const run = bench.start(["run", "-", "--run-id", "waits", "--actor", "ann", "--wait"], { input: planText(GATED) });
    await run.says(/Waiting for the word of others: verbatim approve waits ship/);
    expect((await bench.run(["approve", "waits", "ship", "--actor", "bob"])).out).toContain("ship: approved by bob\n");
    const { code, out } = await run.ended;
    expect(code).toBe(0);
    expect(out).toContain("Status: ✓ succeeded\n");
    expect(existsSync(join(bench.directory, ".verbatim/server.json"))).toBe(false);
  });

  it("left by a signal while it waits is 130, and the run can be gone on with", async () => {
    const run = bench.start(["run", "-", "--run-id", "left", "--actor", "ann", "--wait"], { input: planText(GATED) });
    await run.says(/Waiting for the word/);
    run.child.kill("SIGINT");
    expect((await run.ended).code).toBe(130);
    expect((await bench.run(["status", "left"])).code).toBe(3);
  });
});

describe("a signal to a command that runs a plan", () => {
  const PAIR: readonly TestJob[] = [
    { key: "first", shell: HELD },
    { key: "second", needs: ["first"], shell: "echo second >> effects" },
  ];

  it("lets what runs end, starts nothing more, and the run can be resumed", async () => {
    const run = bench.start(["run", "-", "--run-id", "stopped"], { input: planText(PAIR) });
    await pidsOf(1);
    run.child.kill("SIGINT");
    await run.says(/interrupted by SIGINT: no more jobs are started/);
    await bench.file("go", "");
    const { code, out } = await run.ended;
    expect(code).toBe(130);
    expect(out).toMatch(/✓ succeeded {4}first/);
    expect(out).toContain("Go on: verbatim resume stopped\n");
    expect(existsSync(join(bench.directory, "effects"))).toBe(false);
    expect((await bench.run(["status", "stopped"])).code).toBe(6);
    expect((await bench.run(["resume", "stopped"])).code).toBe(0);
    expect(await readFile(join(bench.directory, "effects"), "utf8")).toBe("second\n");
    expect(pidsIn(join(bench.directory, "pids"))).toHaveLength(1);
  });

  it("ends all at once when it comes again, and leaves no process behind", async () => {
    await bench.file("verbatim.yaml", ANY_COMMAND.replace('["*"]', '["*"], kill_grace_ms: 60000'));
    const run = bench.start(["run", "-", "--run-id", "killed"], { input: planText(PAIR) });
    const pids = await pidsOf(1);
    run.child.kill("SIGINT");
    await run.says(/once more ends them at once/);
    const again = (): number | null => {
      run.child.kill("SIGTERM");
      return run.child.exitCode;
    };
    await expect.poll(again, { timeout: 30_000 }).toBe(143);
    await expect.poll(() => pids.filter(lives)).toEqual([]);
    expect(existsSync(join(bench.directory, ".verbatim/server.json"))).toBe(false);
    const summary = await bench.run(["summary", "killed"]);
    expect(summary.out).toMatch(/\? in doubt {5}first/);
  });

  it("leaves a run on a server alone, says how to stop it, and cancel stops it", async () => {
    const { address } = await startServe(bench);
    const run = bench.start(["run", "-", "--run-id", "far"], { input: planText(PAIR) });
    const pids = await pidsOf(1);
    run.child.kill("SIGINT");
    const { code, err } = await run.ended;
    expect(code).toBe(130);
    expect(err).toContain(`the run goes on at ${address}`);
    expect(pids.filter(lives)).toEqual(pids);
    const cancelled = await bench.run(["cancel", "far", "--reason", "enough", "--actor", "bob"]);
    expect({ code: cancelled.code, out: cancelled.out }).toEqual({
      code: 0,
      out: "■ cancelled  far  cancelled by bob: enough\n",
    });
    expect(pids.filter(lives)).toEqual([]);
  });
});

describe("runs of plans and of jobs", () => {
  it("stand in one list, and what a step of a plan's job has put out is shown", async () => {
    await bench.run(["exec", "-", "--job-id", "direct"], {
      input: "steps:\n  - {step_type: command.run, target: x, parameters: {argv: ['true']}}\n",
    });
    await runPlan([{ key: "build", shell: "echo built; echo oops >&2; exit 1" }], ["--run-id", "planned"]);
    const listed = await bench.run(["runs"]);
    expect(listed.out).toMatch(/^✗ failed {2}planned .* plan tested .*\n■ ended {3}direct /);
    const filtered = await bench.run(["runs", "--status", "failed", "--name", "test", "--json"]);
    const { runs } = JSON.parse(filtered.out) as { readonly runs: readonly { readonly run_id: string }[] };
    expect(runs.map((run) => run.run_id)).toEqual(["planned"]);
    const shown = await bench.run(["show", "planned", "--job", "build"]);
    expect(shown.out).toMatch(/✗ failed {5}0 {2}command\.run/);
    expect(shown.out).toContain("      built\n      oops\n");
    const output = await bench.run(["show", "planned", "--job", "build", "--output", "0"]);
    expect(JSON.parse(output.out)).toMatchObject({ exit_code: 1, stdout: { text: "built\n" } });
    expect((await bench.run(["show", "planned", "--job", "build", "--attempt", "4"])).code).toBe(2);
    expect((await bench.run(["events", "planned", "--tail", "1"])).out).toContain('"run.completed"');
  });
});
