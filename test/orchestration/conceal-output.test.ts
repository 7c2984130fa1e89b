import { expect, test } from "vitest";
import type { StepType } from "#effects";
import { verifyDisclosure } from "#evidence";
import type { EvidenceRecord, KeptDisclosure } from "#evidence";
import type { Json } from "#model";
import { wholeLog } from "../evidence/support/logs.ts";
import { createBench, job, stepType } from "./support/bench.ts";
import type { Bench } from "./support/bench.ts";

function sensitive(execute: StepType["handler"]["execute"]): StepType {
  return { ...stepType("test.person", execute), sensitiveOutput: () => ["/name", "/list/0"] };
}

interface Performed {
  readonly kept: readonly KeptDisclosure[];
  readonly records: readonly EvidenceRecord[];
}

/** Runs one such step in a runner that keeps disclosures, and remembers how far the log was when it did. */
async function performed(bench: Bench, type: StepType, seenAt: number[] = []): Promise<Performed> {
  const kept: KeptDisclosure[] = [];
  let salts = 0;
  const disclosures = {
    keep: (runId: string, some: readonly KeptDisclosure[]) => {
      kept.push(...some);
      void bench.store.head(runId).then((head) => seenAt.push(head?.size ?? 0));
    },
    newSalt: () => `salt-${(salts += 1)}`,
  };
  const runner = bench.another({ stepTypes: [type], disclosures });
  const { result } = await runner.submit(job("job-1", ["test.person"]));
  await result;
  return { kept, records: (await wholeLog(bench.store, "job-1")).map(({ record }) => record) };
}

function endOf({ records }: Performed): EvidenceRecord {
  return records.find(({ event_type }) => event_type === "step.succeeded" || event_type === "step.failed")!;
}

test("a sensitive field is nowhere in the log, and its disclosure proves it for the record of the step", async () => {
  await using bench = createBench();
  const output: Json = { name: "Ada Lovelace", list: ["London", "open"] };
  const done = await performed(
    bench,
    sensitive(() => ({ success: true, output })),
  );
  expect(JSON.stringify(done.records)).not.toMatch(/Lovelace|London/);
  const verdicts = done.kept.map(({ disclosure }) => verifyDisclosure(endOf(done), disclosure));
  expect(verdicts).toEqual([
    { valid: true, pointer: "/name", value: "Ada Lovelace" },
    { valid: true, pointer: "/list/0", value: "London" },
  ]);
  expect(done.kept.map(({ step_index }) => step_index)).toEqual([0, 0]);
});

test("a disclosure is kept before the record of its step is, while the log still ends with the start", async () => {
  await using bench = createBench();
  const seenAt: number[] = [];
  await performed(
    bench,
    sensitive(() => ({ success: true, output: { name: "Ada" } })),
    seenAt,
  );
  expect(seenAt).toEqual([3]);
});

test("a large output lies beside the log without its sensitive fields, and they are proven by the payload", async () => {
  await using bench = createBench();
  const done = await performed(
    bench,
    sensitive(() => ({ success: true, output: { name: "Ada", text: "x".repeat(9000) } })),
  );
  const { output: reference, outputs_hash } = endOf(done);
  expect(reference).toMatchObject({ $blob: outputs_hash });
  const bytes = Buffer.from((await bench.store.getBlob(outputs_hash ?? "")) ?? []);
  expect(bytes.toString()).not.toContain("Ada");
  const output = JSON.parse(bytes.toString()) as Json; // a payload is JSON
  expect(verifyDisclosure({ output, outputs_hash }, done.kept[0]?.disclosure ?? "")).toMatchObject({ value: "Ada" });
});

test("a failed step's sensitive fields are concealed as well", async () => {
  await using bench = createBench();
  const done = await performed(
    bench,
    sensitive(() => ({ success: false, output: { name: "Ada" }, error: "half way" })),
  );
  expect(endOf(done)).toMatchObject({ event_type: "step.failed", reason: "half way" });
  expect(JSON.stringify(done.records)).not.toContain("Ada");
  expect(done.kept).toHaveLength(1);
});

test.each<[string, unknown]>([
  ["that is no JSON", { name: "Ada", at: new Date(0) }],
  ["that says _sd itself", { name: "Ada", _sd: [] }],
])("an output %s is a failed step, and nothing is kept of it", async (_case, output) => {
  await using bench = createBench();
  const done = await performed(
    bench,
    sensitive(() => ({ success: true, output: output as Json })),
  ); // also what is not JSON
  expect(endOf(done).event_type).toBe("step.failed");
  expect(JSON.stringify(done.records)).not.toContain("Ada");
  expect(done.kept).toEqual([]);
});

test("a step with sensitive fields fails where there is no place for their values", async () => {
  await using bench = createBench();
  const runner = bench.another({ stepTypes: [sensitive(() => ({ success: true, output: { name: "Ada" } }))] });
  const { result } = await runner.submit(job("job-1", ["test.person"]));
  expect(await result).toMatchObject({
    finalStatus: "FAILED",
    finalReason: expect.stringContaining("no place") as string,
  });
});

test("what a step says after it was stopped is not kept", async () => {
  await using bench = createBench();
  const type = sensitive(async (_step, _context, { signal }) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    return { success: true, output: { name: "Ada" } };
  });
  const kept: KeptDisclosure[] = [];
  const disclosures = {
    keep: (_run: string, some: readonly KeptDisclosure[]) => void kept.push(...some),
    newSalt: () => "s",
  };
  const runner = bench.another({ stepTypes: [type], disclosures });
  const { result } = await runner.submit(job("job-1", ["test.person"]));
  await runner.cancel("job-1", { cancelledBy: "tester", reason: "enough" });
  expect(await result).toMatchObject({ finalStatus: "CANCELLED" });
  expect(kept).toEqual([]);
});
