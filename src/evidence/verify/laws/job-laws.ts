import type { SaidRecord } from "../said-record.ts";
import { isSeq } from "../said-record.ts";
import { named, shown } from "../problems.ts";
import { AttemptLaws } from "./attempt-laws.ts";
import type { Declared, TellBreach } from "./attempt-laws.ts";
import { derivedFrom, isKnownJob, NOTHING_DECLARED } from "./declared-run.ts";
import type { DeclaredRun } from "./declared-run.ts";
import { pendingJob } from "./job.ts";
import type { Job } from "./job.ts";
import { checkPlannedStart, declaredOfAttempt } from "./start-laws.ts";
import { jobMayGo } from "./states.ts";
import type { JobState } from "./states.ts";

/** Attempts that are followed; a log of more is not judged further, and that is a problem. */
const ATTEMPTS_FOLLOWED = 50_000;

/** Holds the jobs of a run to their states, and finds the attempt that a record of a step belongs to. */
export class JobLaws {
  readonly #jobs = new Map<string, Job>();
  /** By job id: each attempt has an id of its own, so this is the rule that an id is executed once. */
  readonly #attempts = new Map<string, AttemptLaws>();
  #run: DeclaredRun = NOTHING_DECLARED;
  #last: AttemptLaws | undefined;
  #lastId: unknown;

  /** What `run.created` says. */
  declare(run: DeclaredRun): void {
    this.#run = run;
  }

  started(record: SaidRecord, tell: TellBreach): void {
    const key = this.#knownKey(record, tell);
    const { attempt } = record;
    const id = idOf(record);
    if (!isSeq(attempt))
      return tell("ILLEGAL_TRANSITION", `job ${shown(key)} was started with the attempt ${shown(attempt)}`);
    if (this.#attempts.has(id)) return tell("EXEC_006_SECOND_START", `job id ${shown(id)} was started a second time`);
    if (this.#attempts.size >= ATTEMPTS_FOLLOWED)
      return tell(
        "ILLEGAL_TRANSITION",
        `more than ${ATTEMPTS_FOLLOWED} attempts were started: they cannot be followed`,
      );
    const declared = this.#declaredBy(record, { key, attempt, tell });
    this.#startJob(key, attempt, tell);
    const started = new AttemptLaws(key, attempt, declared);
    this.#jobOf(key).last = started;
    this.#attempts.set(id, started);
  }

  #declaredBy(
    record: SaidRecord,
    { key, attempt, tell }: { readonly key: string; readonly attempt: number; readonly tell: TellBreach },
  ): Declared {
    const run = this.#run;
    if (!run.isPlan) {
      const { steps_declared: count } = record;
      return isSeq(count) ? { ...run.only, count } : run.only;
    }
    const start = { key, attempt, record, run, jobOf: (other: string) => this.#jobs.get(other), tell };
    checkPlannedStart(start);
    return declaredOfAttempt(start);
  }

  #startJob(key: string, attempt: number, tell: TellBreach): void {
    const job = this.#jobOf(key);
    const { state, attempt: last } = job;
    if (last < 0 ? attempt !== 0 : attempt <= last)
      tell(
        "ILLEGAL_TRANSITION",
        `attempt ${attempt} at job ${shown(key)} was started, the last one was ${last < 0 ? "none" : last}`,
      );
    const isProbe = this.#run.isPlan && derivedFrom(key)?.kind === "probe"; // as often as there is a doubt
    const mayGo = jobMayGo(state, "running") && job.mayStartAgain;
    if (!mayGo && !(isProbe && state !== "running"))
      tell("ILLEGAL_TRANSITION", `job ${shown(key)} went from ${state} to running`);
    Object.assign(job, { state: "running", attempt, mayStartAgain: false, status: undefined, wasProbed: false });
  }

  /** The attempt that a record of a step is about. */
  attemptOf(record: SaidRecord, tell: TellBreach): AttemptLaws | undefined {
    const { job_id: id } = record;
    const isLast = this.#last !== undefined && id === this.#lastId;
    const attempt = isLast ? this.#last : this.#attempts.get(idOf(record));
    if (attempt === undefined)
      tell("ILLEGAL_TRANSITION", `${shown(record.event_type)} of job ${shown(id)}, which was not started`);
    else if (this.#run.isPlan && (record.job_key !== attempt.jobKey || record.attempt !== attempt.attempt))
      tell(
        "ILLEGAL_TRANSITION",
        `${shown(record.event_type)} of job id ${shown(id)} names attempt ${shown(record.attempt)} at job ${shown(record.job_key)}, and that id is another's`,
      );
    this.#last = attempt;
    this.#lastId = id;
    return attempt;
  }

  ended(record: SaidRecord, options: { readonly recovered: boolean; readonly tell: TellBreach }): void {
    const isLost = options.recovered && !this.#run.isPlan && !this.#attempts.has(idOf(record));
    if (isLost) this.#startLost(record);
    const attempt = this.attemptOf(record, options.tell);
    if (attempt === undefined) return;
    attempt.end(record, options);
    const job = this.#jobOf(attempt.jobKey);
    job.state = record.event_type === "job.succeeded" ? "succeeded" : "failed";
    job.status = record.status;
    const probed = derivedFrom(attempt.jobKey);
    if (probed?.kind === "probe" && job.state === "succeeded") this.#jobOf(probed.base).wasProbed = true;
  }

  /** A crash may have cut off the start of a job that a recovery then closes; of its steps there is no record. */
  #startLost(record: SaidRecord): void {
    const key = keyOf(record);
    if (this.#jobs.has(key)) return;
    const last = new AttemptLaws(key, 0, this.#run.only);
    this.#jobs.set(key, { ...pendingJob(), state: "running", attempt: 0, last, mayStartAgain: false });
    this.#attempts.set(idOf(record), last);
    this.#lastId = undefined;
    this.#last = undefined;
  }

  /** job.retried, job.skipped, job.compensated. */
  moved(record: SaidRecord, tell: TellBreach): void {
    const key = this.#knownKey(record, tell);
    const job = this.#jobOf(key);
    const { event_type: event, attempt } = record;
    if (event === "job.retried") {
      if (job.state !== "failed") tell("ILLEGAL_TRANSITION", `job ${shown(key)} was retried, and it was ${job.state}`);
      if (this.#run.isPlan && attempt !== job.attempt + 1)
        tell("ILLEGAL_TRANSITION", `attempt ${shown(attempt)} at job ${shown(key)} is announced after ${job.attempt}`);
      job.mayStartAgain = true;
      return;
    }
    const to = event === "job.skipped" ? "skipped" : "compensated";
    const compensation = this.#jobs.get(`${key}:compensate`)?.state ?? "pending";
    if (!this.#mayMove(job, to)) tell("ILLEGAL_TRANSITION", `job ${shown(key)} went from ${job.state} to ${to}`);
    if (to === "compensated" && this.#run.isPlan && compensation !== "succeeded")
      tell("ILLEGAL_TRANSITION", `job ${shown(key)} is called compensated, and its compensation was ${compensation}`);
    job.state = to;
    job.mayStartAgain = false;
  }

  /** What was skipped or failed before is skipped anew only where it could have started anew. */
  #mayMove({ state, mayStartAgain }: Job, to: JobState): boolean {
    const isAnew = to === "skipped" && state !== "pending";
    return jobMayGo(state, to) && (!isAnew || mayStartAgain);
  }

  /** An override says that a job is taken for succeeded, or allows it another attempt; without a job it is about the run. */
  overridden(record: SaidRecord, tell: TellBreach): void {
    if (record.job_key === undefined && record.job_id === undefined) return;
    const key = this.#knownKey(record, tell);
    const job = this.#jobOf(key);
    const marks = record.status === "succeeded" || record.status === "COMPLETED";
    if (job.state === "running" || (marks && !jobMayGo(job.state, "succeeded")))
      return tell("ILLEGAL_TRANSITION", `job ${shown(key)} was ${job.state} when an override was applied to it`);
    if (marks) job.state = "succeeded";
    else job.mayStartAgain = true;
  }

  /** gate.opened, gate.approved, gate.rejected, gate.failed: a gate is decided when it is open. */
  gate(record: SaidRecord, tell: TellBreach): void {
    const key = this.#knownKey(record, tell);
    const job = this.#jobOf(key);
    const { event_type: event } = record;
    if (event === "gate.failed") return;
    if (event !== "gate.opened" && job.gate !== "opened")
      tell("ILLEGAL_TRANSITION", `${shown(event)} of job ${shown(key)}, and its gate was ${job.gate ?? "not opened"}`);
    job.gate = event === "gate.opened" ? "opened" : event === "gate.approved" ? "approved" : "rejected";
  }

  /** artifact.emitted */
  emitted(record: SaidRecord, tell: TellBreach): void {
    if (this.#run.isPlan || record.job_key !== undefined) this.#knownKey(record, tell);
  }

  /** The run goes on after it had failed or stood still: what has not succeeded may start again. */
  resumed(): void {
    for (const job of this.#jobs.values()) job.mayStartAgain = true;
  }

  #knownKey(record: SaidRecord, tell: TellBreach): string {
    const key = keyOf(record);
    if (!isKnownJob(this.#run, key))
      tell("ILLEGAL_TRANSITION", `${shown(record.event_type)} of job ${shown(key)}, which the run does not declare`);
    return key;
  }

  #jobOf(key: string): Job {
    const known = this.#jobs.get(key);
    if (known !== undefined) return known;
    const job = pendingJob();
    if (isKnownJob(this.#run, key)) this.#jobs.set(key, job); // whatever else a log names, it is not remembered
    return job;
  }

  /** A job that has not ended. */
  running(): string | undefined {
    for (const [key, { state }] of this.#jobs) if (state === "running") return key;
    return undefined;
  }

  /** Why the run cannot have ended so. */
  contradicts(status: unknown): string | undefined {
    const { keys = new Set(this.#jobs.keys()), isPlan } = this.#run;
    const missing = [...keys].find((key) => this.#jobs.get(key)?.state !== "succeeded");
    if (status === "succeeded" && missing !== undefined) return `job ${shown(missing)} has not succeeded`;
    if (isPlan) return status === "rolled_back" ? this.#notUndone() : undefined;
    const [only] = keys.size === 1 ? this.#jobs.values() : [];
    if (only === undefined || only.status === undefined) return undefined;
    const expected = only.state === "failed" ? FAILED_RUNS.get(only.status) : undefined;
    return expected === undefined || expected === status || status === "rolled_back"
      ? undefined
      : `its only job ended ${shown(only.status)}`;
  }

  #notUndone(): string | undefined {
    for (const [key, { state }] of this.#jobs)
      if (derivedFrom(key)?.kind === "compensate" && state !== "succeeded") return `job ${shown(key)} was ${state}`;
    return undefined;
  }
}

const FAILED_RUNS: ReadonlyMap<unknown, string> = new Map([
  ["FAILED", "failed"],
  ["CANCELLED", "cancelled"],
]);

function keyOf({ job_key: key, job_id: id }: SaidRecord): string {
  return named(key ?? id);
}

function idOf({ job_id: id, job_key: key }: SaidRecord): string {
  return named(id ?? key);
}
