import type { PlannedJobStatus } from "#model";
import type { RunTracker, TrackedJob } from "../plan-run/run-tracker.ts";
import { fit } from "../text/fit.ts";
import { plain } from "../text/paint.ts";
import type { Paint } from "../text/paint.ts";
import {
  COUNTED_STATES,
  countedJobs,
  jobCountsText,
  PLANNED_JOB_COLUMNS,
  plannedJobWord,
  runWord,
} from "../text/run-words.ts";
import { safeText } from "../text/safe-text.ts";
import { secondsText } from "../text/words.ts";

/** What a frame is drawn for. */
export interface FrameScope {
  readonly paint: Paint;
  /** Columns of the terminal. */
  readonly columns: number;
  /** Lines of the terminal; the frame leaves the last one free. */
  readonly rows: number;
  /** RFC 3339. */
  readonly now: string;
}

const BAR_COLUMNS_AT_MOST = 30;
const INDENT_COLUMNS = 2;
/** Jobs below this level are indented like it: a deep plan would leave its names no room. */
const LEVELS_INDENTED = 8;

/** States of a job that has its last word for now. */
const DONE: ReadonlySet<PlannedJobStatus> = new Set(["succeeded", "failed", "in_doubt", "skipped", "compensated"]);

/**
 * A run as it is now, as the lines of a terminal: its state, how far it is, its jobs as a tree in the order of the plan. Where
 * they do not fit, those come first that somebody has to look at, and the rest is counted. No line is wider than the
 * terminal, and there are at most `rows - 1`.
 */
export function runFrame(tracker: RunTracker, scope: FrameScope): readonly string[] {
  const { rows, columns } = scope;
  const lines = [headLine(tracker, scope), barLine(tracker, scope)];
  const room = Math.max(0, rows - 1 - lines.length);
  const jobs = [...tracker.jobs.values()];
  const draw = (job: TrackedJob, indent: number): string => jobLine(job, { ...scope, indent });
  if (jobs.length <= room) lines.push(...jobs.map((job) => draw(job, Math.min(job.level, LEVELS_INDENTED))));
  else {
    const ranked = byUrgency(jobs);
    const shown = ranked.slice(0, Math.max(0, room - 1));
    lines.push(...shown.map((job) => draw(job, 0)));
    lines.push(fit(restText(ranked.slice(shown.length)), columns));
  }
  return lines.slice(0, Math.max(1, rows - 1));
}

function headLine({ status, name, runId, createdAt, reason }: RunTracker, scope: FrameScope): string {
  const { paint, columns, now } = scope;
  const state = runWord(status, plain);
  const facts = [safeText(name), safeText(runId), elapsed(createdAt, now), safeText(reason)];
  const text = fit(facts.filter((fact) => fact !== "").join("  "), Math.max(0, columns - state.length - 2));
  return columns < state.length + 2 ? fit(state, columns) : `${runWord(status, paint)}  ${text}`;
}

function barLine({ jobs }: RunTracker, { paint, columns }: FrameScope): string {
  const all = [...jobs.values()];
  const done = all.filter(({ status }) => DONE.has(status)).length;
  const width = Math.min(BAR_COLUMNS_AT_MOST, Math.floor(columns / 3));
  const filled = all.length === 0 ? 0 : Math.floor((done / all.length) * width);
  const text = `  ${done} of ${all.length} jobs: ${jobCountsText(countedJobs(all))}`;
  const rest = fit(text, Math.max(0, columns - width));
  return `${paint("good", "█".repeat(filled))}${paint("quiet", "░".repeat(width - filled))}${rest}`;
}

function jobLine(job: TrackedJob, scope: FrameScope & { readonly indent: number }): string {
  const { paint, columns, now, indent } = scope;
  const facts = [
    safeText(job.key),
    job.maxAttempts > 1 && job.attempt >= 0 ? `attempt ${job.attempt + 1} of ${job.maxAttempts}` : "",
    timeText(job, now),
    job.marked ? "marked by hand" : "",
    safeText(job.step ?? ""),
    job.status === "running" ? "" : safeText(job.reason),
  ];
  const before = " ".repeat(Math.min(indent * INDENT_COLUMNS, Math.floor(columns / 4)));
  const wordColumns = "✓ ".length + PLANNED_JOB_COLUMNS;
  const left = columns - before.length - wordColumns - 1;
  if (left < 1) return fit(`${before}${plannedJobWord(job.status, plain)}`, columns);
  const text = fit(facts.filter((fact) => fact !== "").join("  "), left);
  return `${before}${plannedJobWord(job.status, paint)} ${text}`;
}

function timeText({ status, startedAt, durationSeconds }: TrackedJob, now: string): string {
  if (status === "running") return elapsed(startedAt, now);
  return durationSeconds === undefined ? "" : secondsText(durationSeconds);
}

/** `1:02:03`, `2:03`; empty if one of them is no time. */
function elapsed(from: string, to: string): string {
  const seconds = Math.floor(Math.max(0, Date.parse(to) - Date.parse(from)) / 1000);
  if (Number.isNaN(seconds)) return "";
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** What runs, has failed or waits for somebody first; among equals the order of the plan. */
const URGENCY: readonly PlannedJobStatus[] = ["failed", "in_doubt", "blocked", "running", "retrying"];

function byUrgency(jobs: readonly TrackedJob[]): readonly TrackedJob[] {
  const order = [...URGENCY, ...COUNTED_STATES.filter((status) => !URGENCY.includes(status)).toReversed()];
  return order.flatMap((status) => jobs.filter((job) => job.status === status));
}

function restText(rest: readonly TrackedJob[]): string {
  return `... and ${rest.length} more: ${jobCountsText(countedJobs(rest))}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
