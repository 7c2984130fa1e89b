import type { EvidenceRecord } from "#evidence";
import type { NotificationCause, PlannedJobStatus, RunStatus } from "#model";
import type { JobState } from "../run/job-state.ts";
import type { LoadedRun } from "../run/load-run.ts";
import { plainLine } from "./plain-line.ts";

/** A job that a notification speaks of. */
export interface ToldJob {
  readonly key: string;
  readonly status: PlannedJobStatus;
  /** Attempts that were started. */
  readonly attempts: number;
  readonly errorClass: string | undefined;
  /** One line; empty if there is none. */
  readonly reason: string;
}

/** Some of the jobs of a kind, in the order of the plan, and how many more there are. */
export interface ToldJobs {
  readonly told: readonly ToldJob[];
  readonly more: number;
}

/** All that a notification tells: what the log says up to the record that is told of, so that it is the same whenever it is asked for. */
export interface NotificationFacts {
  readonly cause: NotificationCause;
  readonly runId: string;
  /** The record that is told of. */
  readonly seq: number;
  readonly planName: string;
  readonly planHash: string;
  readonly contractId: string;
  readonly status: RunStatus;
  readonly reason: string;
  readonly submittedBy: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly toldAt: string;
  readonly durationSeconds: number;
  readonly jobs: number;
  /** How many jobs are in each state that at least one is in. */
  readonly counts: Readonly<Partial<Record<PlannedJobStatus, number>>>;
  readonly failed: ToldJobs;
  readonly skipped: ToldJobs;
  /** Jobs whose gate waits for somebody. */
  readonly waiting: ToldJobs;
}

/** Jobs of a kind that are told one by one. */
const JOBS_TOLD = 50;
const REASON_CHARACTERS = 500;
const NAME_CHARACTERS = 128;

/** What of a run a record says that somebody may want to be told; undefined = nothing. */
export function notificationCause({ event_type: type, status, data }: EvidenceRecord): NotificationCause | undefined {
  if (type === "run.completed") return status === "succeeded" ? "success" : "failure";
  return type === "run.state_changed" && status === "blocked" && data?.["cause"] === "gate" ? "gate" : undefined;
}

/** The facts about a run that was read up to `record`, and no further. */
export function notificationFacts(
  { runId, planHash, state }: LoadedRun,
  { record, cause }: { readonly record: EvidenceRecord; readonly cause: NotificationCause },
): NotificationFacts {
  const jobs = [...state.jobs.values()];
  const createdMs = Date.parse(state.createdAt);
  const toldMs = Date.parse(record.timestamp_utc);
  return {
    cause,
    runId,
    seq: record.seq,
    planName: plainLine(state.plan.name, NAME_CHARACTERS) || "unnamed",
    planHash,
    contractId: state.plan.contractId,
    status: state.status,
    reason: plainLine(state.reason ?? "", REASON_CHARACTERS),
    submittedBy: plainLine(state.submittedBy, NAME_CHARACTERS),
    createdAt: state.createdAt,
    toldAt: record.timestamp_utc,
    durationSeconds: Math.max(0, toldMs - createdMs) / 1000 || 0,
    jobs: jobs.length,
    counts: countsOf(jobs),
    failed: toldJobs(jobs.filter(({ status }) => status === "failed" || status === "in_doubt")),
    skipped: toldJobs(jobs.filter(({ status }) => status === "skipped")),
    waiting: toldJobs(jobs.filter(({ job }) => state.openGates.has(job.key))),
  };
}

function countsOf(jobs: readonly JobState[]): NotificationFacts["counts"] {
  const counts: Partial<Record<PlannedJobStatus, number>> = {};
  for (const { status } of jobs) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

function toldJobs(jobs: readonly JobState[]): ToldJobs {
  const told = jobs.slice(0, JOBS_TOLD).map(({ job, status, attempt, errorClass, reason }) => ({
    key: job.key,
    status,
    attempts: attempt + 1,
    errorClass,
    reason: plainLine(reason ?? "", REASON_CHARACTERS),
  }));
  return { told, more: jobs.length - told.length };
}
