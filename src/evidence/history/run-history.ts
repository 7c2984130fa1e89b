import type { ErrorClass, PlannedJobStatus, RunStatus } from "#model";
import type { HistoryEntry } from "./history-entry.ts";

/** A run as the history tells it. */
export interface HistoryRun {
  readonly runId: string;
  /** Of a plan, or the run of one direct job. */
  readonly kind: "plan" | "job";
  /** The plan's name; that of a direct job is its id. */
  readonly name: string;
  readonly status: RunStatus;
  /** Why it is in this state. */
  readonly reason?: string | undefined;
  readonly planHash: string;
  /** Who has started it. */
  readonly submittedBy: string;
  /** What was said for a reason when it was started. */
  readonly why?: string | undefined;
  readonly contractId?: string | undefined;
  /** RFC 3339, UTC, milliseconds. */
  readonly createdAt: string;
  readonly endedAt?: string | undefined;
  /** Number of jobs that it has. */
  readonly jobsDeclared: number;
}

/** What the last record about a job of a run says; a job of which none speaks is not in the history. */
export interface HistoryJob {
  /** `KEY:compensate` and `KEY:probe` are jobs beside the job KEY. */
  readonly key: string;
  readonly status: PlannedJobStatus;
  /** Attempts that were started. */
  readonly attempts: number;
  /** Whether it counts as succeeded because somebody said so. */
  readonly marked: boolean;
  readonly reason?: string | undefined;
  readonly errorClass?: ErrorClass | undefined;
}

/** What became of an attempt; `interrupted` = its process stopped, for no fault of its own. */
export type AttemptStatus = "running" | "succeeded" | "failed" | "cancelled" | "in_doubt" | "interrupted";

/** One attempt at a job of a run. */
export interface HistoryAttempt {
  readonly key: string;
  /** 0-based. */
  readonly attempt: number;
  readonly jobId: string;
  /** The plan that it was part of. */
  readonly planHash: string;
  readonly status: AttemptStatus;
  readonly errorClass?: ErrorClass | undefined;
  readonly reason?: string | undefined;
  readonly startedAt: string;
  readonly endedAt?: string | undefined;
  /** Seconds, monotonic; absent if the process that measured it is gone. */
  readonly durationSeconds?: number | undefined;
  /** Of the last command that exited. */
  readonly exitCode?: number | undefined;
  /** The most that one of its steps was seen to use. */
  readonly peakRssBytes?: number | undefined;
  /** All of its steps together. */
  readonly cpuSeconds?: number | undefined;
  /** Milliseconds until the next attempt, if one was due. */
  readonly retryDelayMs?: number | undefined;
}

/** Somebody's word about a run or a job of it: a resume, an approval, a refusal, an override, a cancellation, a resolved doubt. */
export interface HistoryWord {
  /** Its place in the log. */
  readonly seq: number;
  /** The kind of its record, such as `gate.approved`. */
  readonly kind: string;
  readonly jobKey?: string | undefined;
  /** What the word makes of it, such as `succeeded`. */
  readonly status?: string | undefined;
  readonly actor: string;
  readonly reason?: string | undefined;
  readonly at: string;
}

/** How far the history knows a run. */
export interface HistoryPosition {
  readonly runId: string;
  /** Number of records that were taken in. */
  readonly size: number;
  /** Hash of the last of them. */
  readonly hash: string;
}

/** A place in the list of runs: behind this run. It stays where it is whatever runs come in. */
export interface HistoryPlace {
  readonly createdAt: string;
  readonly runId: string;
}

/** Which runs to list. */
export interface HistoryQuery {
  /** 1..1,000. */
  readonly limit: number;
  readonly kind: HistoryRun["kind"];
  /** Absent = from the newest on. */
  readonly behind?: HistoryPlace | undefined;
  /** Empty = all. */
  readonly statuses: ReadonlySet<RunStatus>;
  readonly nameContains: string;
  /** Only runs whose id begins so; absent = all. */
  readonly idBegins?: string | undefined;
  /** RFC 3339, UTC, milliseconds: only runs of this time or later. */
  readonly createdAfter?: string | undefined;
  /** Only runs of earlier than this time. */
  readonly createdBefore?: string | undefined;
}

/** Runs, the newest first. */
export interface HistoryPage {
  readonly runs: readonly HistoryRun[];
  /** Where the next page begins; absent = there is none. */
  readonly next?: HistoryPlace | undefined;
}

/** Which attempts of a run to tell of, in the order of their keys and numbers. */
export interface AttemptQuery {
  /** Only this job's; absent = all. */
  readonly key?: string | undefined;
  /** 1..1,000. */
  readonly limit: number;
  /** Behind this one. */
  readonly behind?: Pick<HistoryAttempt, "key" | "attempt"> | undefined;
}

/** What was recorded of one run since the history was told last. */
export interface HistoryBatch {
  readonly runId: string;
  /** In the order of the log, the first directly behind what was taken in before. */
  readonly entries: readonly HistoryEntry[];
  /** Whether what is known of the run is dropped first. */
  readonly anew?: boolean;
}

/**
 * Port: what can be asked of all runs at once, made of their logs. It is no evidence: it can be thrown away and made anew at any
 * time. Every member may throw what the medium says; then it is used no more.
 */
export interface RunHistory {
  /** Takes all of it or nothing. */
  take(batches: readonly HistoryBatch[]): void;
  /** Runs by the time of their creation, the newest first; of one time, what was taken in last comes first. */
  list(query: HistoryQuery): HistoryPage;
  run(runId: string): HistoryRun | undefined;
  /** By key, at most `limit`, behind the key `behind`. */
  jobs(runId: string, options: { readonly limit: number; readonly behind?: string }): readonly HistoryJob[];
  attempts(runId: string, query: AttemptQuery): readonly HistoryAttempt[];
  /** At most `limit`, in the order of the log. */
  words(runId: string, options: { readonly limit: number }): readonly HistoryWord[];
  position(runId: string): HistoryPosition | undefined;
  /** Of the run that was taken in last. */
  newest(): HistoryPosition | undefined;
  /** Of every run whose end it does not know. */
  openRuns(): readonly HistoryPosition[];
  /** Number of runs. */
  count(): number;
  /** Drops a run. */
  forget(runId: string): void;
  /** Says that it did not do what it should: whoever opens it next has to look at all of it. Never throws. */
  suspect(): void;
  close(): void;
}
