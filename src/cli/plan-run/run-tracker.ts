import type { ToldJob, ToldRun, VerbatimClient } from "#api";
import { PLANNED_JOB_STATUS_AFTER } from "#model";
import type { PlannedJobStatus, RunStatus } from "#model";
import { levelsOf } from "./levels.ts";

/** One message of a run's stream. */
export type RunEvents = Pick<
  ReturnType<VerbatimClient["runs"]["watchRun"]> extends AsyncGenerator<infer Message> ? Message : never,
  "events"
>;

/** One event of a run, as the wire brings it. */
export type RunEvent = RunEvents["events"][number];

/** A job of a run while it is followed. */
export interface TrackedJob {
  readonly key: string;
  /** 0 = needs nothing; else one more than the highest of what it needs. */
  readonly level: number;
  readonly maxAttempts: number;
  status: PlannedJobStatus;
  /** The last attempt, 0-based; -1 = none was started. */
  attempt: number;
  /** What its attempt, its compensation or its probe does now. */
  step: string | undefined;
  /** Of the last attempt, RFC 3339; empty if there is none. */
  startedAt: string;
  durationSeconds: number | undefined;
  /** Why it is in this state; may be empty. */
  reason: string;
  marked: boolean;
}

/**
 * The state of a run as far as its events have come, for people to look at. What becomes of it in the end is asked of the
 * server.
 */
export class RunTracker {
  readonly runId: string;
  readonly name: string;
  /** In the order of the plan. */
  readonly jobs: ReadonlyMap<string, TrackedJob>;
  status: RunStatus = "created";
  reason = "";
  createdAt = "";

  constructor(run: ToldRun) {
    this.runId = run.runId;
    this.name = run.name;
    this.createdAt = run.createdAt;
    const levels = levelsOf(run.jobs);
    this.jobs = new Map(run.jobs.map((job) => [job.key, newJob(job, levels.get(job.key) ?? 0)]));
  }

  /** Takes the next event. */
  take(event: RunEvent): void {
    const [key = ""] = event.jobKey.split(":");
    const job = this.jobs.get(key);
    if (job === undefined) this.#takeOfRun(event);
    else if (event.jobKey === key) takeOfJob(event, job);
    else takeOfAuxiliary(event, job);
  }

  #takeOfRun({ eventType, status, reason }: RunEvent): void {
    if (eventType === "run.resumed") {
      this.status = status === "rolling_back" ? "rolling_back" : "executing";
      this.reason = reason;
      if (this.status !== "rolling_back") for (const job of this.jobs.values()) againPending(job);
    } else if (eventType === "run.state_changed" || eventType === "run.completed") {
      this.status = STATUSES.get(status) ?? this.status;
      this.reason = reason;
      for (const job of this.jobs.values()) if (this.hasEnded && job.status === "retrying") job.status = "failed";
    }
  }

  /** Whether its last word was said. */
  get hasEnded(): boolean {
    return ENDED.has(this.status);
  }
}

const ENDED: ReadonlySet<RunStatus> = new Set(["succeeded", "failed", "cancelled", "rolled_back"]);

/** Whether a run in this state has ended. */
export function isEnded(status: RunStatus): boolean {
  return ENDED.has(status);
}

const STATUSES: ReadonlyMap<string, RunStatus> = new Map(
  (["created", "preflight_validated", "executing", "blocked", "rolling_back", ...ENDED] as const).map((status) => [
    status,
    status,
  ]),
);

function newJob({ key, maxAttempts }: ToldJob, level: number): TrackedJob {
  return {
    key,
    level,
    maxAttempts,
    status: "pending",
    attempt: -1,
    step: undefined,
    startedAt: "",
    durationSeconds: undefined,
    reason: "",
    marked: false,
  };
}

function againPending(job: TrackedJob): void {
  if (job.status === "failed" || job.status === "skipped" || job.status === "retrying") job.status = "pending";
}

function takeOfJob(event: RunEvent, job: TrackedJob): void {
  const { eventType, reason } = event;
  if (eventType.startsWith("step.")) return takeStep(event, job);
  if (eventType === "run.override_applied") {
    if (event.status === "succeeded") Object.assign(job, { status: "succeeded", marked: true, reason });
    return;
  }
  const status = PLANNED_JOB_STATUS_AFTER[eventType];
  if (status === undefined) return;
  job.status = eventType === "job.failed" && event.errorClass === "in_doubt" ? "in_doubt" : status;
  job.reason = status === "succeeded" || status === "running" || status === "pending" ? "" : reason;
  if (eventType === "job.started") {
    job.attempt = event.attempt;
    job.startedAt = timeOf(event);
    job.durationSeconds = undefined;
  } else if (eventType === "job.succeeded" || eventType === "job.failed") {
    job.durationSeconds = event.durationSeconds;
    job.step = undefined;
  }
}

/** A compensation or a probe beside a job. */
function takeOfAuxiliary(event: RunEvent, job: TrackedJob): void {
  if (event.eventType.startsWith("step.")) return takeStep(event, job);
  if (event.eventType === "job.started") job.step = event.jobKey.slice(job.key.length + 1);
  if (event.eventType === "job.succeeded" || event.eventType === "job.failed") job.step = undefined;
  if (event.eventType === "job.failed") job.reason = event.reason;
}

function takeStep({ eventType, stepIndex, stepType, target }: RunEvent, job: TrackedJob): void {
  job.step = eventType === "step.started" ? `step ${stepIndex ?? 0} ${stepType} ${target}`.trimEnd() : undefined;
}

/** When an event was said, RFC 3339; empty if it does not tell. */
export function timeOf({ timestamp }: RunEvent): string {
  if (timestamp === undefined) return "";
  return new Date(Number(timestamp.seconds) * 1000 + Math.floor(timestamp.nanos / 1_000_000)).toISOString();
}
