import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { verifyLines } from "#evidence";
import type { EvidenceRecord, EvidenceStore } from "#evidence";
import { attemptLogId } from "../../../src/orchestration/run/attempt-names.ts";
import { linesOf } from "../../evidence/support/logs.ts";
import { effectsByRun, judgeRun } from "../plans/judge-run.ts";
import type { ClusterRun } from "./cluster-run.ts";
import { recordsIn } from "./command-job.ts";

/** What the traces of all runs show. */
export interface ClusterFindings {
  readonly runs: number;
  readonly ends: Readonly<Record<string, number>>;
  readonly attempts: number;
  readonly effects: number;
  readonly inDoubt: number;
  /** Steps of plans whose effect happened more than once, each with the record that says why. */
  readonly repeated: number;
  /** Attempts and direct jobs that another process than the first has ended. */
  readonly closedByOthers: number;
  /** Broken promises, in words. */
  readonly problems: readonly string[];
}

/** Where traces are found. */
export interface Traces {
  /** Has the logs. */
  readonly store: EvidenceStore;
  /** File that every step appends to. */
  readonly effects: string;
  /** The logs are put here. */
  readonly directory: string;
}

interface Judged {
  readonly status: string;
  readonly problems: readonly string[];
  readonly inDoubt: number;
  readonly repeated: number;
  readonly attempts: number;
  readonly closedByOthers: number;
}

/** Holds what was asked for, what is found outside, and what the logs say against one another. */
export async function judgeCluster(runs: readonly ClusterRun[], traces: Traces): Promise<ClusterFindings> {
  const effects = await effectsByRun(traces.effects);
  const judged: Judged[] = [];
  for (const run of runs) judged.push(await judgeOne(run, effects.get(run.runId) ?? [], traces));
  const asked = new Set(runs.map(({ runId }) => runId));
  const foreign = [...effects.keys()].filter((runId) => !asked.has(runId));
  const sum = (of: (one: Judged) => number): number => judged.reduce((total, one) => total + of(one), 0);
  return {
    runs: runs.length,
    ends: Object.fromEntries([...Map.groupBy(judged, ({ status }) => status)].map(([end, of]) => [end, of.length])),
    attempts: sum(({ attempts }) => attempts),
    effects: [...effects.values()].reduce((total, { length }) => total + length, 0),
    inDoubt: sum(({ inDoubt }) => inDoubt),
    repeated: sum(({ repeated }) => repeated),
    closedByOthers: sum(({ closedByOthers }) => closedByOthers),
    problems: [
      ...runs.flatMap(({ problems }) => problems),
      ...judged.flatMap(({ problems }) => problems),
      ...foreign.map((runId) => `${runId}: took effect, and nobody has asked for it`),
    ],
  };
}

async function judgeOne(run: ClusterRun, effects: readonly string[], traces: Traces): Promise<Judged> {
  const { runId, plan } = run;
  const lines = await linesOf(traces.store, runId);
  if (lines.length === 0) return { ...NOTHING, problems: [`${runId}: is not in the store`] };
  const records = recordsIn(lines);
  const own = [...(await brokenLog(runId, lines)), ...resultProblems(records)];
  if (plan === undefined) {
    const problems = [...own, ...directProblems(records, effects)].map((problem) => `${runId}: ${problem}`);
    const status = `job ${records.at(-1)?.status ?? "open"}`;
    return {
      ...NOTHING,
      status,
      problems,
      inDoubt: inDoubtIn(records),
      closedByOthers: isClosedByOther(records) ? 1 : 0,
    };
  }
  const attempts = await attemptLogs(records, traces.store);
  const ofAttempts = await Promise.all(attempts.map(async (attempt) => await brokenLog(runId, attempt)));
  await putLog(traces.directory, runId, lines);
  const { problems, status, inDoubt, repeated } = await judgeRun(plan, join(traces.directory, "logs"), effects);
  return {
    status: `plan ${status}`,
    inDoubt,
    repeated,
    attempts: attempts.length,
    closedByOthers: attempts.filter((attempt) => isClosedByOther(recordsIn(attempt))).length,
    problems: [...problems, ...[...own, ...ofAttempts.flat()].map((problem) => `${runId}: ${problem}`)],
  };
}

const NOTHING: Judged = { status: "lost", problems: [], inDoubt: 0, repeated: 0, attempts: 0, closedByOthers: 0 };

async function brokenLog(runId: string, lines: readonly string[]): Promise<readonly string[]> {
  const { ok, complete, problems } = await verifyLines(lines);
  if (ok && complete) return [];
  const last = recordsIn(lines).at(-1)?.event_type ?? "nothing";
  return [`a log of ${runId} is broken or ends with ${last}: ${problems.map(({ message }) => message).join("; ")}`];
}

/** The logs of the attempts that a run's log names, as far as a worker was given them. */
async function attemptLogs(records: readonly EvidenceRecord[], store: EvidenceStore) {
  const logs: (readonly string[])[] = [];
  for (const { event_type: type, job_id: jobId } of records) {
    if (type !== "job.started" || jobId === undefined) continue;
    const lines = await linesOf(store, attemptLogId(jobId));
    if (lines.length > 0) logs.push(lines);
  }
  return logs;
}

async function putLog(directory: string, runId: string, lines: readonly string[]): Promise<void> {
  await mkdir(join(directory, "logs/runs", runId), { recursive: true });
  await writeFile(join(directory, "logs/runs", runId, "events.jsonl"), lines.map((line) => `${line}\n`).join(""));
}

const RESULTS: ReadonlySet<string> = new Set(["step.succeeded", "step.failed", "step.in_doubt"]);

function isClosedByOther(records: readonly EvidenceRecord[]): boolean {
  return records.some(({ event_type: type }) => type === "log.recovered");
}

function inDoubtIn(records: readonly EvidenceRecord[]): number {
  return records.filter(({ event_type: type }) => type === "step.in_doubt").length;
}

function stepName({ job_id: jobId = "", step_index: index = -1 }: EvidenceRecord): string {
  return `${jobId}/${index}`;
}

function timesIn(names: readonly string[], name: string): number {
  return names.filter((other) => other === name).length;
}

/** Each step that was started has one result, and no other has any. */
function resultProblems(records: readonly EvidenceRecord[]): readonly string[] {
  const started = records.filter(({ event_type: type }) => type === "step.started").map(stepName);
  const ended = records.filter(({ event_type: type }) => RESULTS.has(type)).map(stepName);
  return [...new Set([...started, ...ended])]
    .map((name) => [name, timesIn(started, name), timesIn(ended, name)] as const)
    .filter(([, starts, ends]) => starts !== 1 || ends !== 1)
    .map(([name, starts, ends]) => `step ${name} has ${starts} starts and ${ends} results, expected one of each`);
}

/** Nothing of a direct job is ever performed again. */
function directProblems(records: readonly EvidenceRecord[], effects: readonly string[]): readonly string[] {
  const steps = (type: string): ReadonlySet<number> =>
    new Set(records.filter((record) => record.event_type === type).map(({ step_index: index }) => index ?? -1));
  const [started, succeeded] = [steps("step.started"), steps("step.succeeded")];
  const done = effects.map((effect) => Number(effect.slice(effect.lastIndexOf("/") + 1)));
  return [
    ...(new Set(done).size < done.length ? [`took effect more than once: ${done.join(", ")}`] : []),
    ...done.filter((step) => !started.has(step)).map((step) => `step ${step} took effect, and has no start`),
    ...[...succeeded].filter((step) => !done.includes(step)).map((step) => `step ${step} succeeded without an effect`),
  ];
}
