import fc from "fast-check";
import { expect, test } from "vitest";
import { verifyLines } from "#evidence";
import type { EvidenceStore, RecordDraft, StoredRecord } from "#evidence";
import { recoverRuns } from "#orchestration";
import { attemptLogId } from "../../../src/orchestration/run/attempt-names.ts";
import { linesOf, wholeLog } from "../../evidence/support/logs.ts";
import { expectedRun } from "../run/support/expected-run.ts";
import { declared, randomJobs, scriptOf } from "../run/support/random-jobs.ts";
import { atRest, eagerClock, submitted } from "../run/support/run-bench.ts";
import { memoryWithWorkers, newMemory } from "./support/memory-with-workers.ts";
import type { MemoryWithWorkers } from "./support/memory-with-workers.ts";

const ASKED = { actor: "ada", reason: "a test" };

async function approveAll({ runs }: MemoryWithWorkers, runId: string) {
  for (;;) {
    const view = await atRest(runs, runId);
    const gate = view.jobs.find(({ gateOpen }) => gateOpen);
    if (view.status !== "blocked" || gate === undefined) return view;
    await runs.approve({ runId, jobKey: gate.key, actor: "bo", reason: "fine" });
  }
}

function drafts(records: readonly StoredRecord[]): readonly RecordDraft[] {
  return records.map(({ record }) => {
    const { event_id: _event, run_id: _run, seq: _seq, hash: _hash, outputs_hash: _outputs, ...draft } = record;
    return draft;
  });
}

/** Every step that the log of an attempt tells of is told by the log of its run, once, in order, word for word. */
async function expectExactCopies(store: EvidenceStore, runId: string): Promise<void> {
  const log = (await wholeLog(store, runId)).map(({ record }) => record);
  for (const started of log.filter(({ event_type: type }) => type === "job.started")) {
    const { job_id: jobId = "", job_key: key, attempt } = started;
    const said = drafts(await wholeLog(store, attemptLogId(jobId)));
    const expected = said.filter(({ event_type: type }) => type.startsWith("step."));
    const copied = log.filter((record) => record.job_id === jobId && record.event_type.startsWith("step."));
    expect(copied).toHaveLength(expected.length);
    for (const [place, record] of copied.entries())
      expect(record).toMatchObject({ ...expected[place], job_key: key, attempt });
  }
  expect((await verifyLines(await linesOf(store, runId), { runId })).problems).toEqual([]);
}

test("P2 a run at workers ends as one in this process would, and its log has every step of its attempts once", async () => {
  await fc.assert(
    fc.asyncProperty(randomJobs, async (jobs) => {
      const bench = memoryWithWorkers(scriptOf(jobs));
      const { runId } = await bench.runs.create(submitted(jobs.map(declared), { maxWorkers: 3 }), ASKED);
      expect((await approveAll(bench, runId)).status).toBe(expectedRun(jobs).status);
      expect(new Set(bench.effects).size).toBe(bench.effects.length);
      await expectExactCopies(bench.store, runId);
    }),
    { numRuns: 40 },
  );
}, 120_000);

/** How far the log of an attempt had come when its driver died: not begun, in the middle, or at its end. */
type Came = "nowhere" | "some way" | "to its end";

/** What a driver that died behind so many records has left, and what of it the workers go on with. */
async function leftBy(first: MemoryWithWorkers, { runId, size, came }: { runId: string; size: number; came: Came }) {
  const memory = newMemory();
  const log = (await wholeLog(first.store, runId)).slice(0, size);
  for (const [at, draft] of drafts(log).entries()) await memory.append(runId, at, [draft]);
  const begun = new Set<string>();
  const goOn: (() => Promise<void>)[] = [];
  for (const { record } of log.filter(({ record: { event_type: type } }) => type === "job.started")) {
    const { job_id: jobId = "", job_key: key } = record;
    const logId = attemptLogId(jobId);
    const whole = drafts(await wholeLog(first.store, logId));
    const copied = log.filter((other) => other.record.job_id === jobId && other.record.event_type.startsWith("step."));
    const ended = log.some(
      (other) => other.record.job_id === jobId && /^job\.(succeeded|failed)$/.test(other.record.event_type),
    );
    if (!ended && came === "nowhere" && copied.length === 0) continue;
    const now = ended || came === "to its end" ? whole.length : 2 + copied.length;
    begun.add(`${runId}/${key}/${record.attempt}/`);
    await memory.append(logId, 0, whole.slice(0, now));
    if (now < whole.length) goOn.push(async () => void (await memory.append(logId, now, whole.slice(now))));
  }
  return { memory, begun, goOn };
}

test("P2 whoever takes a run over at any record copies what is missing, and nothing twice, and has nothing performed again", async () => {
  await fc.assert(
    fc.asyncProperty(
      randomJobs,
      fc.nat({ max: 1000 }),
      fc.constantFrom<Came>("nowhere", "some way", "to its end"),
      async (jobs, at, came) => {
        const first = memoryWithWorkers(scriptOf(jobs));
        const { runId } = await first.runs.create(submitted(jobs.map(declared), { maxWorkers: 3 }), ASKED);
        await approveAll(first, runId);
        const size = 3 + (at % ((await wholeLog(first.store, runId)).length - 2)); // the acceptance is one append
        const { memory, begun, goOn } = await leftBy(first, { runId, size, came });
        const second = memoryWithWorkers(scriptOf(jobs), memory);
        const heads = (await memory.openRuns()).filter((head) => head.runId === runId);
        const store = { ...second.store, takeOver: async () => heads }; // what workers have is not a driver's to take
        const { plans } = await recoverRuns(store, eagerClock(), second.handed);
        for (const { atWorkers, mayGoOn } of plans) {
          if (atWorkers.length > 0) await second.runs.goOn(runId);
          else if (mayGoOn) await second.runs.resume(runId, { ...ASKED, failedOnly: false, rerun: [], force: false });
        }
        for (const worker of goOn) await worker();
        expect((await approveAll(second, runId)).status).toBe(expectedRun(jobs).status);
        for (const effect of second.effects)
          expect([...begun].some((attempt) => effect.startsWith(attempt))).toBe(false);
        expect(new Set(second.effects).size).toBe(second.effects.length);
        await expectExactCopies(memory, runId);
      },
    ),
    { numRuns: 100 },
  );
}, 180_000);
