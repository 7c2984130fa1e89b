import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VerbatimClient } from "#api";
import type { Fault } from "#model";
import { EffectsFile } from "../faults/effects-file.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startServer } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { allEvents, execute, step, wireJob } from "../support/wire-job.ts";

const directory = await scratchDirectory();
const effects = new EffectsFile(join(directory.path, "effects"));
let server: ServerProcess;
let client: VerbatimClient;

beforeAll(start);
afterAll(async () => {
  client.close();
  await server[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

async function start(): Promise<void> {
  server = await startServer({ state: join(directory.path, "state") });
  client = await server.client();
}

const append = () => step("append", { file: effects.path });
const wrong = (more: Parameters<typeof step>[2]) => [append(), { ...append(), ...more }];
/** A step that lasts until {@link release} is called with the same name. */
const held = (name: string) => step("await_file", { file: join(directory.path, name) });
const release = (name: string) => writeFile(join(directory.path, name), "");

async function effectsOf(jobId: string): Promise<unknown> {
  await effects.read();
  return Object.fromEntries(effects.of(jobId));
}

async function statusOf(jobId: string): Promise<number> {
  return (await client.executor.getJob({ jobId })).status;
}
const RUNNING = 2;
const COMPLETED = 3;

/** Starts a streaming job and resolves once its first event has come. */
async function begun(job: ReturnType<typeof wireJob>, signal: AbortSignal): Promise<void> {
  const stream = client.executor.executeJobStream({ job }, { signal });
  await stream.next();
  stream.next().catch(() => undefined); // it ends when the caller leaves
}

describe("P2 the same job id with the same request attaches, and nothing runs twice", () => {
  it("before it is accepted: of many callers at once one starts the job and all get its result", async () => {
    const job = wireJob("race", [append(), append()]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.executor.executeJob(job)));
    expect(answers.filter(({ attached }) => !attached)).toHaveLength(1);
    expect(new Set(answers.map(({ result }) => result?.finalStatus))).toEqual(new Set([COMPLETED]));
    expect(await effectsOf("race")).toEqual({ 0: 1, 1: 1 });
  });

  it("while it runs: the second stream tells the same events from the first on", async () => {
    const job = wireJob("during", [append(), held("during"), append()]);
    const first = allEvents(client.executor.executeJobStream({ job }));
    await expect.poll(() => effectsOf("during"), { timeout: 10_000 }).toEqual({ 0: 1 });
    const second = allEvents(client.executor.executeJobStream({ job }));
    const unary = client.executor.executeJob(job);
    await release("during");
    expect(await second).toEqual(await first);
    const kinds = (await first).map(({ kind }) => kind).join(" ");
    expect(kinds).toBe("started stepResult started stepResult started stepResult executionResult");
    expect((await unary).attached).toBe(true);
    expect(await effectsOf("during")).toEqual({ 0: 1, 2: 1 });
  });

  it("after its end, and after a restart of the server, with the result and the hashes that were told", async () => {
    const job = wireJob("after", [append(), step("fail", { error: "it was meant to" }), append()]);
    const told = await allEvents(client.executor.executeJobStream({ job }));
    const result = await execute(client, job);
    expect(result).toMatchObject({ finalStatus: "FAILED", finalReason: "Step 1 failed: it was meant to" });
    expect(await allEvents(client.executor.executeJobStream({ job }))).toEqual(told);
    client.close();
    await server.end("SIGTERM");
    await start();
    expect(await execute(client, job)).toEqual(result);
    expect(await allEvents(client.executor.executeJobStream({ job }))).toEqual(told);
    expect(await effectsOf("after")).toEqual({ 0: 1 });
  });

  it("with another request it is refused as taken, while it runs, after its end and after a restart", async () => {
    const job = wireJob("taken", [append(), held("taken")]);
    const others = [
      { ...job, contractId: "contract-2" },
      { ...job, executedBy: "somebody else" },
      { ...job, jobTimeoutSeconds: 60 },
      wireJob("taken", [append()]),
      wireJob("taken", [append(), held("otherwise")]),
    ];
    const refused = async (): Promise<void> => {
      for (const other of others) {
        await expect(client.executor.executeJob(other)).rejects.toMatchObject({ code: "JOB_ID_TAKEN" });
      }
    };
    const ended = client.executor.executeJob(job);
    await expect.poll(() => effectsOf("taken"), { timeout: 10_000 }).toEqual({ 0: 1 });
    await refused();
    await release("taken");
    await ended;
    await refused();
    client.close();
    await server.end("SIGTERM");
    await start();
    await refused();
    expect(await effectsOf("taken")).toEqual({ 0: 1 });
  });
});

describe("P4 a client that goes away", () => {
  it("does not stop its job, which ends and is told to whoever asks", async () => {
    const leave = new AbortController();
    await begun(wireJob("left", [held("left"), append()]), leave.signal);
    leave.abort();
    await release("left");
    await expect.poll(() => statusOf("left"), { timeout: 10_000 }).toBe(COMPLETED);
    expect(await effectsOf("left")).toEqual({ 1: 1 });
  });

  it("stops its job if it asked for that, and the record says why", async () => {
    const leave = new AbortController();
    const job = wireJob("left-and-cancelled", [held("never"), append()], { onDisconnect: 2 });
    await begun(job, leave.signal);
    leave.abort();
    await expect.poll(() => statusOf(job.jobId ?? ""), { timeout: 10_000 }).not.toBe(RUNNING);
    expect(await execute(client, job)).toMatchObject({
      finalStatus: "CANCELLED",
      finalReason: "Step 0 failed: cancelled by tester: client disconnected",
    });
    expect(await effectsOf("left-and-cancelled")).toEqual({});
  });

  it("that only attached stops nothing, whatever it asks for", async () => {
    const job = wireJob("attached", [held("attached"), append()], { onDisconnect: 2 });
    const first = client.executor.executeJob(job);
    await expect.poll(() => statusOf("attached").catch(() => 0), { timeout: 10_000 }).toBe(RUNNING);
    const leave = new AbortController();
    await begun(job, leave.signal);
    leave.abort();
    await release("attached");
    expect((await first).result?.finalStatus).toBe(COMPLETED);
  });
});

describe("watching and cancelling", () => {
  it("a watch from a sequence number tells exactly what comes after it, at every number", async () => {
    const job = wireJob("watched", [step("noop"), step("noop"), step("noop")]);
    const told = await allEvents(client.executor.executeJobStream({ job }));
    const last = told.at(-1)?.seq ?? 0;
    for (let afterSeq = 0; afterSeq <= last + 1; afterSeq += 1) {
      const rest = await allEvents(client.executor.watchJob({ jobId: "watched", afterSeq: BigInt(afterSeq) }));
      expect(rest).toEqual(told.filter(({ seq }) => seq > afterSeq));
    }
    expect(await allEvents(client.executor.watchJob({ jobId: "watched" }))).toEqual(told);
  });

  it("a watch of a running job waits for what is to come", async () => {
    const job = wireJob("awaited", [step("noop"), held("awaited")]);
    const ended = client.executor.executeJob(job);
    await expect.poll(() => statusOf("awaited").catch(() => 0), { timeout: 10_000 }).toBe(RUNNING);
    const watch = allEvents(client.executor.watchJob({ jobId: "awaited", afterSeq: 3n }));
    await release("awaited");
    expect((await watch).at(-1)?.kind).toBe("executionResult");
    await ended;
  });

  it("a cancel aborts the step, runs no other, and names who and why in the result", async () => {
    const job = wireJob("cancelled", [append(), held("never"), append()]);
    const running = client.executor.executeJob(job);
    await expect.poll(() => effectsOf("cancelled"), { timeout: 10_000 }).toEqual({ 0: 1 });
    const cancellation = { jobId: "cancelled", cancelledBy: "operator", reason: "wrong target" };
    const { result } = await client.executor.cancelJob(cancellation);
    expect(result).toMatchObject({ finalReason: "Step 1 failed: cancelled by operator: wrong target" });
    expect((await running).result).toEqual(result);
    expect(await effectsOf("cancelled")).toEqual({ 0: 1 });
    await expect(client.executor.cancelJob(cancellation)).rejects.toMatchObject({ code: "RUN_ENDED" });
  });

  it("what was never asked for is not found", async () => {
    const jobId = "nobody";
    await expect(client.executor.getJob({ jobId })).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    await expect(allEvents(client.executor.watchJob({ jobId }))).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    const cancellation = { jobId, cancelledBy: "operator", reason: "none" };
    await expect(client.executor.cancelJob(cancellation)).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  });
});

describe("P5 what is not as it must be is refused before any effect", () => {
  it.each([
    {
      name: "an unknown step type",
      steps: wrong({ stepType: "format_disk" }),
      told: /^ADMISSION_REFUSED .*format_disk/,
    },
    { name: "a wrong index", steps: wrong({ stepIndex: 7 }), told: /^INVALID_REQUEST .*steps\[1\]\.step_index is 7/ },
    {
      name: "a duplicate index",
      steps: wrong({ stepIndex: 0 }),
      told: /^INVALID_REQUEST .*steps\[1\]\.step_index is 0/,
    },
    { name: "no time at all", steps: wrong({ timeoutSeconds: 0 }), told: /^INVALID_REQUEST .*timeout_seconds is 0/ },
  ])("$name is named, nothing runs, and the id stays free", async ({ name, steps, told }) => {
    const jobId = `refused-${name.replaceAll(" ", "-")}`;
    const refused = client.executor
      .executeJob(wireJob(jobId, steps))
      .catch((fault: Fault) => `${fault.code} ${fault.message}`);
    expect(await refused).toMatch(told);
    await expect(client.executor.getJob({ jobId })).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    expect(await effectsOf(jobId)).toEqual({});
    expect(await execute(client, wireJob(jobId, [append()]))).toMatchObject({ finalStatus: "COMPLETED" });
  });

  it("all problems of a request are told at once", async () => {
    const job = wireJob("", [{ ...append(), stepIndex: 3, timeoutSeconds: -1 }], { contractId: "no spaces" });
    const fields = ["job_id", "contract_id", "steps[0].step_index", "steps[0].timeout_seconds"];
    const violations = fields.map((field) => expect.objectContaining({ field }));
    await expect(client.executor.executeJob(job)).rejects.toMatchObject({ code: "INVALID_REQUEST", violations });
  });
});

describe("a handler that does not keep its contract", () => {
  it.each(["bigint", "cycle", "undefined", "function", "nan", "date", "surrogate"])(
    "an output that is not JSON (%s) fails the step, and no later one runs",
    async (kind) => {
      const jobId = `bad-${kind}`;
      const result = await execute(client, wireJob(jobId, [step("bad_output", { kind }), append()]));
      expect(result.finalStatus).toBe("FAILED");
      expect(result.stepResults).toMatchObject([{ status: "FAILED", errorClass: "handler_contract" }]);
      expect(result.stepsNotRun).toMatchObject([{ stepIndex: 1 }]);
      expect(await effectsOf(jobId)).toEqual({});
    },
  );

  it("a handler that never returns fails at its timeout, and the server goes on", async () => {
    const stuck = step("never_returns", {}, { timeoutSeconds: 0.2 });
    const job = client.executor.executeJob(wireJob("stuck", [stuck, append()]));
    expect(await execute(client, wireJob("meanwhile", [append()]))).toMatchObject({ finalStatus: "COMPLETED" });
    expect((await job).result).toMatchObject({
      finalReason: "Step 0 failed: timed out after 0.2 s",
      stepResults: [{ errorClass: "timeout", late: "running" }],
    });
    expect(await effectsOf("stuck")).toEqual({});
  });
});

it("P3 after all this every log that the server holds verifies", async () => {
  const { runs } = await client.evidence.listRuns({ pageSize: 1000 });
  expect(runs.length).toBeGreaterThan(20);
  for (const { runId } of runs) {
    expect(await client.evidence.verifyRun({ runId })).toMatchObject({ ok: true, complete: true, problems: [] });
  }
});
