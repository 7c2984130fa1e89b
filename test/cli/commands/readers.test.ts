import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectClient } from "#api";
import type { VerbatimClient } from "#api";
import { blobChunks, wholeBlob } from "../../../src/cli/blob.ts";
import { recordedRun } from "../../../src/cli/recorded-run.ts";
import { collect, request, startHouse, STEP_TYPES, stepType } from "../../api/support/house.ts";
import type { House } from "../../api/support/house.ts";
import { runCli } from "../../../src/cli/index.ts";
import { fakeHost } from "../support/fake-host.ts";
import { connectionTo, runCommand, startCommand } from "../support/house-host.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { KeptStream } from "../support/kept-stream.ts";

/** Just under what stays inside a record, so that many of these fill a response. */
const INLINE = "x".repeat(8000);

let house: House;
beforeEach(async () => {
  house = await startHouse({
    stepTypes: [
      ...STEP_TYPES,
      stepType("test.inline", () => ({ success: true, output: INLINE })),
      stepType("test.large", () => ({ success: true, output: { text: "é\u009B".repeat(200_000) } })),
      stepType("test.silent", () => {
        throw new Error("nothing to say");
      }),
    ],
  });
});
afterEach(() => house[Symbol.asyncDispose]());

async function execute(jobId: string, stepTypes: readonly string[]): Promise<void> {
  await house.client.executor.executeJob(request(jobId, stepTypes));
}

/** Starts a job whose last step waits, and comes back when it does. */
async function startWaiting(jobId: string, stepTypes: readonly string[]): Promise<void> {
  const stream = house.client.executor.executeJobStream({ job: request(jobId, [...stepTypes, "test.wait"]) });
  for await (const { events } of stream) {
    const { event } = events.at(-1) ?? {};
    if (event?.case === "started" && event.value.step?.stepType === "test.wait") return;
  }
}

describe("show", () => {
  it("tells of an ended run what exec has told", async () => {
    await execute("done", ["test.echo", "test.fail", "test.echo"]);
    const { code, out } = await runCommand(house, ["show", "done"]);
    expect(code).toBe(0);
    expect(out).toContain("Status: ✗ FAILED\nReason: Step 1 failed: it was meant to\n");
    expect(out).toContain("Steps: 3 total (1 completed, 1 failed, 1 not run)\n");
    const asJson = JSON.parse((await runCommand(house, ["show", "done", "--json"])).out) as object;
    expect(asJson).toMatchObject({ job_id: "done", final_status: "FAILED", log: { records: 8 } });
  });

  it("tells of a run that goes on how far it has come", async () => {
    await startWaiting("open", ["test.echo"]);
    const { code, out } = await runCommand(house, ["show", "open"]);
    expect(code).toBe(0);
    expect(out).toContain("Status: ▸ RUNNING\n");
    expect(out).toMatch(/✓ completed {2}0 {2}test\.echo .*\n {2}▸ running {4}1 {2}test\.wait {7}target-1\n/);
    expect(JSON.parse((await runCommand(house, ["show", "open", "--json"])).out)).toMatchObject({
      status: "RUNNING",
      step_running: { step_index: 1 },
    });
  });

  it("tells a run that is too large for one answer from its log, whole", async () => {
    const types = Array.from({ length: 700 }, () => "test.inline");
    await execute("large", [...types, "test.fail", "test.echo"]);
    const answer = await house.client.executor.getJob({ jobId: "large" });
    expect(answer.result?.stepResultsOmitted).toBe(true);
    const run = await recordedRun(house.client, "large");
    if (!run.ended) throw new Error("the run is taken for one that goes on");
    expect(run.result.stepResults).toHaveLength(701);
    expect(run.result.stepsNotRun).toEqual([{ stepIndex: 701, stepType: "test.echo", target: "target-701" }]);
    expect(run.result.finalReason).toBe("Step 700 failed: it was meant to");
    expect(run.log.head).toBe(answer.logHead);
  });

  it.each([
    ["small", "test.echo", { n: 0 }],
    ["that is text", "test.inline", INLINE],
    ["that lies beside the log", "test.large", { text: "é\u009B".repeat(200_000) }],
  ])("gives the output of a step as JSON, exactly as it was: %s", async (_what, type, output) => {
    await execute("job", [type]);
    const { code, out } = await runCommand(house, ["show", "job", "--output", "0"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(output);
    expect(out.endsWith("\n")).toBe(true);
  });

  it("escapes a large output for a terminal, without cutting a character between two chunks", async () => {
    await execute("job", ["test.large"]);
    const terminal = new KeptStream({ isTTY: true });
    const { host } = fakeHost({
      argv: ["show", "job", "--output", "0"],
      stdout: terminal.stream,
      connect: () => Promise.resolve(connectionTo(house)),
    });
    expect(await runCli(host)).toBe(0);
    expect(terminal.text).not.toContain("\u009B");
    expect(JSON.parse(terminal.text)).toEqual({ text: "é\u009B".repeat(200_000) });
  });

  it.each([
    ["a step that there is not", "7"],
    ["a step that left none", "0"],
  ])("says that %s has no output, with exit code 4", async (_what, step) => {
    await execute("job", ["test.silent"]);
    const { code, err } = await runCommand(house, ["show", "job", "--output", step]);
    expect(code).toBe(4);
    expect(err).toMatch(/^verbatim: Step \d of run job /);
  });

  it("says of a run that there is not that it is not found", async () => {
    expect(await runCommand(house, ["show", "nobody"])).toEqual({
      code: 4,
      out: "",
      err: "verbatim: There is no job nobody.\n",
    });
  });
});

/** A client whose payloads are these bytes, whatever is asked for. */
function clientWithBlob(chunks: readonly string[]): VerbatimClient {
  const client = connectClient({ address: "unix:/nowhere" });
  const evidence = {
    ...client.evidence,
    async *readBlob() {
      for (const chunk of chunks) {
        yield { $typeName: "verbatim.evidence.v1.ReadBlobResponse" as const, chunk: Buffer.from(chunk) };
      }
    },
  };
  return { ...client, evidence };
}

describe("a payload that lies beside a log", () => {
  const digest = createHash("sha256").update("hello").digest("base64url");
  const source = { runId: "r", reference: { $blob: digest, size: 5 } };

  it("is given as it comes, if it is the one that the log names", async () => {
    expect(await collect(blobChunks(clientWithBlob(["hel", "lo"]), source))).toHaveLength(2);
    expect((await wholeBlob(clientWithBlob(["hel", "lo"]), source, 5)).toString()).toBe("hello");
  });

  it("is evidence that is broken, if it is another one", async () => {
    await expect(wholeBlob(clientWithBlob(["hel", "l0"]), source, 5)).rejects.toMatchObject({
      code: "EVIDENCE_BROKEN",
      message: expect.stringContaining(digest) as string,
    });
  });

  it("is not read into memory beyond the bound", async () => {
    await expect(wholeBlob(clientWithBlob(["hel", "lo"]), source, 4)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  });
});

async function listed(limit: string): Promise<unknown> {
  return JSON.parse((await runCommand(house, ["runs", "--limit", limit, "--json"])).out);
}

async function linesOf(runId: string): Promise<readonly string[]> {
  return (await house.store.read(runId, -1, 1000)).map(({ line }) => line);
}

describe("events", () => {
  it("gives the exact lines of the log, each with a line feed", async () => {
    await execute("job", ["test.echo", "test.fail"]);
    const lines = await linesOf("job");
    expect(lines).toHaveLength(8);
    const { code, out } = await runCommand(house, ["events", "job"]);
    expect(code).toBe(0);
    expect(out).toBe(lines.map((line) => `${line}\n`).join(""));
  });

  it.each([
    [["--tail", "2"], -2],
    [["--tail", "0"], 8],
    [["--tail", "100"], 0],
    [["--after", "5"], 6],
    [["--after", "100"], 8],
    [["--after", "2", "--tail", "3"], 5],
    [["--after", "6", "--tail", "3"], 7],
    [["--tail", "2", "--follow"], -2],
  ])("gives with %j only the lines from that place on", async (flags, start) => {
    await execute("job", ["test.echo", "test.fail"]);
    const { out } = await runCommand(house, ["events", "job", ...flags]);
    expect(out.split("\n").slice(0, -1)).toEqual((await linesOf("job")).slice(start));
  });

  it("follows a run that goes on, and ends when the run does", async () => {
    await startWaiting("open", ["test.echo"]);
    const { fake, ended } = startCommand(house, ["events", "open", "--follow", "--after", "1"]);
    await expect.poll(() => fake.stdout.text.split("\n").length, { timeout: 10_000 }).toBeGreaterThan(3);
    await house.client.executor.cancelJob({ jobId: "open", cancelledBy: "test", reason: "enough" });
    const { code, out } = await ended;
    expect(code).toBe(0);
    expect(out.split("\n").slice(0, -1)).toEqual((await linesOf("open")).slice(2));
    expect(out).toContain('"event_type":"run.completed"');
  });

  it("ends with the signal's exit code when it is interrupted while it follows", async () => {
    await startWaiting("open", []);
    const { fake, ended } = startCommand(house, ["events", "open", "--follow"]);
    await expect.poll(() => fake.stdout.text, { timeout: 10_000 }).not.toBe("");
    fake.interrupt.abort("SIGTERM");
    expect((await ended).code).toBe(143);
  });
});

describe("verify", () => {
  it("reads the log of a run and proves it in this process", async () => {
    await execute("job", ["test.echo"]);
    const head = (await house.store.head("job"))?.hash ?? "";
    const { code, out } = await runCommand(house, ["verify", "job", "--head", head, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      run_id: "job",
      records: 6,
      head,
      head_as_noted: true,
      complete: true,
    });
  });

  it("calls a whole log without a noted head unsealed, and proves it by a receipt for its last line", async () => {
    await execute("job", ["test.echo"]);
    const { hash = "", size = 0 } = (await house.store.head("job")) ?? {};
    const open = await runCommand(house, ["verify", "job"]);
    expect(open.code).toBe(2);
    expect(open.out).toContain("End: ? UNSEALED: tail not provable\n");
    const told = await runCommand(house, ["verify", "job", "--expect", `${size - 1}=${hash}`, "--json"]);
    expect(told.code).toBe(0);
    expect(JSON.parse(told.out)).toMatchObject({ ok: true, end_proven: true, receipts_compared: 1 });
    const other = await runCommand(house, ["verify", "job", "--expect", `2=${hash}`, "--expect", `${size}=${hash}`]);
    expect(other.code).toBe(5);
    expect(other.out).toContain("line 1: REWRITTEN (seq 0 to 2): the receipt for seq 2 says");
  });

  it("refuses receipts that cannot be read, all of them at once", async () => {
    const { code, err } = await runCommand(house, ["verify", "job", "--expect", "one", "--expect", "1=short"]);
    expect(code).toBe(2);
    expect(err).toContain('--expect  is "one"; expected seq=hash');
    expect(err).toContain('--expect  is "1=short"; expected seq=hash');
  });

  it("compares a log with the job file that was run, and with the plan in it", async () => {
    const { hash = "" } = (await execute("job", ["test.echo"]), await house.store.head("job")) ?? {};
    const [created] = await house.store.read("job", -1, 1);
    const { plan = null } = created?.record ?? {};
    const { steps } = plan as unknown as { readonly steps: readonly { readonly target: string }[] }; // as it was declared
    await using scratch = await scratchDirectory();
    const file = async (name: string, content: unknown): Promise<string> => {
      const path = join(scratch.path, name);
      await writeFile(path, JSON.stringify(content));
      return path;
    };
    const same = { step_type: "test.echo", target: steps[0]?.target, parameters: { n: 0 } };
    const jobFile = await file("job.json", { steps: [same] });
    const planFile = await file("plan.json", plan);
    for (const path of [jobFile, planFile]) {
      const { code, out } = await runCommand(house, ["verify", "job", "--head", hash, "--plan", path]);
      expect({ code, out }).toMatchObject({ code: 0 });
      expect(out).toContain("+ the plan is the one that was given");
    }
    const other = await file("other.json", { steps: [{ ...same, target: "elsewhere" }] });
    const { code, out } = await runCommand(house, ["verify", "job", "--head", hash, "--plan", other]);
    expect(code).toBe(5);
    expect(out).toContain("line 1: OTHER_PLAN (seq 0): plan_hash is");
  });

  it("calls the end of a run that goes on unproven, and its chain whole", async () => {
    await startWaiting("open", []);
    const { code, out } = await runCommand(house, ["verify", "open"]);
    expect(code).toBe(2);
    expect(out).toContain("Chain: ✓ WHOLE\nLaws: ✓ KEPT\nEnd: ? UNSEALED: tail not provable, no run.completed\n");
  });
});

describe("runs, cancel and step-types", () => {
  it("list the runs newest first, at most as many as are asked for, and say if there are more", async () => {
    for (const jobId of ["a", "b", "c"]) await execute(jobId, ["test.echo"]);
    expect(await listed("2")).toMatchObject({ runs: [{ run_id: "c" }, { run_id: "b" }], more: true });
    expect(await listed("4")).toMatchObject({ runs: [{ run_id: "c" }, { run_id: "b" }, { run_id: "a" }], more: false });
  });

  it("cancel a run that goes on, with who and why, and refuse one that has ended", async () => {
    await startWaiting("open", []);
    const first = await runCommand(house, ["cancel", "open", "--reason", "no \u001B[2Jneed", "--by", "me"]);
    expect(first.code).toBe(0);
    expect(first.out).toBe("■ CANCELLED  open  Step 0 failed: cancelled by me: no \\u{1b}[2Jneed\n");
    const second = await runCommand(house, ["cancel", "open", "--reason", "again"]);
    expect(second).toMatchObject({ code: 6, out: "" });
    expect(second.err).toContain("it is CANCELLED");
  });

  it("name every step type that the server performs", async () => {
    const { out } = await runCommand(house, ["step-types"]);
    expect(out).toContain("test.echo\n");
    const { step_types: types } = JSON.parse((await runCommand(house, ["step-types", "--json"])).out) as {
      readonly step_types: readonly { readonly name: string }[];
    };
    expect(types.map(({ name }) => name)).toEqual([
      "test.echo",
      "test.fail",
      "test.inline",
      "test.large",
      "test.silent",
      "test.wait",
    ]);
  });
});
