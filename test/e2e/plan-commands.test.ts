import { createHash } from "node:crypto";
import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyFile } from "#evidence";
import { PlannedJobStatus, RunStatus } from "../../src/api/gen/verbatim/orchestration/v1/run_pb.ts";
import { until } from "../effects/support/until.ts";
import { planBench } from "./support/plan-bench.ts";
import type { PlanBench } from "./support/plan-bench.ts";

let bench: PlanBench;
beforeAll(async () => {
  bench = await planBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

const shell = (script: string): readonly string[] => ["sh", "-c", script];

interface KeptOutput {
  readonly stdout: { readonly text: string; readonly bytes: number; readonly sha256: string };
}

/** What is kept of the output of a run's only step. */
async function outputOf(runId: string): Promise<KeptOutput> {
  const ended = (await bench.records(runId)).find(({ event_type: type }) => type === "step.succeeded");
  const output = ended?.output as { readonly $blob?: string } | undefined; // an object, or the reference to one
  const text = output?.$blob === undefined ? JSON.stringify(output) : await bench.blob(runId, output.$blob);
  return JSON.parse(text) as KeptOutput; // as command.run puts it out
}

describe("a plan of real commands", () => {
  it("fails with a failed post-check, however well its commands ended, and skips what needs it", async () => {
    const run = await bench.run("post-check", {
      name: "post-check",
      jobs: {
        make: {
          command: shell("echo done"),
          post_checks: [{ step_type: "check.file_exists", parameters: { path: "never-made" } }],
        },
        by_command: { command: "true", post_checks: [{ command: "false" }], continue_on_error: true },
        after: { needs: ["by_command"], command: shell("touch must-not-be") },
      },
    });
    expect(run.status).toBe(RunStatus.FAILED);
    expect(run.jobs.map(({ status }) => status)).toEqual([
      PlannedJobStatus.FAILED,
      PlannedJobStatus.FAILED,
      PlannedJobStatus.SKIPPED,
    ]);
    expect(run.jobs[0]?.errorClass).toBe("validation_failed");
    expect(existsSync(join(bench.directory, "work/must-not-be"))).toBe(false);
  });

  it.each([
    ["lines", "seq 1 20001", Array.from({ length: 20_001 }, (_none, at) => `${at + 1}\n`).join("")],
    ["long-line", "head -c 1048575 /dev/zero | tr '\\0' x; echo", `${"x".repeat(1_048_575)}\n`],
    ["no-end", "printf 'no final newline'", "no final newline"],
  ])(
    "keeps every byte of an output of many lines, one long line, or none that ends: %s",
    async (name, script, said) => {
      expect(await bench.run(name, { name, jobs: { speak: { command: shell(script) } } })).toMatchObject({
        status: RunStatus.SUCCEEDED,
      });
      const { stdout } = await outputOf(name);
      expect(stdout.bytes).toBe(said.length);
      expect(stdout.sha256).toBe(createHash("sha256").update(said).digest("hex"));
      expect(stdout.text === said).toBe(true);
    },
  );

  it("counts and hashes what is more than a megabyte, and goes on with what needs it", async () => {
    const said = "y\n".repeat(2_000_000);
    const jobs = {
      speak: { command: shell("yes | head -n 2000000") },
      after: { needs: ["speak"], command: "true" },
    };
    expect(await bench.run("more", { name: "more", jobs })).toMatchObject({ status: RunStatus.SUCCEEDED });
    const { stdout } = await outputOf("more");
    expect(stdout.bytes).toBe(said.length);
    expect(stdout.sha256).toBe(createHash("sha256").update(said).digest("hex"));
  });

  it.each(["job", "step"])("ends at a limit below a second of its %s, and the log says that it was one", async (of) => {
    const seconds = { timeout_seconds: 0.3 };
    const job = of === "job" ? { command: "sleep 600", ...seconds } : { steps: [{ command: "sleep 600", ...seconds }] };
    const run = await bench.run(`limit-${of}`, { name: "limit", jobs: { slow: job } });
    expect(run.jobs[0]).toMatchObject({ status: PlannedJobStatus.FAILED, errorClass: "timeout" });
    expect(run.jobs[0]?.reason).toContain("timed out after 0.3 s");
    const words = (await bench.records(`limit-${of}`)).filter(
      ({ error_class: errorClass }) => errorClass === "timeout",
    );
    expect(words.map(({ event_type: type }) => type)).toEqual(["step.failed", "job.failed"]);
  });

  it("is tried again by its exit code and by no other", async () => {
    const retry = {
      max_attempts: 4,
      on: ["unknown"],
      on_exit_codes: [75],
      backoff: { base_seconds: 0.01, max_seconds: 0.02 },
    };
    const run = await bench.run("exit-codes", {
      name: "exit-codes",
      jobs: {
        listed: { command: shell('case "$VERBATIM_JOB_ID" in */2) exit 0;; *) exit 75;; esac'), retry },
        other: { command: shell("exit 74"), retry, continue_on_error: true },
      },
    });
    expect(run.jobs).toMatchObject([
      { status: PlannedJobStatus.SUCCEEDED, attempt: 2 },
      { status: PlannedJobStatus.FAILED, attempt: 0 },
    ]);
  });

  it("has a run id of its own at each of many starts at the same moment", async () => {
    const text = JSON.stringify({ name: "same", jobs: { one: { command: "true" } } });
    const starts = await Promise.all(
      Array.from({ length: 20 }, () => bench.client.runs.createRun({ plan: { text, name: "same" }, actor: "ada" })),
    );
    expect(new Set(starts.map(({ runId }) => runId)).size).toBe(20);
    expect(starts.filter(({ attached }) => attached)).toEqual([]);
    for (const { runId } of starts) expect(await bench.rest(runId)).toMatchObject({ status: RunStatus.SUCCEEDED });
  });
});

const onPlainStore = (directory: string) => ({
  store: "jsonl",
  steps: { "command.run": { executables: ["*"], working_directories: [join(directory, "work")] } },
});

describe("P5 a log of the plain store whose last line a crash has torn", () => {
  it("does not brick its run: the next start says what was cut off, and the run goes on to its end", async () => {
    await using first = await planBench({ configuration: onPlainStore });
    const jobs = {
      one: { command: "true" },
      two: {
        needs: ["one"],
        command: shell("touch begun; while ! test -e go; do sleep 0.02; done"),
        recovery: "rerun",
      },
      three: { needs: ["two"], command: "true" },
    };
    const running = first.run("torn", { name: "torn", jobs });
    running.catch(() => undefined); // the server will be gone
    await until("the second job runs", () => existsSync(join(first.directory, "work/begun")));
    await first.server.end("SIGKILL");
    const log = join(first.directory, "state/runs/torn/events.jsonl");
    appendFileSync(log, '{"event_id":"0199","event_type":"job.succ');
    appendFileSync(join(first.directory, "work/go"), "");
    await using second = await planBench({ configuration: onPlainStore, at: first.directory });
    while ((await second.rest("torn")).status === RunStatus.BLOCKED); // the start goes on with it
    expect(await second.rest("torn")).toMatchObject({ status: RunStatus.SUCCEEDED });
    const records = await second.records("torn");
    const recovered = records.find(({ event_type: type }) => type === "log.recovered");
    expect(recovered?.data?.["cut"]).toMatchObject({ bytes: 41 });
    expect(
      records.filter(({ event_type: type, job_key: key }) => type === "job.started" && key === "one"),
    ).toHaveLength(1);
    await second.server.end("SIGTERM");
    expect(await verifyFile(log, { runId: "torn" })).toMatchObject({ ok: true, complete: true });
  });
});
