import type { ToldJob, ToldRun, ToldRunWithLog } from "#api";
import type { JsonObject } from "#model";
import { approvals, openGates } from "../plan-run/follow-run.ts";
import { isEnded } from "../plan-run/run-tracker.ts";
import { fit, pad, widthOf } from "../text/fit.ts";
import type { Paint } from "../text/paint.ts";
import { countedJobs, jobCountsText, PLANNED_JOB_COLUMNS, plannedJobWord, runWord } from "../text/run-words.ts";
import { safeText } from "../text/safe-text.ts";
import { counted, secondsText } from "../text/words.ts";

/** Jobs listed at the beginning and at the end of a long plan; between these only those that somebody has to look at. */
const JOBS_LISTED_EACH_END = 100;

const RULE_COLUMNS = 60;
const INDENT = "  ";
const REASON_INDENT = "      ";
const KEY_COLUMNS_AT_MOST = 32;
const ATTEMPT_COLUMNS = 10;
const DURATION_COLUMNS = 8;

/** How a summary is to be written. */
export interface PlanSummaryStyle {
  readonly paint: Paint;
  readonly columns: number;
}

/** What a run of a plan has come to: its state, its jobs in the order of the plan, how to go on, how to verify its log. */
export function planSummaryText(told: ToldRunWithLog, style: PlanSummaryStyle): string {
  const { run } = told;
  return [...head(run, style), "", ...jobList(run, style), "", ...evidence(told), ...next(run), ""].join("\n");
}

function head(run: ToldRun, { paint }: PlanSummaryStyle): readonly string[] {
  const seconds = secondsBetween(run.createdAt, run.endedAt);
  return [
    paint("strong", `Run Summary: ${safeText(run.runId)}`),
    "=".repeat(RULE_COLUMNS),
    `Plan: ${safeText(run.name)}`,
    `Status: ${runWord(run.status, paint)}`,
    ...(run.reason === "" ? [] : [`Reason: ${safeText(run.reason)}`]),
    `Created: ${run.createdAt} by ${safeText(run.submittedBy)}`,
    ...(run.endedAt === "" ? [] : [`Ended: ${run.endedAt}`]),
    ...(seconds === undefined ? [] : [`Duration: ${secondsText(seconds)}`]),
    "",
    `Jobs: ${run.jobs.length} total (${jobCountsText(countedJobs(run.jobs))})`,
  ];
}

function jobList({ jobs }: ToldRun, { paint, columns }: PlanSummaryStyle): readonly string[] {
  const lines = ["Jobs:", "-".repeat(RULE_COLUMNS)];
  const keyColumns = Math.min(KEY_COLUMNS_AT_MOST, Math.max(0, ...jobs.map(({ key }) => widthOf(safeText(key)))));
  let leftOut = 0;
  for (const [place, job] of jobs.entries()) {
    if (isListed(job, place, jobs.length)) {
      if (leftOut > 0) lines.push(leftOutText(leftOut));
      leftOut = 0;
      lines.push(...jobLines(job, { paint, columns, keyColumns }));
    } else leftOut += 1;
  }
  return lines;
}

function leftOutText(count: number): string {
  return `${INDENT}... ${counted(count, "job")} left out here; --json lists all`;
}

function isListed({ status, marked }: ToldJob, place: number, jobs: number): boolean {
  const atAnEnd = place < JOBS_LISTED_EACH_END || place >= jobs - JOBS_LISTED_EACH_END;
  return atAnEnd || marked || !(status === "succeeded" || status === "pending" || status === "skipped");
}

function jobLines(
  job: ToldJob,
  { paint, columns, keyColumns }: PlanSummaryStyle & { readonly keyColumns: number },
): readonly string[] {
  const seconds = secondsBetween(job.startedAt, job.endedAt);
  const isShort = job.status === "skipped" || job.marked;
  const facts = [
    pad(fit(safeText(job.key), keyColumns), keyColumns),
    pad(attemptText(job), ATTEMPT_COLUMNS),
    seconds === undefined ? "" : secondsText(seconds).padStart(DURATION_COLUMNS),
    job.marked ? `marked by hand: ${safeText(job.reason)}` : "",
    isShort && !job.marked ? safeText(job.reason) : "",
  ];
  const text = facts
    .filter((fact) => fact !== "")
    .join("  ")
    .trimEnd();
  const left = columns - INDENT.length - "✓ ".length - PLANNED_JOB_COLUMNS - 2;
  const line = `${INDENT}${plannedJobWord(job.status, paint)}  ${fit(text, left)}`;
  return isShort || job.reason === "" ? [line] : [line, reasonLine(job, paint)];
}

function reasonLine({ reason, errorClass, status }: ToldJob, paint: Paint): string {
  const kind = errorClass === "" || errorClass === "unknown" ? "" : ` [${safeText(errorClass)}]`;
  return REASON_INDENT + paint(status === "failed" ? "bad" : "quiet", `Reason: ${safeText(reason)}${kind}`);
}

function attemptText({ attempt, maxAttempts }: ToldJob): string {
  if (attempt === undefined) return "";
  return attempt === 0 && maxAttempts === 1 ? "" : `${attempt + 1} of ${maxAttempts}`;
}

function evidence({ run, logSize, logHead }: ToldRunWithLog): readonly string[] {
  const verify = `verbatim verify ${safeText(run.runId)}`;
  return [
    `Run id: ${safeText(run.runId)}`,
    `Log: ${counted(logSize, "record")}, head ${safeText(logHead)}`,
    isEnded(run.status) ? `Verify: ${verify} --head ${safeText(logHead)}` : `Verify: ${verify}`,
  ];
}

/** How to go on with a run that is not done. */
function next(run: ToldRun): readonly string[] {
  const gates = openGates(run);
  if (run.status === "failed") return [`Go on: verbatim resume ${safeText(run.runId)}`];
  if (run.status !== "blocked") return [];
  if (gates.length > 0) return [`Approve: ${safeText(approvals(run, gates))}`];
  return [`Go on: verbatim resume ${safeText(run.runId)}`];
}

/** The summary for programs. */
export function planSummaryJson({ run, logSize, logHead }: ToldRunWithLog): JsonObject {
  return {
    run_id: run.runId,
    plan: run.name,
    plan_hash: run.planHash,
    status: run.status,
    reason: run.reason,
    submitted_by: run.submittedBy,
    created_at: run.createdAt,
    ended_at: run.endedAt === "" ? null : run.endedAt,
    jobs: run.jobs.map(jobJson),
    log: { records: logSize, head: logHead },
  };
}

function jobJson(job: ToldJob): JsonObject {
  return {
    key: job.key,
    needs: job.needs,
    status: job.status,
    attempts: job.attempt === undefined ? 0 : job.attempt + 1,
    max_attempts: job.maxAttempts,
    gate: job.gate ?? null,
    gate_open: job.gateOpen,
    marked: job.marked,
    reason: job.reason,
    error_class: job.errorClass === "" ? null : job.errorClass,
    started_at: job.startedAt === "" ? null : job.startedAt,
    ended_at: job.endedAt === "" ? null : job.endedAt,
    duration_seconds: secondsBetween(job.startedAt, job.endedAt) ?? null,
  };
}

/** Undefined unless both are times. */
function secondsBetween(from: string, to: string): number | undefined {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
