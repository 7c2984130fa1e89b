import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryStore, createSqliteStore, replayJob, verifyLines } from "#evidence";
import type { EvidenceRecord, EvidenceStore, RecordDraft } from "#evidence";
import { recoverRuns } from "#orchestration";
import { firstRecord, recordedJob } from "#worker";
import { eventIds } from "../evidence/support/event-ids.ts";
import { FakeClock } from "../evidence/support/fake-clock.ts";
import { linesOf, wholeLog } from "../evidence/support/logs.ts";
import { played, script, stepsOf } from "../evidence/support/plays.ts";
import { createBench, job, typesOf } from "./support/bench.ts";

/** What a record was before it was stored. */
function asDraft(record: EvidenceRecord): RecordDraft {
  const { event_id, run_id, seq, outputs_hash, hash, ...said } = record;
  expect([event_id, run_id, seq, outputs_hash, hash]).toHaveLength(5);
  return said;
}

/** A store that holds the first `count` of these records, as a process that died there left it. */
async function storeCutAt(records: readonly EvidenceRecord[], count: number): Promise<EvidenceStore> {
  const store = createMemoryStore({ newEventId: eventIds() });
  await store.append("job-1", 0, records.slice(0, count).map(asDraft));
  return store;
}

async function recordsOf(store: EvidenceStore): Promise<readonly EvidenceRecord[]> {
  return (await wholeLog(store, "job-1")).map(({ record }) => record);
}

test("a new runner over the same file attaches to what an earlier one recorded, and performs nothing", async () => {
  await using bench = createBench();
  const directory = join(bench.directory, "state");
  const asked = job("job-1", ["test.effect", "test.fail", "test.effect"]);
  const first = createSqliteStore(directory, { newEventId: eventIds() });
  const result = await (await bench.another({ store: first }).submit(asked)).result;
  await first.close();
  const second = createSqliteStore(directory, { newEventId: eventIds() });
  try {
    expect((await recoverRuns(second, bench.clock)).jobs).toEqual([]);
    const runner = bench.another({ store: second });
    const again = await runner.submit(asked);
    expect(again.attached).toBe(true);
    expect(await again.result).toStrictEqual(structuredClone(result));
    expect(await runner.get("job-1")).toMatchObject({ status: "FAILED", logSize: 8 });
    await expect(runner.submit(job("job-1", ["test.effect"]))).rejects.toMatchObject({ code: "JOB_ID_TAKEN" });
  } finally {
    await second.close();
  }
  expect(bench.effects()).toEqual(["job-1/0"]);
});

test("recovery of a store without open runs does nothing", async () => {
  await using bench = createBench();
  await (
    await bench.runner.submit(job("job-1", ["test.effect"]))
  ).result;
  expect((await recoverRuns(bench.store, bench.clock)).jobs).toEqual([]);
  expect(await bench.store.head("job-1")).toMatchObject({ size: 6 });
});

test("a step in doubt is told under the idempotency key that its handler was given", async () => {
  await using bench = createBench();
  const asked = { ...job("job-1", ["test.effect", "test.gate"]), attemptOf: "work-7" };
  await bench.runner.submit(asked);
  await bench.entered("work-7/1");
  const store = await storeCutAt(await recordsOf(bench.store), 5);
  await recoverRuns(store, bench.clock);
  const doubt = (await wholeLog(store, "job-1")).find(({ record }) => record.event_type === "step.in_doubt");
  expect(doubt?.record).toMatchObject({ job_id: "job-1", step_index: 1, idempotency_key: "work-7/1" });
  const other = bench.another({ store }).submit(job("job-1", ["test.effect", "test.gate"]));
  await expect(other).rejects.toMatchObject({ code: "JOB_ID_TAKEN" });
  bench.open("work-7/1");
});

test("a step that was started and has no end is in doubt, and nothing runs it again", async () => {
  await using bench = createBench();
  const { result } = await bench.runner.submit(job("job-1", ["test.effect", "test.gate", "test.effect"]));
  await bench.entered("job-1/1");
  const store = await storeCutAt(await recordsOf(bench.store), 5);
  const [told] = (await recoverRuns(store, bench.clock)).jobs;
  expect(told).toMatchObject({
    finalStatus: "FAILED",
    finalReason: "Step 1 in doubt: the process ended while it ran",
    stepsExecuted: 1,
    stepsInDoubt: [{ stepIndex: 1, stepType: "test.gate", target: "target-1" }],
    stepsNotRun: [{ stepIndex: 2 }],
  });
  const log = await wholeLog(store, "job-1");
  expect(typesOf(log).slice(5)).toEqual(["log.recovered", "step.in_doubt", "job.failed", "run.completed"]);
  expect(log[6]?.record).toMatchObject({ step_index: 1, error_class: "in_doubt", idempotency_key: "job-1/1" });
  expect(log[7]?.record).toMatchObject({ error_class: "in_doubt", status: "FAILED" });
  expect(log[8]?.record).toMatchObject({ status: "failed" });
  const again = await bench.another({ store }).submit(job("job-1", ["test.effect", "test.gate", "test.effect"]));
  expect(again.attached).toBe(true);
  expect(await again.result).toStrictEqual(structuredClone(told));
  expect(bench.effects()).toEqual(["job-1/0", "job-1/1"]);
  bench.open("job-1/1");
  await result;
});

test.each([
  ["only created", ["test.effect"], 1, "FAILED", "Stopped before step 0: the process ended"],
  ["created and announced", ["test.effect"], 2, "FAILED", "Stopped before step 0: the process ended"],
  ["all of its results but no end", ["test.effect"], 4, "COMPLETED", "All steps completed successfully"],
  ["a failed step but no end", ["test.fail", "test.effect"], 4, "FAILED", "Step 0 failed: meant to"],
  ["its job's end but not the run's", ["test.effect"], 5, "COMPLETED", "All steps completed successfully"],
] as const)(
  "a run that was left with %s is closed with what its log proves",
  async (...[, types, cut, status, reason]) => {
    await using bench = createBench();
    await (
      await bench.runner.submit(job("job-1", types))
    ).result;
    const before = bench.effects();
    const store = await storeCutAt(await recordsOf(bench.store), cut);
    const [told] = (await recoverRuns(store, bench.clock)).jobs;
    expect(told).toMatchObject({ jobId: "job-1", finalStatus: status, finalReason: reason, stepsInDoubt: [] });
    expect(await verifyLines(await linesOf(store, "job-1"))).toMatchObject({ ok: true, complete: true });
    expect((await recoverRuns(store, bench.clock)).jobs).toEqual([]);
    expect(await (await bench.another({ store }).submit(job("job-1", types))).result).toStrictEqual(
      structuredClone(told),
    );
    expect(bench.effects()).toEqual(before);
  },
);

test("every run that was left open is closed, each for itself, the ended ones untouched", async () => {
  await using bench = createBench();
  const ids = ["job-1", "job-2", "job-3", "job-4"];
  await Promise.all(ids.map((id) => bench.runner.submit(job(id, id === "job-3" ? ["test.echo"] : ["test.gate"]))));
  await Promise.all(["job-1/0", "job-2/0", "job-4/0"].map((key) => bench.entered(key)));
  await (
    await bench.runner.submit(job("job-3", ["test.echo"]))
  ).result;
  const told = (await recoverRuns(bench.store, bench.clock)).jobs;
  expect(told.map(({ jobId }) => jobId)).toEqual(["job-1", "job-2", "job-4"]);
  for (const id of ids) expect(await bench.store.head(id)).toMatchObject({ completed: true });
  expect(await bench.store.head("job-3")).toMatchObject({ size: 6 });
});

test("a log cut behind any record is closed with what the replay of the closed log says", async () => {
  await fc.assert(
    fc.asyncProperty(script, fc.nat(), async (said, where) => {
      const { records } = await played("job-1", said);
      const store = await storeCutAt(records, 1 + (where % records.length));
      const open = (await store.openRuns()).length === 1;
      const [told] = (await recoverRuns(store, new FakeClock())).jobs;
      expect(told !== undefined).toBe(open);
      const closed = await recordsOf(store);
      expect(await verifyLines(await linesOf(store, "job-1"))).toMatchObject({ ok: true, complete: true });
      if (told !== undefined) expect(replayJob(closed, stepsOf(said)).result).toStrictEqual(structuredClone(told));
    }),
    { numRuns: 150 },
  );
});

test("a recovery that was cut off behind any of its records and begun anew comes to the same result", async () => {
  await fc.assert(
    fc.asyncProperty(script, fc.nat(), fc.nat(), async (said, where, again) => {
      const { records } = await played("job-1", said);
      const cut = 1 + (where % (records.length - 1));
      const once = await storeCutAt(records, cut);
      const [first] = (await recoverRuns(once, new FakeClock())).jobs;
      const closed = await recordsOf(once);
      const secondCut = cut + (again % (closed.length - cut));
      const twice = await storeCutAt(closed, secondCut);
      const [second] = (await recoverRuns(twice, new FakeClock())).jobs;
      expect({ ...second, completedAt: "" }).toStrictEqual({ ...first, completedAt: "" });
      expect(replayJob(await recordsOf(twice), stepsOf(said)).result).toStrictEqual(structuredClone(second));
    }),
    { numRuns: 300 },
  );
});

test("a log of an unknown run tells nothing, and says that there is no such run", async () => {
  await using bench = createBench();
  await expect(recordedJob(bench.store, "no-such-run")).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  expect(await firstRecord(bench.store, "no-such-run")).toBeUndefined();
});

test("a run whose plan lies beside its log and is gone is not closed with a guess", async () => {
  await using bench = createBench();
  const names = Array.from({ length: 100 }, () => "test.echo");
  await (
    await bench.runner.submit(job("job-1", names))
  ).result;
  const records = await recordsOf(bench.store);
  expect(records[0]?.plan).toMatchObject({ $blob: records[0]?.plan_hash });
  const store = await storeCutAt(records, 5);
  await expect(recoverRuns(store, bench.clock)).rejects.toMatchObject({
    code: "EVIDENCE_BROKEN",
    message: `The plan ${records[0]?.plan_hash} is missing beside the log.`,
  });
  expect(await store.head("job-1")).toMatchObject({ size: 5, completed: false });
});
