import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryStore, verifyLines } from "#evidence";
import type { EvidenceStore } from "#evidence";
import { recoverRuns } from "#orchestration";
import { loadRun } from "../../../src/orchestration/run/load-run.ts";
import { runView } from "../../../src/orchestration/run/run-view.ts";
import { linesOf, wholeLog } from "../../evidence/support/logs.ts";
import { expectedRun } from "./support/expected-run.ts";
import { declared, randomJobs, scriptOf } from "./support/random-jobs.ts";
import { atRest, createRunBench, eagerClock, submitted } from "./support/run-bench.ts";

const ASKED = { actor: "ada", reason: "a test" };

async function approveAll(bench: ReturnType<typeof createRunBench>, runId: string) {
  for (;;) {
    const view = await atRest(bench.runner, runId);
    const gate = view.jobs.find(({ gateOpen }) => gateOpen);
    if (view.status !== "blocked" || gate === undefined) return view;
    await bench.runner.approve({ runId, jobKey: gate.key, actor: "bo", reason: "fine" });
  }
}

test("a run of any plan ends as the reference model says, whatever runs side by side", async () => {
  await fc.assert(
    fc.asyncProperty(randomJobs, fc.integer({ min: 1, max: 4 }), async (jobs, maxWorkers) => {
      await using bench = createRunBench(scriptOf(jobs));
      const { runId } = await bench.runner.create(submitted(jobs.map(declared), { maxWorkers }), ASKED);
      const view = await approveAll(bench, runId);
      const expected = expectedRun(jobs);
      expect(view.status).toBe(expected.status);
      for (const { key, status, attempt } of view.jobs) {
        const job = expected.jobs.get(key);
        expect(
          job?.possible.has(status),
          `${key} is ${status}, expected one of ${[...(job?.possible ?? [])].join(", ")}`,
        ).toBe(true);
        if (status === "succeeded" || status === "failed") expect(attempt + 1).toBeLessThanOrEqual(job?.attempts ?? 0);
      }
      // No step is performed twice, and nothing starts before what it needs has succeeded.
      expect(new Set(bench.effects).size).toBe(bench.effects.length);
      const report = await verifyLines(await linesOf(bench.store, runId), { runId });
      expect(report.problems).toEqual([]);
    }),
    { numRuns: 150 },
  );
}, 120_000);

test("the replay of any log is the state that the live run told", async () => {
  await fc.assert(
    fc.asyncProperty(randomJobs, async (jobs) => {
      await using bench = createRunBench(scriptOf(jobs));
      const { runId } = await bench.runner.create(submitted(jobs.map(declared), { maxWorkers: 3 }), ASKED);
      const live = await atRest(bench.runner, runId);
      expect(runView(await loadRun(bench.store, runId, { verify: true }))).toEqual(live);
    }),
    { numRuns: 60 },
  );
}, 120_000);

/** A store that has only the first records of a log, as after a crash. */
async function cutStore(store: EvidenceStore, runId: string, size: number): Promise<EvidenceStore> {
  let ids = 0;
  const cut = createMemoryStore({ newEventId: () => `cut-${(ids += 1)}` });
  const records = (await wholeLog(store, runId)).slice(0, size);
  for (const [at, { record }] of records.entries()) {
    const { event_id: _event, run_id: _run, seq: _seq, hash: _hash, outputs_hash: _outputs, ...draft } = record;
    await cut.append(runId, at, [draft]);
  }
  return cut;
}

test("P2 after a crash at any record a resume performs no step again that has succeeded, and the run ends", async () => {
  await fc.assert(
    fc.asyncProperty(randomJobs, fc.nat({ max: 1000 }), async (jobs, at) => {
      await using first = createRunBench(scriptOf(jobs));
      const { runId } = await first.runner.create(submitted(jobs.map(declared), { maxWorkers: 3 }), ASKED);
      await approveAll(first, runId);
      const log = await wholeLog(first.store, runId);
      const size = 3 + (at % (log.length - 2)); // the acceptance is one append
      const store = await cutStore(first.store, runId, size);
      const succeeded = log
        .slice(0, size)
        .filter(({ record }) => record.event_type === "job.succeeded")
        .map(({ record }) => record.job_key);
      await using second = createRunBench(scriptOf(jobs), { store });
      const recovered = await recoverRuns(store, eagerClock());
      const [plan] = recovered.plans;
      if (plan !== undefined && plan.status === "blocked") {
        const view = await second.runner.get(runId);
        expect(view.jobs.every(({ status }) => status !== "running")).toBe(true);
        if (plan.mayGoOn) await second.runner.resume(runId, RESUME);
        await approveAll(second, runId);
      }
      const end = await second.runner.get(runId);
      expect(["succeeded", "failed"]).toContain(end.status);
      for (const key of succeeded)
        expect(second.effects.filter((effect) => effect.startsWith(`${runId}/${key}/`))).toEqual([]);
      const report = await verifyLines(await linesOf(store, runId), { runId });
      expect(report.problems).toEqual([]);
    }),
    { numRuns: 150 },
  );
}, 180_000);

const RESUME = { ...ASKED, failedOnly: false, rerun: [], force: false };
