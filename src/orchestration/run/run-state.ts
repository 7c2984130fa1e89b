import type { RecordDraft } from "#evidence";
import type { Plan, RunStatus } from "#model";
import { assert } from "#model";
import { jobGraph } from "../plan/graph.ts";
import { attemptKind } from "./attempt-names.ts";
import { ReadyQueue } from "./ready-queue.ts";
import { isCopied } from "../copied-record.ts";
import { logOf, newAuxiliary, newJob, stepOf } from "./job-state.ts";
import type { AuxiliaryState, JobState } from "./job-state.ts";
import type { BlockCause } from "./run-records.ts";

/** Why no more jobs are started; said by somebody, not by a record. */
export type Stop =
  | { readonly kind: "cancel"; readonly cancelledBy: string; readonly reason: string }
  | { readonly kind: "drain"; readonly reason: string };

/**
 * The state of a run: a fold over its records and nothing else, so that what a replay says is what the live run says.
 * Each record costs time in the number of jobs that it touches.
 */
export class RunState {
  readonly plan: Plan;
  readonly dependents: ReadonlyMap<string, readonly string[]>;
  readonly jobs: ReadonlyMap<string, JobState>;
  readonly ready = new ReadyQueue();
  /** Jobs whose attempt runs, compensations and probes included, by the key of the record. */
  readonly running = new Set<string>();
  /** Jobs that wait for their next attempt, with the wait in milliseconds. */
  readonly delayed = new Map<string, number>();
  readonly openGates = new Set<string>();
  /** Jobs that have failed for good, in the order of their failing. */
  readonly failures = new Set<string>();
  readonly inDoubt = new Set<string>();
  /** Keys of jobs in the order in which they succeeded. */
  readonly successes: string[] = [];
  /** Attempts of compensations and probes, by the key of the record. */
  readonly auxiliary = new Map<string, AuxiliaryState>();
  status: RunStatus = "created";
  reason: string | undefined;
  /** Why it is blocked, if it is. */
  blockCause: BlockCause | undefined;
  /** Until when it is delayed, if it is blocked for that. */
  startAfter: string | undefined;
  submittedBy = "";
  createdAt = "";
  endedAt: string | undefined;
  /** The jobs that a resume was restricted to; undefined = all. */
  only: ReadonlySet<string> | undefined;
  stop: Stop | undefined;
  readonly #lost: string[] = [];
  readonly #gatesDue: string[] = [];
  readonly #probesDue = new Set<string>();
  readonly #parked = new Map<string, JobState[]>();
  /** A failed job after which nothing else is started. */
  stoppedBy: string | undefined;

  constructor(plan: Plan) {
    this.plan = plan;
    const graph = jobGraph(plan.jobs);
    this.dependents = graph.dependents;
    this.jobs = new Map(
      plan.jobs.map((job, place) => [job.key, newJob(job, place, graph.remaining.get(job.key) ?? 1)]),
    );
    for (const job of this.jobs.values()) this.#enqueue(job);
  }

  /** The state of a job of the plan. */
  job(key: string): JobState {
    const job = this.jobs.get(key);
    assert(job !== undefined, "the plan has the job");
    return job;
  }

  /** Takes the next job that may start; undefined if none waits. */
  takeReady(): JobState | undefined {
    for (;;) {
      const next = this.ready.pop();
      if (next === undefined) return undefined;
      const job = this.job(next.key);
      if (!job.queued) continue; // it was skipped, marked or rejected while it waited
      job.queued = false;
      return job;
    }
  }

  /** Puts a job back that found no free worker. */
  putBack(job: JobState): void {
    this.#enqueue(job);
  }

  /** Lays a job aside until its concurrency key is free. */
  park(job: JobState): void {
    const { key = "" } = job.job.concurrency ?? {};
    const parked = this.#parked.get(key) ?? [];
    parked.push(job);
    this.#parked.set(key, parked);
  }

  /** A concurrency key may have become free: one of the jobs that wait for it may try again. */
  unpark(concurrencyKey: string): void {
    const parked = this.#parked.get(concurrencyKey);
    const job = parked?.shift();
    if (parked?.length === 0) this.#parked.delete(concurrencyKey);
    if (job !== undefined) this.#enqueue(job);
  }

  /** Whether jobs wait for a concurrency key. */
  get hasParked(): boolean {
    return this.#parked.size > 0;
  }

  /** Jobs that have failed, or were rejected, since this was asked last. */
  takeLost(): readonly string[] {
    return this.#lost.splice(0);
  }

  /** Jobs in doubt that are to be probed, since this was asked last. */
  takeProbesDue(): readonly JobState[] {
    const due = [...this.#probesDue].map((key) => this.job(key));
    this.#probesDue.clear();
    return due;
  }

  /** Whether jobs in doubt are to be probed. */
  get hasProbesDue(): boolean {
    return [...this.#probesDue].some((key) => this.job(key).status === "in_doubt");
  }

  /** Jobs whose gate is due to be opened, since this was asked last. */
  takeGatesDue(): readonly JobState[] {
    return this.#gatesDue.splice(0).map((key) => this.job(key));
  }

  /** The wait of a job for its next attempt is over. */
  release(key: string): void {
    if (this.delayed.delete(key)) this.#enqueue(this.job(key));
  }

  /** Takes the next record. */
  apply(record: RecordDraft): void {
    switch (record.event_type) {
      case "run.created":
        this.submittedBy = record.actor;
        this.createdAt = record.timestamp_utc;
        return;
      case "run.state_changed":
        this.status = record.status as RunStatus; // written by the runner from such a value
        this.reason = record.reason;
        this.blockCause = record.data?.["cause"] as BlockCause | undefined; // written by the runner from such a value
        this.startAfter = record.data?.["start_after"] as string | undefined; // likewise
        return;
      case "run.resumed":
        return this.#resumed(record);
      case "run.completed":
        return this.#completed(record);
      case "run.override_applied":
        return this.#overridden(record);
      default:
        if (record.job_key !== undefined) this.#applyToJob(record, record.job_key);
    }
  }

  #applyToJob(record: RecordDraft, recordKey: string): void {
    const { key, kind } = attemptKind(recordKey);
    const job = this.jobs.get(key);
    if (job === undefined) return;
    if (kind !== "job") return this.#auxiliary(record, recordKey, job);
    if (isCopied(record)) job.stepRecords += 1;
    switch (record.event_type) {
      case "job.started":
        return this.#started(record, job);
      case "step.started":
        job.runningStep = stepOf(record);
        return;
      case "step.succeeded":
        job.runningStep = undefined;
        job.stepsDone += 1;
        return;
      case "step.in_doubt":
        job.doubtfulStep = record.step_index;
        job.runningStep = undefined;
        return;
      case "step.failed":
        job.runningStep = undefined;
        job.failedStep = { errorClass: record.error_class ?? "unknown", reason: record.reason ?? "" };
        return;
      case "job.succeeded":
        return this.#succeeded(record, job);
      case "job.failed":
        return this.#failed(record, job);
      case "job.retried":
        return this.#retried(record, job);
      case "job.skipped":
        return this.#skipped(record, job);
      case "job.compensated":
        job.status = "compensated";
        return;
      case "gate.opened":
        this.openGates.add(key);
        job.status = "blocked";
        return;
      case "gate.approved":
        job.approved = true;
        this.openGates.delete(key);
        job.status = "pending";
        return this.#enqueue(job);
      case "gate.rejected":
        this.openGates.delete(key);
        job.reason = record.reason;
        return this.#lose(key);
      case "step.resolved":
        if (record.status === "COMPLETED") job.stepsDone += 1;
        return;
      default:
    }
  }

  #lose(key: string): void {
    this.failures.add(key);
    this.#lost.push(key);
  }

  #started(record: RecordDraft, job: JobState): void {
    job.attempt = record.attempt;
    job.logId = logOf(record);
    job.stepRecords = 0;
    job.startedAt = record.timestamp_utc;
    job.firstStartedAt ??= record.timestamp_utc;
    job.endedAt = undefined;
    job.queued = false;
    this.delayed.delete(job.job.key);
    job.interrupted = false;
    job.failedStep = undefined;
    job.reason = undefined;
    job.errorClass = undefined;
    const first = record.data?.["first_step"];
    job.stepsDone = typeof first === "number" ? first : 0;
    this.running.add(job.job.key);
    job.status = "running";
  }

  #succeeded(record: RecordDraft, job: JobState): void {
    this.running.delete(job.job.key);
    job.endedAt = record.timestamp_utc;
    this.#setSucceeded(job);
  }

  #setSucceeded(job: JobState): void {
    const { key } = job.job;
    job.status = "succeeded";
    this.successes.push(key);
    for (const next of this.dependents.get(key) ?? []) {
      const dependent = this.job(next);
      dependent.unmet -= 1;
      this.#enqueue(dependent);
    }
  }

  #failed(record: RecordDraft, job: JobState): void {
    const { key } = job.job;
    this.running.delete(key);
    job.endedAt = record.timestamp_utc;
    job.reason = record.reason;
    job.errorClass = record.error_class;
    job.interrupted = record.data?.["interrupted"] === true;
    if (record.error_class === "in_doubt") {
      this.inDoubt.add(key);
      job.status = "in_doubt";
      if (job.job.recovery === "probe") this.#probesDue.add(key);
      return;
    }
    if (!job.interrupted) {
      job.stepsDone = 0;
      this.#lose(key);
      if (!job.job.continueOnError || job.job.gate === "hard") this.stoppedBy ??= key;
    }
    job.status = "failed";
  }

  /** Another attempt is due: the failure before was not the last word. */
  #retried(record: RecordDraft, job: JobState): void {
    const { key } = job.job;
    this.failures.delete(key);
    this.inDoubt.delete(key);
    if (this.stoppedBy === key) this.stoppedBy = this.#firstStopper();
    const delay = record.data?.["delay_ms"];
    this.delayed.set(key, typeof delay === "number" ? delay : 0);
    job.status = "retrying";
  }

  #firstStopper(): string | undefined {
    for (const key of this.failures) {
      const { job } = this.job(key);
      if (!job.continueOnError || job.gate === "hard") return key;
    }
    return undefined;
  }

  #skipped(record: RecordDraft, job: JobState): void {
    job.queued = false;
    job.reason = record.reason;
    this.openGates.delete(job.job.key);
    job.status = "skipped";
  }

  #auxiliary(record: RecordDraft, recordKey: string, job: JobState): void {
    const known = this.auxiliary.get(recordKey) ?? newAuxiliary();
    this.auxiliary.set(recordKey, known);
    if (record.event_type.startsWith("step."))
      known.runningStep = record.event_type === "step.started" ? stepOf(record) : undefined;
    if (isCopied(record)) known.stepRecords += 1;
    if (record.event_type === "job.started") {
      known.attempt = record.attempt;
      known.logId = logOf(record);
      known.stepRecords = 0;
      this.#probesDue.delete(job.job.key);
      this.running.add(recordKey);
    }
    if (record.event_type !== "job.succeeded" && record.event_type !== "job.failed") return;
    this.running.delete(recordKey);
    known.succeeded = record.event_type === "job.succeeded";
    if (known.succeeded) return;
    if (record.data?.["interrupted"] === true) {
      if (recordKey.endsWith(":probe")) this.#probesDue.add(job.job.key);
      return;
    }
    job.reason = record.reason;
    this.failures.add(recordKey);
  }

  /** Somebody answers for a job: it counts as succeeded. */
  #overridden(record: RecordDraft): void {
    const job = record.job_key === undefined ? undefined : this.jobs.get(record.job_key);
    if (job !== undefined && record.status === "hard_gate") job.overridden = true;
    if (job === undefined || record.status !== "succeeded" || job.status === "succeeded") return;
    const { key } = job.job;
    job.marked = true;
    job.queued = false;
    job.reason = record.reason;
    this.failures.delete(key);
    this.inDoubt.delete(key);
    this.openGates.delete(key);
    this.delayed.delete(key);
    if (this.stoppedBy === key) this.stoppedBy = this.#firstStopper();
    this.#setSucceeded(job);
  }

  /**
   * The run goes on. If it had ended, what has not succeeded waits again; if it was only blocked, what has failed or was skipped
   * keeps its word, and only what was cut off waits again.
   */
  #resumed(record: RecordDraft): void {
    const reopened = this.status === "failed";
    this.status = record.status === "rolling_back" ? "rolling_back" : "executing";
    this.reason = record.reason;
    this.stop = undefined;
    this.endedAt = undefined;
    const only = record.data?.["only"];
    this.only = Array.isArray(only) ? new Set(only.map(String)) : undefined;
    if (reopened) {
      this.failures.clear();
      this.#lost.length = 0;
      this.stoppedBy = undefined;
    }
    if (this.status === "rolling_back") return;
    for (const key of this.inDoubt) if (this.job(key).job.recovery === "probe") this.#probesDue.add(key);
    for (const job of this.jobs.values()) this.#waitAgain(job, reopened);
  }

  /** A job that failed or was cut off waits as one whose next attempt is due: should it not be started, it has failed. */
  #waitAgain(job: JobState, reopened: boolean): void {
    if (this.only !== undefined && !this.only.has(job.job.key)) {
      this.delayed.delete(job.job.key); // nobody waits for it
      return;
    }
    if (this.stoppedBy !== undefined) return;
    if (job.status === "failed" && (reopened || job.interrupted)) job.status = "retrying";
    else if (job.status === "skipped" && reopened) job.status = "pending";
    else if (job.status !== "retrying") return;
    this.delayed.delete(job.job.key);
    this.#enqueue(job);
  }

  #completed(record: RecordDraft): void {
    this.status = record.status as RunStatus; // written by the runner from such a value
    this.reason = record.reason;
    this.endedAt = record.timestamp_utc;
    this.delayed.clear();
    for (const job of this.jobs.values()) if (job.status === "retrying") job.status = "failed";
  }

  #enqueue(job: JobState): void {
    const waits = job.status === "pending" || (job.status === "retrying" && !this.delayed.has(job.job.key));
    if (job.unmet > 0 || !waits || job.queued) return;
    if (job.job.gate === "manual" && !job.approved) {
      this.#gatesDue.push(job.job.key);
      return;
    }
    job.queued = true;
    this.ready.push({ key: job.job.key, remaining: job.remaining, place: job.place });
  }
}
