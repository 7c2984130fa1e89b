import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verifyLines } from "#evidence";
import type { EvidenceRecord, RecordDraft } from "#evidence";
import { anyDraft } from "../support/arbitrary-drafts.ts";
import { completed, created, draft, stepStarted, stepSucceeded } from "../support/drafts.ts";
import { eventIds } from "../support/event-ids.ts";
import { linesOf } from "../support/logs.ts";
import { played, script } from "../support/plays.ts";
import { canonical, referenceLines, sha256 } from "../support/reference-format.ts";

const RUN = "run-1";
const job = { job_id: RUN, job_key: "job" };
const types: ReadonlySet<string> = new Set(["step.started", "step.succeeded", "step.failed", "step.in_doubt"]);

/** `CODE seq` of each problem of a log of these records, whose chain holds. */
async function breaches(records: readonly RecordDraft[]): Promise<readonly string[]> {
  const { problems } = await verifyLines(referenceLines(RUN, records, eventIds()));
  return problems.map(({ code, seq }) => `${code} ${seq}`);
}

function plan(steps: number): Partial<RecordDraft> {
  const document = {
    steps: Array.from({ length: steps }, (_none, at) => ({ step_type: "test.echo", target: `target-${at}` })),
  };
  return { plan: document, plan_hash: sha256(canonical(document)), steps_declared: steps };
}

const start = (index: number, more: Partial<RecordDraft> = {}): RecordDraft =>
  stepStarted(index, { job_id: RUN, ...more });
const success = (index: number, more: Partial<RecordDraft> = {}): RecordDraft =>
  stepSucceeded(index, { job_id: RUN, ...more });
const failure = (index: number, more: Partial<RecordDraft> = {}): RecordDraft =>
  draft("step.failed", {
    job_id: RUN,
    step_index: index,
    status: "FAILED",
    error_class: "unknown",
    reason: "no",
    ...more,
  });
const refusal = (index: number): RecordDraft =>
  failure(index, { error_class: "permanent", step_type: "x", reason: "No handler registered for step type: x" });
const doubt = (index: number): RecordDraft => draft("step.in_doubt", { job_id: RUN, step_index: index });
const opening = (steps: number): readonly RecordDraft[] => [created(RUN, plan(steps)), draft("job.started", job)];
const succeeded = [draft("job.succeeded", { ...job, status: "COMPLETED" }), completed()];
const failed = [draft("job.failed", { ...job, status: "FAILED" }), draft("run.completed", { status: "failed" })];
const cancelled = [
  draft("job.failed", { ...job, status: "CANCELLED" }),
  draft("run.completed", { status: "cancelled" }),
];

describe("a log of what the machine does keeps the laws", () => {
  test("whatever a job of the real executor, runner and store does", async () => {
    await fc.assert(
      fc.asyncProperty(script, async (said) => {
        const { store } = await played(RUN, said);
        const { problems, steps } = await verifyLines(await linesOf(store, RUN), { runId: RUN });
        expect(problems).toEqual([]);
        expect(steps.declared).toBe(said.plays.length);
      }),
      { numRuns: 200 },
    );
  });

  test.each<[string, readonly RecordDraft[]]>([
    ["a job without steps", [...opening(0), ...succeeded]],
    ["steps that succeed", [...opening(2), start(0), success(0), start(1), success(1), ...succeeded]],
    ["a step that fails", [...opening(3), start(0), failure(0), ...failed]],
    ["a job that is stopped before its first step", [...opening(3), ...cancelled]],
    ["a step that nothing can perform", [...opening(3), refusal(1), ...failed]],
    ["a run of which only the first record was kept", [created(RUN, plan(2)), draft("log.recovered"), ...failed]],
    ["a run that goes on", [...opening(3), start(0)]],
    ["a step in doubt, told by a recovery", [...opening(2), start(0), draft("log.recovered"), doubt(0), ...failed]],
    [
      "a recovery that was cut off, and made up for",
      [
        ...opening(2),
        start(0),
        draft("log.recovered"),
        doubt(0),
        failed[0] as RecordDraft,
        draft("log.recovered"),
        doubt(0),
        ...failed,
      ],
    ],
    [
      "a step in doubt that somebody resolved",
      [
        ...opening(2),
        start(0),
        doubt(0),
        draft("step.resolved", { job_id: RUN, step_index: 0, status: "COMPLETED" }),
        start(1),
        success(1),
        ...succeeded,
      ],
    ],
    [
      "a job that is retried under a new id",
      [
        created(RUN, plan(1)),
        draft("job.started", job),
        start(0),
        failure(0),
        draft("job.failed", { ...job, status: "FAILED" }),
        draft("job.retried", { ...job, attempt: 1 }),
        draft("job.started", { job_id: "again", job_key: "job", attempt: 1 }),
        start(0, { job_id: "again" }),
        success(0, { job_id: "again" }),
        draft("job.succeeded", { job_id: "again", job_key: "job", status: "COMPLETED", attempt: 1 }),
        completed(),
      ],
    ],
    [
      "two jobs at the same time, one of which is skipped after a resumption",
      [
        created(RUN, { job_keys: ["a", "b", "c"] }),
        draft("run.state_changed", { status: "preflight_validated" }),
        draft("run.state_changed", { status: "executing" }),
        draft("job.started", { job_key: "a", job_id: "a0" }),
        draft("job.started", { job_key: "b", job_id: "b0" }),
        start(0, { job_id: "a0" }),
        start(0, { job_id: "b0" }),
        failure(0, { job_id: "b0" }),
        success(0, { job_id: "a0" }),
        draft("job.failed", { job_key: "b", job_id: "b0", status: "FAILED" }),
        draft("job.succeeded", { job_key: "a", job_id: "a0", status: "COMPLETED" }),
        draft("run.state_changed", { status: "failed" }),
        draft("run.resumed"),
        draft("job.started", { job_key: "b", job_id: "b1", attempt: 1 }),
        draft("job.failed", { job_key: "b", job_id: "b1", status: "FAILED", attempt: 1 }),
        draft("job.skipped", { job_key: "c" }),
        draft("run.completed", { status: "failed" }),
      ],
    ],
  ])("%s", async (_case, records) => {
    expect(await breaches(records)).toEqual([]);
  });
});

describe("a log whose chain holds is held to the laws all the same", () => {
  test.each<[string, string, readonly RecordDraft[]]>([
    ["EXEC-001: a step that is left out", "EXEC_001_ORDER 2", [...opening(2), start(1)]],
    ["EXEC-001: a step that is not declared", "EXEC_001_ORDER 2", [...opening(0), start(0)]],
    ["EXEC-001: another type than declared", "EXEC_001_ORDER 2", [...opening(1), start(0, { step_type: "other" })]],
    ["EXEC-001: another target than declared", "EXEC_001_ORDER 2", [...opening(1), start(0, { target: "other" })]],
    ["EXEC-002: a step without a result", "EXEC_002_ONE_RESULT 3", [...opening(2), start(0), start(1)]],
    ["EXEC-002: a second result", "EXEC_002_ONE_RESULT 4", [...opening(2), start(0), success(0), success(0)]],
    ["EXEC-002: a result without a start", "EXEC_002_ONE_RESULT 2", [...opening(2), success(0)]],
    ["EXEC-002: a failure without a start", "EXEC_002_ONE_RESULT 2", [...opening(2), failure(0)]],
    ["EXEC-002: a result of another step", "EXEC_002_ONE_RESULT 3", [...opening(2), start(0), success(1)]],
    [
      "EXEC-002: a success with the status of a failure",
      "EXEC_002_ONE_RESULT 3",
      [...opening(1), start(0), success(0, { status: "FAILED" })],
    ],
    ["EXEC-002: a job that ends while a step runs", "EXEC_002_ONE_RESULT 3", [...opening(1), start(0), ...failed]],
    [
      "EXEC-002: a doubt about a step that has a result",
      "EXEC_002_ONE_RESULT 4",
      [...opening(2), start(0), success(0), doubt(0)],
    ],
    [
      "EXEC-002: a refusal after a step was performed",
      "EXEC_002_ONE_RESULT 4",
      [...opening(2), start(0), success(0), refusal(1)],
    ],
    ["EXEC-003: a start after a failure", "EXEC_003_AFTER_FAILURE 4", [...opening(2), start(0), failure(0), start(1)]],
    ["EXEC-003: a start after a doubt", "EXEC_003_AFTER_FAILURE 4", [...opening(2), start(0), doubt(0), start(1)]],
    [
      "EXEC-003: a start after the job's end",
      "EXEC_003_AFTER_FAILURE 3",
      [...opening(2), failed[0] as RecordDraft, start(0)],
    ],
    ["EXEC-006: a second start of a step", "EXEC_006_SECOND_START 4", [...opening(2), start(0), failure(0), start(0)]],
    ["EXEC-006: a second start of a job id", "EXEC_006_SECOND_START 2", [...opening(2), draft("job.started", job)]],
    ["a success of a job that lacks a step", "WRONG_VERDICT 4", [...opening(2), start(0), success(0), ...succeeded]],
    ["a success of a job with a failed step", "WRONG_VERDICT 4", [...opening(1), start(0), failure(0), ...succeeded]],
    [
      "a failure of a job all of whose steps succeeded",
      "WRONG_VERDICT 4",
      [...opening(1), start(0), success(0), ...failed],
    ],
    [
      "a run that succeeds although its job failed",
      "WRONG_VERDICT 3",
      [...opening(1), failed[0] as RecordDraft, completed()],
    ],
    [
      "a run that is called failed although its job was cancelled",
      "WRONG_VERDICT 3",
      [...opening(1), cancelled[0] as RecordDraft, failed[1] as RecordDraft],
    ],
    [
      "a run with an end that no run has",
      "WRONG_VERDICT 3",
      [...opening(0), succeeded[0] as RecordDraft, draft("run.completed", { status: "fine" })],
    ],
    ["a plan of another length than is said", "WRONG_VERDICT 0", [created(RUN, { ...plan(2), steps_declared: 3 })]],
    [
      "a plan that is not the one of its hash",
      "WRONG_VERDICT 0",
      [created(RUN, { ...plan(2), plan_hash: "A".repeat(43) })],
    ],
    [
      "a second end of a job",
      "ILLEGAL_TRANSITION 3",
      [...opening(1), failed[0] as RecordDraft, failed[0] as RecordDraft],
    ],
    ["an end of a job that was not started", "ILLEGAL_TRANSITION 1", [created(RUN, plan(1)), ...failed]],
    ["a run that ends while its job runs", "ILLEGAL_TRANSITION 2", [...opening(1), failed[1] as RecordDraft]],
    ["a step of a job that was not started", "ILLEGAL_TRANSITION 1", [created(RUN, plan(1)), start(0)]],
    [
      "a job that the run does not declare",
      "ILLEGAL_TRANSITION 1",
      [created(RUN, plan(1)), draft("job.started", { job_key: "other", job_id: "x" })],
    ],
    [
      "a first attempt that is not the first",
      "ILLEGAL_TRANSITION 1",
      [created(RUN, plan(1)), draft("job.started", { ...job, attempt: 1 })],
    ],
    ["a job that goes from running to skipped", "ILLEGAL_TRANSITION 2", [...opening(1), draft("job.skipped", job)]],
    ["a retry of a job that runs", "ILLEGAL_TRANSITION 2", [...opening(1), draft("job.retried", job)]],
    [
      "a run that goes from created to rolled back",
      "ILLEGAL_TRANSITION 1",
      [created(RUN), draft("run.state_changed", { status: "rolled_back" })],
    ],
    [
      "a resolution of a step that is not in doubt",
      "ILLEGAL_TRANSITION 3",
      [...opening(1), start(0), draft("step.resolved", { job_id: RUN, step_index: 0 })],
    ],
    [
      "a new attempt that nothing allowed",
      "ILLEGAL_TRANSITION 3",
      [...opening(1), failed[0] as RecordDraft, draft("job.started", { job_key: "job", job_id: "again", attempt: 1 })],
    ],
  ])("%s", async (_law, breach, records) => {
    const found = await breaches(records);
    expect(found.slice(0, 1)).toEqual([breach]);
  });

  test("a breach that is planted into the log of a real job is found, whichever record of a step is taken", async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.nat(), fc.constantFrom("drop", "repeat"), async (said, number, how) => {
        const records = (await played(RUN, said)).records.map((record) => plain(record));
        const places = records.flatMap(({ event_type: type }, at) => (types.has(type) ? [at] : []));
        const at = places[number % places.length];
        if (at === undefined) return;
        const record = records[at] as RecordDraft; // one of them
        // What a step that nothing can perform leaves is a failure alone: without it, the job was stopped before its steps.
        if (how === "drop" && record.event_type === "step.failed" && places.length === 1) return;
        const planted = how === "drop" ? records.toSpliced(at, 1) : records.toSpliced(at, 0, record);
        expect(await breaches(planted)).not.toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

test("whatever members the records of a log have, it is judged and nothing is thrown", async () => {
  const strange = fc.constantFrom<unknown>(
    { toString: 1 },
    "constructor",
    "__proto__",
    null,
    -1,
    1.5,
    "",
    [],
    [{ toString: 1 }],
  );
  const members =
    "event_type job_key job_id attempt step_index status steps_declared plan plan_hash job_keys data".split(" ");
  const change = fc.record({ at: fc.nat({ max: 7 }), member: fc.constantFrom(...members), value: strange });
  const records = [...opening(2), start(0), success(0), start(1), success(1), ...succeeded];
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 6 }), async (changes) => {
      const said = changes.reduce<readonly RecordDraft[]>(
        (all, { at, member, value }) => all.with(at, { ...(all[at] as RecordDraft), [member]: value }), // a log of eight
        records,
      );
      const lines = referenceLines(RUN, said, eventIds());
      const report = await verifyLines(lines, { checkpoints: () => "valid" });
      expect(report.records).toBe(8);
    }),
    { numRuns: 2000 },
  );
});

test("any log that the format allows is judged, and nothing is thrown", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyDraft, { maxLength: 12 }), async (any) => {
      const said = [created(RUN), ...any.filter(({ event_type: type }) => type !== "run.created")];
      expect((await verifyLines(referenceLines(RUN, said, eventIds()))).records).toBe(said.length);
    }),
  );
});

/** What was known of a record before it had its place. */
function plain(record: EvidenceRecord): RecordDraft {
  const { event_id: _id, run_id: _run, seq: _seq, hash: _hash, outputs_hash: _outputs, ...said } = record;
  return said;
}
