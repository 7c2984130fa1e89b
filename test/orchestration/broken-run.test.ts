import { expect, test } from "vitest";
import type { EvidenceStore } from "#evidence";
import { verifyLines } from "#evidence";
import type { HealthObserver } from "#health";
import { recoverRuns } from "#orchestration";
import { LogStore } from "../../src/evidence/log-store.ts";
import { eventIds } from "../evidence/support/event-ids.ts";
import { FailingBackend } from "../evidence/support/failing-backend.ts";
import { drained, linesOf, wholeLog } from "../evidence/support/logs.ts";
import { createBench, job, stepType, typesOf } from "./support/bench.ts";
import { boundMethods } from "./support/bound-methods.ts";

const TYPES = ["test.effect", "test.effect", "test.effect"];

function storeOver(backend: FailingBackend): EvidenceStore {
  return new LogStore(backend, { newEventId: eventIds() });
}

// Writes of this job: 1 = opening and start of step 0, 2 = start of step 1, 3 = start of step 2, 4 = the end.
test.each([
  [1, 0],
  [2, 1],
  [3, 2],
  [4, 3],
])(
  "when write %i of a job fails, %i steps have taken effect and nothing more ever does",
  async (failAtWrite, effects) => {
    const backend = Object.assign(new FailingBackend(), { failAtWrite });
    const store = storeOver(backend);
    await using bench = createBench({ store });
    const halted = { code: "STORE_HALTED" };
    const submitting = bench.runner.submit(job("job-1", TYPES));
    if (failAtWrite === 1) await expect(submitting).rejects.toMatchObject(halted);
    else await expect((await submitting).result).rejects.toMatchObject(halted);
    expect(bench.effects()).toHaveLength(effects);
    await expect(bench.runner.submit(job("job-2", TYPES))).rejects.toMatchObject(halted);
    if (failAtWrite > 1) await expect(bench.runner.submit(job("job-1", TYPES))).rejects.toMatchObject(halted);
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(bench.effects()).toHaveLength(effects);
    expect(backend.writes).toBe(failAtWrite);
    expect(bench.clock.armed).toBe(0);
  },
);

test.each([
  [2, false, 0],
  [2, true, 1],
  [3, false, 1],
  [3, true, 2],
])(
  "after a halt at write %i (kept by the disk: %s) a restart says that step %i is in doubt",
  async (failAtWrite, kept, inDoubt) => {
    const backend = Object.assign(new FailingBackend(), { failAtWrite, storesWhatFails: kept });
    await using bench = createBench({ store: storeOver(backend) });
    const { result } = await bench.runner.submit(job("job-1", TYPES));
    await expect(result).rejects.toMatchObject({ code: "STORE_HALTED" });
    const before = bench.effects();
    const store = storeOver(backend);
    const [told] = (await recoverRuns(store, bench.clock)).jobs;
    expect(told).toMatchObject({
      finalStatus: "FAILED",
      finalReason: `Step ${inDoubt} in doubt: the process ended while it ran`,
      stepsSucceeded: inDoubt,
      stepsInDoubt: [{ stepIndex: inDoubt }],
    });
    const again = await bench.another({ store }).submit(job("job-1", TYPES));
    expect(again.attached).toBe(true);
    expect(await again.result).toStrictEqual(structuredClone(told));
    expect(bench.effects()).toEqual(before);
  },
);

test("a payload that cannot be kept fails its step, halts the store, and nothing more is performed", async () => {
  const backend = new FailingBackend();
  const store = storeOver(backend);
  await using bench = createBench({ store });
  const stepTypes = [
    stepType("test.much", () => {
      backend.failsBlobs = true;
      return { success: true, output: "x".repeat(10_000) };
    }),
    ...bench.runner.stepTypes,
  ];
  const { result } = await bench.another({ stepTypes }).submit(job("job-1", ["test.much", "test.effect"]));
  await expect(result).rejects.toMatchObject({ code: "STORE_HALTED" });
  expect(bench.effects()).toEqual([]);
  expect(backend.writes).toBe(1);
});

test("readers of a run whose store halts are told so and do not hang", async () => {
  const backend = Object.assign(new FailingBackend(), { failAtWrite: 2 });
  const store = storeOver(backend);
  await using bench = createBench({ store });
  const { result } = await bench.runner.submit(job("job-1", ["test.gate", "test.effect"]));
  await bench.entered("job-1/0");
  const reading = drained(store.tail("job-1", -1));
  bench.open("job-1/0");
  await expect(result).rejects.toMatchObject({ code: "STORE_HALTED" });
  await expect(reading).rejects.toMatchObject({ code: "STORE_HALTED" });
});

test("a run that breaks off while its store lives is closed at once, and its readers end", async () => {
  await using bench = createBench();
  let look = 0;
  const health: HealthObserver = {
    observeHealth() {
      look += 1;
      return { status: "HEALTHY", signals: { text: "x".repeat(look < 2 ? 1 : 5 * 1024 * 1024) } };
    },
  };
  // The clock stands still but for a fraction at each look, so each step's look is a new one.
  const stepTypes = [
    stepType("test.slow", () => {
      bench.clock.advance(60_000);
      return { success: true, output: null };
    }),
    ...bench.runner.stepTypes,
  ];
  const runner = bench.another({ health, stepTypes });
  const { result } = await runner.submit(job("job-1", ["test.slow", "test.effect"]));
  const reading = drained(bench.store.tail("job-1", -1));
  await expect(result).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  expect(typesOf(await reading)).toEqual([
    "run.created",
    "job.started",
    "step.started",
    "log.recovered",
    "step.in_doubt",
    "job.failed",
    "run.completed",
  ]);
  expect(bench.effects()).toEqual([]);
  expect(await runner.get("job-1")).toMatchObject({ status: "FAILED" });
  expect((await runner.submit(job("job-1", ["test.slow", "test.effect"]))).attached).toBe(true);
  expect(await verifyLines(await linesOf(bench.store, "job-1"))).toMatchObject({ ok: true, complete: true });
});

test.each([1, 2, 3, 4])(
  "an append %i that throws something unforeseen leaves no open run and no tail that hangs",
  async (at) => {
    await using bench = createBench();
    let appends = 0;
    const { append, ...rest } = boundMethods(bench.store);
    const store: EvidenceStore = {
      ...rest,
      halted: undefined,
      append: async (runId, place, drafts) => {
        appends += 1;
        if (appends === at) throw new RangeError("unforeseen");
        return await append(runId, place, drafts);
      },
    };
    const runner = bench.another({ store });
    const submitting = runner.submit(job("job-1", TYPES));
    if (at === 1) {
      await expect(submitting).rejects.toThrow("unforeseen");
      expect(await store.head("job-1")).toBeUndefined();
      expect((await runner.submit(job("job-1", TYPES))).attached).toBe(false);
      return;
    }
    const { result } = await submitting;
    const reading = drained(store.tail("job-1", -1));
    await expect(result).rejects.toThrow("unforeseen");
    expect(typesOf(await reading).at(-1)).toBe("run.completed");
    expect(await store.openRuns()).toEqual([]);
    const told = await runner.submit(job("job-1", TYPES));
    expect(told.attached).toBe(true);
    expect(await told.result).toMatchObject({ stepsInDoubt: [{ stepIndex: at - 2 }], stepsSucceeded: at - 2 });
    expect(bench.effects()).toHaveLength(at - 1);
    expect(await wholeLog(store, "job-1")).toHaveLength((await store.head("job-1"))?.size ?? 0);
  },
);

test("a job that was cut off by a failed write and is asked for again says what to do", async () => {
  const backend = Object.assign(new FailingBackend(), { failAtWrite: 2 });
  await using bench = createBench({ store: storeOver(backend) });
  await expect((await bench.runner.submit(job("job-1", TYPES))).result).rejects.toMatchObject({ code: "STORE_HALTED" });
  await expect(bench.runner.submit(job("job-1", TYPES))).rejects.toMatchObject({
    code: "STORE_HALTED",
    message: "Job job-1 was cut off by a failed write; the next start says what is known of it.",
  });
  expect(await bench.runner.get("job-1")).toMatchObject({ status: "RUNNING", logSize: 3 });
  await expect(bench.runner.cancel("job-1", { cancelledBy: "a", reason: "b" })).rejects.toMatchObject({
    code: "RUN_ENDED",
  });
});
