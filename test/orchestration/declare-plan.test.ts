import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, digest } from "#evidence";
import type { Job, JobStep } from "#model";
import { declarePlan } from "#worker";
import { jsonObject } from "../evidence/support/arbitrary-drafts.ts";
import { sha256 } from "../evidence/support/reference-format.ts";
import { createBench, job, step } from "./support/bench.ts";

const text = fc.string({ unit: "binary", maxLength: 30 });
const anyStep = fc.record({
  stepType: text,
  target: text,
  parameters: jsonObject,
  timeoutSeconds: fc.double({ min: 0.000001, max: 86_400, noNaN: true }),
});
const anyJob: fc.Arbitrary<Job> = fc
  .record(
    {
      jobId: text,
      contractId: text,
      executedBy: text,
      timeoutSeconds: fc.double({ min: 0.000001, max: 86_400, noNaN: true }),
      steps: fc.array(anyStep, { maxLength: 5 }),
    },
    { requiredKeys: ["jobId", "contractId", "executedBy", "steps"] },
  )
  .map((asked) => ({ ...asked, steps: asked.steps.map((one, stepIndex) => ({ ...one, stepIndex })) }));

test("the text of a plan is canonical JSON and its hash is the digest of that text", () => {
  fc.assert(
    fc.property(anyJob, (asked) => {
      const plan = declarePlan(asked);
      expect(canonicalJson(JSON.parse(plan.text))).toBe(plan.text);
      expect(plan.hash).toBe(sha256(plan.text));
    }),
    { numRuns: 500 },
  );
});

test("a plan tells parameters by their hashes alone", () => {
  const plan = declarePlan(
    job("job-1", [], { steps: [step("test.echo", 0, { parameters: { password: "hunter2" } })] }),
  );
  expect(plan.text).not.toContain("hunter2");
  expect(plan.text).toContain(`"inputs_hash":"${digest('{"password":"hunter2"}')}"`);
});

test("empty parameters have the hash of an empty object", () => {
  const plan = declarePlan(job("job-1", [], { steps: [step("test.echo", 0, { parameters: {} })] }));
  expect(plan.text).toContain(`"inputs_hash":"${sha256("{}")}"`);
});

test("a job with a deadline and one without have different plans", () => {
  expect(declarePlan(job("job-1", [])).text).not.toContain("job_timeout_seconds");
  expect(declarePlan(job("job-1", [], { timeoutSeconds: 1.5 })).text).toContain('"job_timeout_seconds":1.5');
});

test("a plan of 8 KiB stands in the log and a larger one beside it, under the plan's own hash", async () => {
  await using bench = createBench();
  const room = 8 * 1024 - Buffer.byteLength(declarePlan(withLetters(0)).text);
  expect(room).toBeGreaterThan(0);
  expect(room).toBeLessThan(1024);
  for (const [letters, inline] of [
    [room, true],
    [room + 1, false],
  ] as const) {
    const asked = { ...withLetters(letters), jobId: inline ? "job-a" : "job-b" };
    const plan = declarePlan(asked);
    expect(Buffer.byteLength(plan.text)).toBe(inline ? 8 * 1024 : 8 * 1024 + 1);
    const result = await (await bench.runner.submit(asked)).result;
    const [created] = await bench.store.read(asked.jobId, -1, 1);
    expect(created?.record.plan_hash).toBe(plan.hash);
    expect(created?.record.plan).toEqual(inline ? JSON.parse(plan.text) : { $blob: plan.hash, size: 8 * 1024 + 1 });
    const again = await bench.another().submit(asked);
    expect(await again.result).toStrictEqual(structuredClone(result));
    expect((await again.result).stepsDeclared).toBe(34);
  }
});

function withLetters(letters: number): Job {
  const last = step("test.echo", 33, { target: "x".repeat(letters) });
  return job("job-1", [], { executedBy: "t", steps: [...plainSteps(33), last] });
}

function plainSteps(count: number): readonly JobStep[] {
  return Array.from({ length: count }, (_nothing, at) => step("test.echo", at, { target: "t".repeat(80) }));
}
