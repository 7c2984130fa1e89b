import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, isBlobReference } from "#evidence";
import type { EvidenceRecord } from "#evidence";
import type { ExecutionResult, Json } from "#model";
import { wholeLog } from "../evidence/support/logs.ts";
import { createBench, job, stepType } from "./support/bench.ts";
import type { Bench } from "./support/bench.ts";

const INLINE_BYTES = 8 * 1024;
let jobs = 0;

async function performed(
  bench: Bench,
  output: unknown,
): Promise<{ result: ExecutionResult; records: EvidenceRecord[] }> {
  jobs += 1;
  const stepTypes = [stepType("test.say", () => ({ success: true, output: output as Json }))]; // also what is not JSON
  const { result } = await bench.another({ stepTypes }).submit(job(`job-${jobs}`, ["test.say"]));
  const told = await result;
  const records = (await wholeLog(bench.store, `job-${jobs}`)).map(({ record }) => record);
  return { result: told, records: records.filter(({ event_type }) => event_type.startsWith("step.")).slice(1) };
}

test.each([
  ["of one byte a letter", "x", 1],
  ["of two bytes a letter", "ä", 2],
  ["of three bytes a letter", "€", 3],
])("an output of exactly 8 KiB as JSON, %s, stands in the log itself", async (_case, letter, bytes) => {
  await using bench = createBench();
  const count = Math.floor((INLINE_BYTES - 2) / bytes);
  const text = letter.repeat(count) + "x".repeat(INLINE_BYTES - 2 - count * bytes);
  expect(Buffer.byteLength(JSON.stringify(text))).toBe(INLINE_BYTES);
  const { result, records } = await performed(bench, text);
  expect(result.stepResults[0]?.output).toBe(text);
  expect(records[0]?.output).toBe(text);
});

test.each([
  ["of one byte a letter", "x", 1],
  ["of two bytes a letter", "ä", 2],
  ["of three bytes a letter", "€", 3],
])("an output of 8 KiB and one byte, %s, lies beside the log under its digest", async (_case, letter, bytes) => {
  await using bench = createBench();
  const count = Math.floor((INLINE_BYTES - 1) / bytes);
  const text = letter.repeat(count) + "x".repeat(INLINE_BYTES - 1 - count * bytes);
  const { result, records } = await performed(bench, text);
  const reference = records[0]?.output;
  expect(reference).toEqual({ $blob: records[0]?.outputs_hash, size: INLINE_BYTES + 1 });
  expect(result.stepResults[0]?.output).toEqual(reference);
  const kept = await bench.store.getBlob(records[0]?.outputs_hash ?? "");
  expect(JSON.parse(Buffer.from(kept ?? []).toString())).toBe(text);
});

test("a payload beside the log is the canonical JSON of the output, so its digest does not depend on order", async () => {
  await using bench = createBench();
  const large = { z: "x".repeat(INLINE_BYTES), a: { c: 1, b: [1.5, null] } };
  const { records } = await performed(bench, large);
  const kept = await bench.store.getBlob(records[0]?.outputs_hash ?? "");
  expect(Buffer.from(kept ?? []).toString()).toBe(canonicalJson(large));
});

test("a failed step's large output is kept beside the log as well", async () => {
  await using bench = createBench();
  const text = "x".repeat(INLINE_BYTES);
  const stepTypes = [stepType("test.say", () => ({ success: false, output: text, error: "half way" }))];
  const { result } = await bench.another({ stepTypes }).submit(job("job-1", ["test.say"]));
  const [failed] = (await result).stepResults;
  expect(failed).toMatchObject({ status: "FAILED", error: "half way", output: { size: INLINE_BYTES + 2 } });
});

test.each([
  ["small", { $blob: "A".repeat(43), size: 9000 }],
  ["with more members", { $blob: 1, text: "x".repeat(INLINE_BYTES) }],
])("an output that pretends to be a reference, %s, is a failed step", async (_case, output) => {
  await using bench = createBench();
  const { result, records } = await performed(bench, output);
  expect(result).toMatchObject({ finalStatus: "FAILED", stepResults: [{ status: "FAILED" }] });
  expect(result.finalReason).toContain('the member "$blob" is kept for references');
  expect(records[0]?.output).toBeUndefined();
});

test("a member $blob deeper within an output is data like any other", async () => {
  await using bench = createBench();
  const { result } = await performed(bench, { inner: { $blob: "A" }, list: [{ $blob: "B" }] });
  expect(result).toMatchObject({ finalStatus: "COMPLETED", stepResults: [{ output: { inner: { $blob: "A" } } }] });
});

const notJson: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  { at: new Date(0) },
  { list: new Map([[1, 2]]) },
  { nothing: undefined },
  [undefined],
  { call: () => 1 },
  { big: 1n },
  { number: Number.NaN },
  { text: "\ud800" },
  undefined,
);

test("what is not JSON is a failed step, however large it is, and leaves no payload", async () => {
  await using bench = createBench();
  await fc.assert(
    fc.asyncProperty(notJson, fc.constantFrom(0, INLINE_BYTES), async (value, letters) => {
      const output = letters === 0 ? value : [value, "x".repeat(letters)];
      const { result } = await performed(bench, output);
      expect(result).toMatchObject({ finalStatus: "FAILED", stepResults: [{ errorClass: "handler_contract" }] });
    }),
  );
});

test("an output nested deeper than 64 is a failed step, large or small", async () => {
  await using bench = createBench();
  for (const letters of [0, INLINE_BYTES]) {
    let deep: unknown = "x".repeat(letters);
    for (let depth = 0; depth < 65; depth += 1) deep = [deep];
    const { result } = await performed(bench, deep);
    expect(result).toMatchObject({ finalStatus: "FAILED", stepResults: [{ errorClass: "handler_contract" }] });
  }
});

test("whatever a step says, no line of the log is much longer than 8 KiB for it", async () => {
  await using bench = createBench();
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ stringUnit: "binary" }), fc.nat({ max: 20_000 }), async (value, letters) => {
      const { records } = await performed(bench, [value, "x".repeat(letters)]);
      expect(Buffer.byteLength(JSON.stringify(records[0]))).toBeLessThan(INLINE_BYTES + 1024);
      expect(isBlobReference(records[0]?.output)).toBe(canonicalBytes([value, "x".repeat(letters)]) > INLINE_BYTES);
    }),
    { numRuns: 50 },
  );
});

function canonicalBytes(value: unknown): number {
  return Buffer.byteLength(canonicalJson(value));
}
