import { PLANNED_JOB_STATUS_AFTER } from "#model";
import type { RunStatus } from "#model";
import type { Figures, HistoryEntry } from "./history-entry.ts";
import type { AttemptStatus, HistoryAttempt, HistoryJob } from "./run-history.ts";
import type { RunRow, TouchedRows } from "./touched-rows.ts";

/** The key of the only job of a direct run, whose step records name none. */
const DIRECT_JOB_KEY = "job";

/** Takes the next entry of a run's log into its rows. Whatever the entries are, it comes to an end and does not throw. */
export function foldEntry(rows: TouchedRows, runId: string, entry: HistoryEntry): void {
  const run = rows.run ?? openedRun(runId, entry);
  rows.run = { ...run, ...runChange(run, entry), size: entry.seq + 1, hash: entry.hash };
  if (isWord(entry)) addWord(rows, entry);
  if (entry.type === "run.completed") for (const job of rows.retrying()) rows.setJob({ ...job, status: "failed" });
  const key = entry.key ?? (run.kind === "job" ? DIRECT_JOB_KEY : undefined);
  if (key === undefined || entry.type.startsWith("run.created")) return;
  foldJob(rows, key, entry);
  foldAttempt(rows, key, entry);
}

function openedRun(runId: string, { at, actor, reason, contractId, opens }: HistoryEntry): RunRow {
  const { kind = "job", name = runId, planHash = "", jobsDeclared = 0 } = opens ?? {};
  const said = { kind, name, planHash, jobsDeclared, contractId, submittedBy: actor, why: reason, createdAt: at };
  return { runId, ...said, status: "created", size: 0, hash: "" };
}

function runChange(run: RunRow, { type, at, status, reason }: HistoryEntry): Partial<RunRow> | undefined {
  switch (type) {
    case "run.state_changed":
      return { status: status as RunStatus, reason }; // written by the runner from such a value
    case "run.resumed":
      return { status: status === "rolling_back" ? "rolling_back" : "executing", reason, endedAt: undefined };
    case "run.completed":
      return { status: status as RunStatus, reason, endedAt: at }; // the same
    case "job.started":
      return run.kind === "job" ? { status: "executing" } : undefined;
    default:
      return undefined;
  }
}

const WORDS = new Set(["run.resumed", "run.override_applied", "gate.approved", "gate.rejected", "step.resolved"]);

function isWord({ type, status }: HistoryEntry): boolean {
  return WORDS.has(type) || (type === "run.completed" && status === "cancelled");
}

function addWord(rows: TouchedRows, { seq, type: kind, key: jobKey, status, actor, reason, at }: HistoryEntry): void {
  rows.words.push({ seq, kind, jobKey, status, actor, reason, at });
}

function foldJob(rows: TouchedRows, key: string, entry: HistoryEntry): void {
  const { type, reason, errorClass } = entry;
  if (type === "run.override_applied") {
    if (entry.status === "succeeded") rows.setJob({ ...rows.job(key), status: "succeeded", marked: true, reason });
    return;
  }
  const status = type === "job.failed" && errorClass === "in_doubt" ? "in_doubt" : PLANNED_JOB_STATUS_AFTER[type];
  if (status === undefined) return;
  const job = rows.job(key);
  const attempts = job.attempts + (type === "job.started" ? 1 : 0);
  rows.setJob({ ...job, status, attempts, ...why(type, { reason, errorClass }) });
}

/** A job's failure stays its reason while it waits for its next attempt. */
function why(type: string, said: Pick<HistoryJob, "reason" | "errorClass">): Partial<HistoryJob> | undefined {
  return type === "job.retried" || type === "job.compensated" || type.startsWith("gate.a") ? undefined : said;
}

function foldAttempt(rows: TouchedRows, key: string, entry: HistoryEntry): void {
  const { type, attempt } = entry;
  if (type === "job.started") return rows.setAttempt(startedAttempt(rows, key, entry));
  if (type === "job.retried") return waits(rows, key, entry);
  const known = rows.attempt(key, attempt);
  if (known === undefined) return;
  if (type === "step.succeeded" || type === "step.failed") rows.setAttempt(withFigures(known, entry.figures));
  if (type === "job.succeeded" || type === "job.failed") rows.setAttempt(endedAttempt(known, entry));
}

function startedAttempt(rows: TouchedRows, key: string, { attempt, jobId, at }: HistoryEntry): HistoryAttempt {
  return { key, attempt, jobId: jobId ?? "", planHash: rows.run?.planHash ?? "", status: "running", startedAt: at };
}

/** The record names the attempt that is due; the one before it waits so long for it. */
function waits(rows: TouchedRows, key: string, { attempt, delayMs }: HistoryEntry): void {
  const failed = rows.attempt(key, attempt - 1);
  if (failed !== undefined) rows.setAttempt({ ...failed, retryDelayMs: delayMs });
}

function withFigures(known: HistoryAttempt, figures: Figures | undefined): HistoryAttempt {
  if (figures === undefined) return known;
  const { exitCode = known.exitCode, peakRssBytes, cpuSeconds } = figures;
  return {
    ...known,
    exitCode,
    peakRssBytes: both(known.peakRssBytes, peakRssBytes, Math.max),
    cpuSeconds: both(known.cpuSeconds, cpuSeconds, (one, other) => one + other),
  };
}

function both(
  one: number | undefined,
  other: number | undefined,
  join: (one: number, other: number) => number,
): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return join(one, other);
}

function endedAttempt(known: HistoryAttempt, entry: HistoryEntry): HistoryAttempt {
  const { at, errorClass, reason, durationSeconds, figures } = entry;
  const { exitCode = known.exitCode } = figures ?? {};
  return { ...known, status: endOf(entry), errorClass, reason, endedAt: at, durationSeconds, exitCode };
}

function endOf({ type, status, errorClass, interrupted }: HistoryEntry): AttemptStatus {
  if (type === "job.succeeded") return "succeeded";
  if (errorClass === "in_doubt") return "in_doubt";
  if (interrupted === true) return "interrupted";
  return status === "CANCELLED" ? "cancelled" : "failed";
}
