import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lives, pidsIn } from "../effects/support/processes.ts";
import { ANY_COMMAND, commandBench, shellStep, startServe } from "./support/command-bench.ts";
import type { CommandBench } from "./support/command-bench.ts";

let bench: CommandBench;
beforeEach(async () => {
  bench = await commandBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

/** The process ids that the steps of a job have written, once there are so many. */
async function pidsOf(count: number): Promise<readonly number[]> {
  const file = join(bench.directory, "pids");
  await expect.poll(() => pidsIn(file).length, { timeout: 30_000 }).toBe(count);
  return pidsIn(file);
}

/** A step with a child and a grandchild that would run for ten minutes. */
const TREE = shellStep("tree", "sh -c 'echo $$ >> pids; exec sleep 600' & echo $$ >> pids; sleep 600");

describe("a signal to a command that runs a job", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s cancels the job, ends all its processes, is recorded, and is exit code %i", async (signal, exit) => {
    const job = `job_id: stopped\nsteps:\n${TREE}${shellStep("next", "touch must-not-exist")}`;
    const exec = bench.start(["exec", "-", "--executed-by", "me"], { input: job });
    const pids = await pidsOf(2);
    exec.child.kill(signal);
    const { code, out, err } = await exec.ended;
    expect(code).toBe(exit);
    expect(err).toContain(`interrupted by ${signal}: cancelling stopped`);
    expect(out).toContain("Status: ■ CANCELLED\n");
    expect(pids.filter(lives)).toEqual([]);
    const { out: log } = await bench.run(["events", "stopped", "--tail", "1"]);
    expect(JSON.parse(log)).toMatchObject({ event_type: "run.completed", status: "cancelled" });
    await expect(readFile(join(bench.directory, "must-not-exist"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("cancels it on a server too, and the server goes on", async () => {
    const { server } = await startServe(bench);
    const exec = bench.start(["exec", "-"], { input: `steps:\n${TREE}` });
    const pids = await pidsOf(2);
    exec.child.kill("SIGINT");
    expect((await exec.ended).code).toBe(130);
    expect(pids.filter(lives)).toEqual([]);
    expect((await bench.run(["exec", "-"], { input: `steps:\n${shellStep("x", "true")}` })).code).toBe(0);
    server.child.kill("SIGINT");
    expect((await server.ended).code).toBe(0);
  });

  it("leaves at once when it comes a second time, and the next start says that the step is in doubt", async () => {
    await bench.file("verbatim.yaml", ANY_COMMAND.replace('["*"]', '["*"], kill_grace_ms: 60000'));
    const stubborn = shellStep("stubborn", "trap '' TERM; echo $$ >> pids; while :; do sleep 0.1; done");
    const exec = bench.start(["exec", "-", "--job-id", "left"], { input: `steps:\n${stubborn}` });
    const [pid = 0] = await pidsOf(1);
    try {
      exec.child.kill("SIGINT");
      await exec.says(/cancelling left/);
      // Again and again, because two signals closer than 250 ms are one press of a key, handed on by npm.
      const again = (): number | null => {
        exec.child.kill("SIGTERM");
        return exec.child.exitCode;
      };
      await expect.poll(again, { timeout: 30_000 }).toBe(143);
      expect(exec.out()).toBe("");
    } finally {
      process.kill(pid, "SIGKILL");
    }
    expect((await bench.run(["show", "left"])).out).toContain("? in doubt   0  command.run     stubborn");
  });

  it("that npm hands on a second time at once is still the first", async () => {
    const exec = bench.start(["exec", "-"], { input: `steps:\n${TREE}` });
    const pids = await pidsOf(2);
    exec.child.kill("SIGINT");
    exec.child.kill("SIGINT");
    const { code, out } = await exec.ended;
    expect(code).toBe(130);
    expect(out).toContain("Status: ■ CANCELLED\n");
    expect(pids.filter(lives)).toEqual([]);
  });
});

describe("a reader that goes away", () => {
  it("ends a command that only reads, quietly and at once", async () => {
    await bench.run(["exec", "-", "--job-id", "big"], { input: `steps:\n${shellStep("big", "seq 1 200000")}` });
    const show = bench.start(["show", "big", "--output", "0"]);
    show.child.stdout?.once("data", () => show.child.stdout?.destroy());
    const { code, err } = await show.ended;
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });

  it("ends no job: it runs to its end, and the exit code is that of the job", async () => {
    const job = `job_id: unread\nsteps:\n${shellStep("first", "echo $$ >> pids")}${shellStep("then", "until [ -e go ]; do sleep 0.02; done; exit 4")}`;
    const exec = bench.start(["exec", "-"], { input: job });
    await pidsOf(1);
    exec.child.stdout?.destroy();
    exec.child.stderr?.destroy();
    await bench.file("go", "");
    expect((await exec.ended).code).toBe(1);
    expect((await bench.run(["show", "unread"])).out).toContain("exited with code 4");
  });
});
