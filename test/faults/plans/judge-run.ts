import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { verifyFile } from "#evidence";
import type { EvidenceRecord } from "#evidence";
import { expectedEnd } from "./random-plan.ts";
import type { ExpectedEnd, RandomPlanJob } from "./random-plan.ts";
import type { ToldRun } from "./told-run.ts";

/** What one run's traces show. */
export interface RunJudgement {
  /** Every promise that they break, in words. */
  readonly problems: readonly string[];
  readonly status: string;
  readonly inDoubt: number;
  /** Steps whose effect is found more than once. */
  readonly repeated: number;
}

/** Effects of each run, as idempotency keys in the order in which they happened. */
export async function effectsByRun(path: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await readFile(path, "latin1").catch(() => "");
  const keys = text
    .split("\n")
    .slice(0, -1)
    .map((line) => line.trimEnd());
  return Map.groupBy(keys, (key) => key.slice(0, key.indexOf("/")));
}

/** Holds what a client was told, what is found outside, and what the log says of one run against one another. */
export async function judgeRun(run: ToldRun, state: string, effects: readonly string[]): Promise<RunJudgement> {
  const { runId, plan, told, approved } = run;
  const path = join(state, "runs", runId, "events.jsonl");
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return lost(run, effects);
  const records = text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as EvidenceRecord); // whether they are records is verified
  const report = await verifyFile(path, { runId });
  const expected = expectedEnd(plan.jobs);
  const status = statusOf(records);
  const repeats = repeatedEffects(records, effects);
  const problems = [
    ...report.problems.map(({ line, message }) => `line ${line}: ${message}`),
    ...[...told]
      .filter(([seq, hash]) => records[seq]?.hash !== hash)
      .map(([seq]) => `record ${seq} was told, and is another`),
    ...[...approved].filter((key) => !records.some(isApprovalOf(key))).map((key) => `the approval of ${key} is lost`),
    ...(status === expected.status ? [] : [`is ${status}, expected ${expected.status}`]),
    ...plan.jobs.flatMap((job) => jobProblems(job, { records, expected, effects, runId })),
    ...unstarted(records, effects),
    ...repeats.flatMap(({ problems: found }) => found),
  ];
  const inDoubt = records.filter(({ event_type: type }) => type === "step.in_doubt").length;
  return { problems: problems.map((problem) => `${runId}: ${problem}`), status, inDoubt, repeated: repeats.length };
}

function lost({ runId, accepted, told }: ToldRun, effects: readonly string[]): RunJudgement {
  const problems =
    accepted || told.size + effects.length > 0 ? [`${runId}: was accepted, and is not in the store`] : [];
  return { problems, status: "never accepted", inDoubt: 0, repeated: 0 };
}

function isApprovalOf(key: string) {
  return (record: EvidenceRecord): boolean => record.event_type === "gate.approved" && record.job_key === key;
}

function statusOf(records: readonly EvidenceRecord[]): string {
  const last = records.findLast(({ event_type: type }) => /^run\.(completed|resumed|state_changed)$/.test(type));
  return last?.event_type === "run.resumed" ? "executing" : (last?.status ?? "");
}

interface Judged {
  readonly records: readonly EvidenceRecord[];
  readonly expected: ExpectedEnd;
  readonly effects: readonly string[];
  readonly runId: string;
}

function jobProblems(job: RandomPlanJob, { records, expected, effects, runId }: Judged): readonly string[] {
  const { key, kind, steps } = job;
  const words = /^job\.(succeeded|failed|skipped|started|retried)$/;
  const own = records.filter((record) => record.job_key === key);
  const last = own.findLast(({ event_type: type }) => words.test(type))?.event_type ?? "nothing";
  const usual = expected.lost.has(key) ? "job.skipped" : kind === "bad" ? "job.failed" : "job.succeeded";
  const fine = kind === "held" && !expected.stops && !expected.lost.has(key) ? ["nothing"] : [usual];
  // A job beside a failure that stops the run may have been left at any point; it never counts as succeeded for that.
  if (expected.stops) fine.push("job.skipped", "job.failed", "job.retried");
  const problems = fine.includes(last) ? [] : [`${key} ends with ${last}, expected ${fine.join(" or ")}`];
  if (last !== "job.succeeded") return problems;
  const done = new Set(
    effects.filter((effect) => effect.startsWith(`${runId}/${key}/`)).map((effect) => stepOf(effect, records)),
  );
  const missing = Array.from({ length: steps }, (_none, step) => step).filter((step) => !done.has(step));
  return [...problems, ...missing.map((step) => `${key} succeeded, and its step ${step} took no effect`)];
}

/** An attempt's step by its place in the job: an attempt may begin behind the first. */
function stepOf(effect: string, records: readonly EvidenceRecord[]): number {
  const slash = effect.lastIndexOf("/");
  const jobId = effect.slice(0, slash);
  const started = records.find((record) => record.event_type === "job.started" && record.job_id === jobId);
  const first = started?.data?.["first_step"];
  return Number(effect.slice(slash + 1)) + (typeof first === "number" ? first : 0);
}

/** No effect without the record of its start. */
function unstarted(records: readonly EvidenceRecord[], effects: readonly string[]): readonly string[] {
  const started = new Set(
    records
      .filter(({ event_type: type }) => type === "step.started")
      .map((record) => `${record.job_id ?? ""}/${record.step_index ?? ""}`),
  );
  return effects.filter((effect) => !started.has(effect)).map((effect) => `${effect} took effect, and has no start`);
}

interface Repeat {
  readonly problems: readonly string[];
}

/** Steps that took effect more than once: each time there has to be the record that allowed it. */
function repeatedEffects(records: readonly EvidenceRecord[], effects: readonly string[]): readonly Repeat[] {
  const bySteps = Map.groupBy(effects, (effect) => `${effect.split("/")[1] ?? ""}/${stepOf(effect, records)}`);
  return [...bySteps].flatMap(([step, found]) => {
    if (found.length < 2) return [];
    const problems = new Set(found).size < found.length ? [`${step}: one attempt took effect twice`] : [];
    const attempts = [...new Set(found)].toSorted((one, other) => attemptOf(one) - attemptOf(other));
    const silent = attempts.slice(0, -1).filter((effect) => !mayFollow(effect, records));
    return [
      { problems: [...problems, ...silent.map((effect) => `${effect} was done again without a record that says why`)] },
    ];
  });
}

function attemptOf(effect: string): number {
  return Number(effect.split("/")[2]);
}

/** Whether the log says why a step that took effect was performed again: it was in doubt, or its job failed and has a retry. */
function mayFollow(effect: string, records: readonly EvidenceRecord[]): boolean {
  const slash = effect.lastIndexOf("/");
  const [jobId, step] = [effect.slice(0, slash), Number(effect.slice(slash + 1))];
  const doubted = records.some(
    (record) => record.event_type === "step.in_doubt" && record.job_id === jobId && record.step_index === step,
  );
  if (doubted) return true;
  const failed = records.findIndex((record) => record.event_type === "job.failed" && record.job_id === jobId);
  const { job_key: key, error_class: errorClass } = records[failed] ?? {};
  return (
    errorClass === "unknown" &&
    records.slice(failed).some((record) => record.event_type === "job.retried" && record.job_key === key)
  );
}
