import { expect, test } from "vitest";
import type { Job, JsonObject, Violation } from "#model";
import { LIMITS } from "#model";
import { createBench, job, step } from "./support/bench.ts";
import type { Bench } from "./support/bench.ts";

const PARAMETERS_BYTES = 256 * 1024;

async function expectNothingDone(bench: Bench): Promise<void> {
  expect(bench.effects()).toEqual([]);
  expect(await bench.store.runs({ limit: 10 })).toEqual([]);
}

/** Parameters of exactly this many bytes as JSON. */
function parametersOf(bytes: number, letter = "x"): { readonly text: string } {
  const empty = '{"text":""}'.length;
  const size = Buffer.byteLength(letter);
  const rest = (bytes - empty) % size;
  return { text: "y".repeat(rest) + letter.repeat((bytes - empty - rest) / size) };
}

test("a job of 10,000 steps is performed, and each of them once", { timeout: 120_000 }, async () => {
  await using bench = createBench();
  const names = Array.from({ length: 10_000 }, (_nothing, number) =>
    number % 1000 === 0 ? "test.effect" : "test.echo",
  );
  const { result } = await bench.runner.submit(job("job-1", names));
  expect(await result).toMatchObject({ finalStatus: "COMPLETED", stepsSucceeded: 10_000 });
  expect(bench.effects()).toHaveLength(10);
  expect(await bench.store.head("job-1")).toMatchObject({ size: 20_004, completed: true });
  const attached = await bench.another().submit(job("job-1", names));
  expect(await attached.result).toMatchObject({ finalStatus: "COMPLETED", stepsSucceeded: 10_000 });
});

test("a job of 10,001 steps is refused before anything is done", async () => {
  await using bench = createBench();
  const names = Array.from({ length: 10_001 }, () => "test.effect");
  await expect(bench.runner.submit(job("job-1", names))).rejects.toMatchObject({
    code: "INVALID_REQUEST",
    violations: [{ field: "steps", description: "has 10001 steps; at most 10000 are allowed: split the job" }],
  });
  await expectNothingDone(bench);
});

test.each([
  ["of one byte a letter", "x"],
  ["of two bytes a letter", "ä"],
  ["of four bytes a letter", "\u{1f600}"],
])("parameters of exactly 256 KiB as JSON, %s, are taken", async (_case, letter) => {
  expect(LIMITS.parametersBytesPerStep).toBe(PARAMETERS_BYTES);
  const parameters = parametersOf(PARAMETERS_BYTES, letter);
  expect(Buffer.byteLength(JSON.stringify(parameters))).toBe(PARAMETERS_BYTES);
  await using bench = createBench();
  const { result } = await bench.runner.submit(job("job-1", [], { steps: [step("test.effect", 0, { parameters })] }));
  expect(await result).toMatchObject({ finalStatus: "COMPLETED" });
});

test("parameters of one byte more than 256 KiB are refused before anything is done", async () => {
  await using bench = createBench();
  const steps = [step("test.effect", 0), step("test.effect", 1, { parameters: parametersOf(PARAMETERS_BYTES + 1) })];
  await expect(bench.runner.submit(job("job-1", [], { steps }))).rejects.toMatchObject({
    code: "INVALID_REQUEST",
    violations: [
      {
        field: "steps[1].parameters",
        description: "has 262145 bytes as JSON; at most 262144 are allowed: pass a reference instead",
      },
    ],
  });
  await expectNothingDone(bench);
});

test("every step whose parameters are not JSON is named, with what is wrong", async () => {
  await using bench = createBench();
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const bad = [{ number: Number.NaN }, { big: 1n }, { text: "\ud800" }, cycle] as never[]; // what the types forbid
  const steps = [step("test.effect", 0), ...bad.map((parameters, at) => step("test.effect", at + 1, { parameters }))];
  const fault = await bench.runner.submit(job("job-1", [], { steps })).catch((thrown: unknown) => thrown);
  expect(fault).toMatchObject({
    code: "INVALID_REQUEST",
    message: expect.stringMatching(/^The job is not valid: .*; and 1 more\.$/),
  });
  const { violations } = fault as { readonly violations: readonly Violation[] }; // a Fault, as just seen
  expect(violations.map(({ field }) => field)).toEqual([1, 2, 3, 4].map((at) => `steps[${at}].parameters`));
  for (const { description } of violations) expect(description).toMatch(/^is not JSON: ./);
  await expectNothingDone(bench);
});

test("parameters that throw something odd when they are read are not JSON either", async () => {
  await using bench = createBench();
  const odd = {
    get text() {
      throw "not today"; // what a caller's object may do
    },
  };
  const steps = [step("test.effect", 0, { parameters: odd as never })]; // what the types forbid
  await expect(bench.runner.submit(job("job-1", [], { steps }))).rejects.toMatchObject({
    violations: [{ field: "steps[0].parameters", description: "is not JSON: not today" }],
  });
  await expectNothingDone(bench);
});

test("every unknown step type is named before the first step takes effect", async () => {
  const refused: unknown[] = [];
  await using bench = createBench({ onRefused: (jobId, reasons) => refused.push([jobId, reasons.length]) });
  const asked = job("job-1", ["test.effect", "no.such", "test.effect", "nor.this"]);
  const fault = await bench.runner.submit(asked).catch((thrown: unknown) => thrown);
  expect(fault).toMatchObject({
    code: "ADMISSION_REFUSED",
    violations: [
      { field: "steps[1].step_type", description: expect.stringContaining("no.such") },
      { field: "steps[3].step_type", description: expect.stringContaining("nor.this") },
      { field: "steps", description: expect.stringContaining("has 2 of 4 steps of a type that is not known here") },
    ],
  });
  expect(fault).toMatchObject({
    message: expect.stringMatching(/^The job is not admitted: steps\[1\]\.step_type .*nor\.this/),
  });
  expect(refused).toEqual([["job-1", 3]]);
  await expectNothingDone(bench);
});

test("a refused job's id is free for a corrected request", async () => {
  await using bench = createBench();
  await expect(bench.runner.submit(job("job-1", ["no.such"]))).rejects.toMatchObject({ code: "ADMISSION_REFUSED" });
  const { attached, result } = await bench.runner.submit(job("job-1", ["test.effect"]));
  expect(attached).toBe(false);
  expect(await result).toMatchObject({ finalStatus: "COMPLETED" });
});

test("every problem of every step's parameters is told with its path", async () => {
  await using bench = createBench();
  const steps = [
    step("test.checked", 0),
    step("test.checked", 1, { parameters: { argv: [] } }),
    step("test.checked", 2),
  ];
  await expect(bench.runner.submit(job("job-1", [], { steps }))).rejects.toMatchObject({
    code: "INVALID_REQUEST",
    violations: [
      { field: "steps[0].parameters.argv", description: "is missing; expected a list" },
      { field: "steps[0].parameters", description: "is empty" },
      { field: "steps[2].parameters.argv", description: "is missing; expected a list" },
      { field: "steps[2].parameters", description: "is empty" },
    ],
  });
  await expectNothingDone(bench);
});

test("all problems of a job's form are told at once, each with its place", async () => {
  await using bench = createBench();
  const steps = [
    step("Test", 0, { timeoutSeconds: 0 }),
    step("test.effect", 2, { target: "t".repeat(1025) }),
    step("test.effect", 2, { target: "\ud800" }),
  ];
  const asked = job(".job", [], { steps, contractId: "", executedBy: "", timeoutSeconds: Number.NaN });
  const fault = await bench.runner.submit(asked).catch((thrown: unknown) => thrown);
  expect(fault).toMatchObject({ code: "INVALID_REQUEST" });
  expect((fault as { readonly violations: readonly Violation[] }).violations.map(({ field }) => field)).toEqual([
    "job_id",
    "contract_id",
    "executed_by",
    "job_timeout_seconds",
    "steps[0].step_type",
    "steps[0].timeout_seconds",
    "steps[1].step_index",
    "steps[1].target",
    "steps[2].target",
  ]);
  await expectNothingDone(bench);
});

test("as many jobs as are allowed run at once, one more is refused until one has ended", async () => {
  await using bench = createBench({ maxActiveJobs: 2 });
  await Promise.all(["job-1", "job-2"].map((id) => bench.runner.submit(job(id, ["test.gate"]))));
  await Promise.all([bench.entered("job-1/0"), bench.entered("job-2/0")]);
  await expect(bench.runner.submit(job("job-3", ["test.effect"]))).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
    message: "2 jobs run already, which is the limit; try again when one has ended.",
  });
  expect((await bench.runner.submit(job("job-1", ["test.gate"]))).attached).toBe(true);
  bench.open("job-1/0");
  await (
    await bench.runner.submit(job("job-1", ["test.gate"]))
  ).result;
  await (
    await bench.runner.submit(job("job-3", ["test.effect"]))
  ).result;
  expect(bench.effects()).toContain("job-3/0");
});

test("parameters may be 64 levels deep, and one more is refused before anything is done", async () => {
  const nested = (levels: number): JsonObject => (levels <= 1 ? {} : { in: nested(levels - 1) });
  const asked = (levels: number): Job =>
    job("job-1", [], { steps: [step("test.effect", 0, { parameters: nested(levels) })] });
  await using bench = createBench();
  await expect(bench.runner.submit(asked(65))).rejects.toMatchObject({
    code: "INVALID_REQUEST",
    violations: [{ field: "steps[0].parameters", description: expect.stringContaining("nested deeper than 64") }],
  });
  await expectNothingDone(bench);
  const { result } = await bench.runner.submit(asked(64));
  expect((await result).finalStatus).toBe("COMPLETED");
});
