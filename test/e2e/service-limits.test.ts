import { create, toBinary } from "@bufbuild/protobuf";
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VerbatimClient } from "#api";
import type { ExecutionResult } from "#model";
import { ExecuteJobRequestSchema } from "../../src/api/gen/verbatim/executor/v1/executor_pb.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startServer } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { execute, step, wireJob } from "../support/wire-job.ts";
import type { WireJob } from "../support/wire-job.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

const directory = await scratchDirectory();
const work = join(directory.path, "work");
let server: ServerProcess;
let client: VerbatimClient;

beforeAll(async () => {
  await mkdir(work);
  const commands = { executables: ["head"], working_directories: [work] };
  server = await startServer({
    state: join(directory.path, "state"),
    configuration: { steps: { "command.run": commands } },
  });
  client = await server.client();
});
afterAll(async () => {
  client.close();
  await server[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** Its first step fails, so that the limit is tested and not the patience. */
const failingJob = (steps: number): WireJob =>
  wireJob(`steps-${steps}`, [
    step("fail", { error: "enough" }),
    ...Array.from({ length: steps - 1 }, () => step("noop")),
  ]);

const OVERHEAD = JSON.stringify({ text: "" }).length;
const jobWithParameters = (bytes: number): WireJob =>
  wireJob(`parameters-${bytes}`, [step("noop", { text: "x".repeat(bytes - OVERHEAD) })]);

const bytesOf = (job: WireJob): number =>
  toBinary(ExecuteJobRequestSchema, create(ExecuteJobRequestSchema, job)).length;
const jobOfSize = (bytes: number): WireJob => {
  const build = (last: number): WireJob =>
    wireJob(
      `request-${bytes}`,
      [250, 250, 250, 250, last / KIB].map((kib) => step("noop", { text: "x".repeat(kib * KIB) })),
    );
  const guess = 20 * KIB;
  return build(guess - (bytesOf(build(guess)) - bytes));
};

const zeros = async (bytes: number): Promise<ExecutionResult> => {
  const argv = ["head", "-c", String(bytes), "/dev/zero"];
  return await execute(client, wireJob(`output-${bytes}`, [step("command.run", { argv })]));
};
/** The output, which lies beside the log, as the client reads it. */
const outputOf = async ({ jobId, stepResults }: ExecutionResult) => {
  const { $blob: digest = "", size } = (stepResults[0]?.output ?? {}) as { $blob?: string; size?: number };
  const chunks: Uint8Array[] = [];
  for await (const { chunk } of client.evidence.readBlob({ runId: jobId, digest })) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  expect(bytes.length).toBe(size);
  expect(createHash("sha256").update(bytes).digest("base64url")).toBe(digest);
  return (JSON.parse(bytes.toString("utf8")) as { stdout: Record<string, unknown> }).stdout;
};
const sha256 = (bytes: number): string => createHash("sha256").update(Buffer.alloc(bytes)).digest("hex");

/** As JSON a text has two characters more. */
const put = async (bytes: number): Promise<unknown> => {
  const job = wireJob(`inline-${bytes}`, [step("big_output", { characters: bytes - 2 })]);
  return (await execute(client, job)).stepResults[0]?.output;
};

describe("10,000 steps a job", () => {
  it("are taken, and those not run are all named", async () => {
    const result = await execute(client, failingJob(10_000));
    expect(result).toMatchObject({ stepsDeclared: 10_000, stepsExecuted: 1, finalStatus: "FAILED" });
    expect(result.stepsNotRun).toHaveLength(9999);
  });

  it("and one more are refused, with the limit named", async () => {
    await expect(execute(client, failingJob(10_001))).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      violations: [{ field: "steps", description: "has 10001 steps; at most 10000 are allowed: split the job" }],
    });
  });
});

describe("256 KiB of parameters a step", () => {
  it("are taken", async () => {
    expect(await execute(client, jobWithParameters(256 * KIB))).toMatchObject({ finalStatus: "COMPLETED" });
  });

  it("and one byte more are refused, with the step and the limit named", async () => {
    await expect(execute(client, jobWithParameters(256 * KIB + 1))).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      violations: [{ field: "steps[0].parameters", description: expect.stringContaining("has 262145 bytes as JSON") }],
    });
  });
});

describe("1 MiB a request", () => {
  it("is taken", async () => {
    const job = jobOfSize(MIB);
    expect(bytesOf(job)).toBe(MIB);
    expect(await execute(client, job)).toMatchObject({ finalStatus: "COMPLETED" });
  });

  it("and one byte more is refused, with both sizes named", async () => {
    const job = jobOfSize(MIB + 1);
    expect(bytesOf(job)).toBe(MIB + 1);
    await expect(execute(client, job)).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: expect.stringMatching(/1048577 bytes.*at most 1048576/),
    });
  });
});

describe("1 MiB of output kept of one step", () => {
  it("is kept whole", async () => {
    const stdout = await outputOf(await zeros(MIB));
    expect(stdout).toMatchObject({ bytes: MIB, sha256: sha256(MIB), truncated: false });
    expect(String(stdout["text"])).toHaveLength(MIB);
  });

  it("and of one byte more the first MiB is kept, all is counted and hashed, and it says so", async () => {
    const stdout = await outputOf(await zeros(MIB + 1));
    expect(stdout).toMatchObject({ bytes: MIB + 1, sha256: sha256(MIB + 1), truncated: true });
    expect(String(stdout["text"])).toHaveLength(MIB);
  });
});

describe("8 KiB of output within a line of the log", () => {
  it("stay in the line", async () => {
    expect(await put(8 * KIB)).toBe(`inline-${8 * KIB}/0`.padEnd(8 * KIB - 2, "x"));
  });

  it("and one byte more lie beside it", async () => {
    expect(await put(8 * KIB + 1)).toMatchObject({ $blob: expect.stringMatching(/^[\w-]{43}$/), size: 8 * KIB + 1 });
  });

  it("and up to 8 MiB of them can be put out by a handler, and no more", async () => {
    expect(await put(8 * MIB)).toMatchObject({ size: 8 * MIB });
    const past = await execute(client, wireJob("past", [step("big_output", { characters: 8 * MIB - 1 })]));
    expect(past.stepResults).toMatchObject([{ status: "FAILED", errorClass: "handler_contract" }]);
  });
});

it("P3 after all this every log that the server holds verifies", async () => {
  const { runs } = await client.evidence.listRuns({ pageSize: 1000 });
  expect(runs).toHaveLength(9);
  for (const { runId } of runs) {
    expect(await client.evidence.verifyRun({ runId })).toMatchObject({ ok: true, complete: true, problems: [] });
  }
});
