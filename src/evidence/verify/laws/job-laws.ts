import type { SaidRecord } from "../said-record.ts";
import { isSeq } from "../said-record.ts";
import { named, shown } from "../problems.ts";
import { AttemptLaws } from "./attempt-laws.ts";
import type { Declared, TellBreach } from "./attempt-laws.ts";
import { jobMayGo } from "./states.ts";
import type { JobState } from "./states.ts";

/** Attempts that are followed; a log of more is not judged further, and that is a problem. */
const ATTEMPTS_FOLLOWED = 50_000;

interface Job {
  state: JobState;
  attempt: number;
  /** Whether something has allowed another attempt: job.retried, run.resumed, or an override. */
  mayStartAgain: boolean;
  /** The word of the last attempt. */
  status: unknown;
}

/** Holds the jobs of a run to their states, and finds the attempt that a record of a step belongs to. */
export class JobLaws {
  readonly #jobs = new Map<string, Job>();
  /** By job id: each attempt has an id of its own, so this is the rule that an id is executed once. */
  readonly #attempts = new Map<string, AttemptLaws>();
  #declaredKeys: ReadonlySet<string> | undefined;
  #declared: Declared = { count: undefined, steps: undefined };
  #last: AttemptLaws | undefined;
  #lastId: unknown;

  /** What `run.created` says. The steps are those of the only job, where there is one. */
  declare(keys: readonly string[] | undefined, declared: Declared): void {
    this.#declaredKeys = keys === undefined ? undefined : new Set(keys);
    if (keys === undefined || keys.length === 1) this.#declared = declared;
  }

  started(record: SaidRecord, tell: TellBreach): void {
    const key = keyOf(record);
    const { attempt } = record;
    const id = idOf(record);
    if (this.#declaredKeys !== undefined && !this.#declaredKeys.has(key))
      tell("ILLEGAL_TRANSITION", `job ${shown(key)} was started, and the run does not declare it`);
    if (!isSeq(attempt))
      return tell("ILLEGAL_TRANSITION", `job ${shown(key)} was started with the attempt ${shown(attempt)}`);
    if (this.#attempts.has(id)) return tell("EXEC_006_SECOND_START", `job id ${shown(id)} was started a second time`);
    if (this.#attempts.size >= ATTEMPTS_FOLLOWED)
      return tell(
        "ILLEGAL_TRANSITION",
        `more than ${ATTEMPTS_FOLLOWED} attempts were started: they cannot be followed`,
      );
    this.#startJob(key, attempt, tell);
    const { steps_declared: count } = record;
    const declared = isSeq(count) ? { ...this.#declared, count } : this.#declared;
    this.#attempts.set(id, new AttemptLaws(key, attempt, declared));
  }

  #startJob(key: string, attempt: number, tell: TellBreach): void {
    const job = this.#jobs.get(key);
    const from = job?.state ?? "pending";
    if (job === undefined ? attempt !== 0 : attempt <= job.attempt)
      tell(
        "ILLEGAL_TRANSITION",
        `attempt ${attempt} at job ${shown(key)} was started, the last one was ${job?.attempt ?? "none"}`,
      );
    const allowed = jobMayGo(from, "running") && (job === undefined || job.mayStartAgain);
    if (!allowed) tell("ILLEGAL_TRANSITION", `job ${shown(key)} went from ${from} to running`);
    this.#jobs.set(key, { state: "running", attempt, mayStartAgain: false, status: undefined });
  }

  /** The attempt that a record of a step is about. */
  attemptOf(record: SaidRecord, tell: TellBreach): AttemptLaws | undefined {
    const { job_id: id } = record;
    if (this.#last !== undefined && id === this.#lastId) return this.#last;
    const attempt = this.#attempts.get(idOf(record));
    if (attempt === undefined)
      tell("ILLEGAL_TRANSITION", `${shown(record.event_type)} of job ${shown(id)}, which was not started`);
    this.#last = attempt;
    this.#lastId = id;
    return attempt;
  }

  ended(record: SaidRecord, options: { readonly recovered: boolean; readonly tell: TellBreach }): void {
    if (options.recovered && !this.#attempts.has(idOf(record))) this.#startLost(record);
    const attempt = this.attemptOf(record, options.tell);
    if (attempt === undefined) return;
    attempt.end(record, options);
    const job = this.#jobs.get(attempt.jobKey);
    if (job === undefined) return;
    job.state = record.event_type === "job.succeeded" ? "succeeded" : "failed";
    job.status = record.status;
  }

  /** A crash may have cut off the start of a job that a recovery then closes; of its steps there is no record. */
  #startLost(record: SaidRecord): void {
    const key = keyOf(record);
    if (this.#jobs.has(key)) return;
    this.#jobs.set(key, { state: "running", attempt: 0, mayStartAgain: false, status: undefined });
    this.#attempts.set(idOf(record), new AttemptLaws(key, 0, this.#declared));
    this.#lastId = undefined;
    this.#last = undefined;
  }

  /** job.retried, job.skipped, job.compensated. */
  moved(record: SaidRecord, tell: TellBreach): void {
    const key = keyOf(record);
    const job = this.#jobs.get(key) ?? {
      state: "pending" as const,
      attempt: -1,
      mayStartAgain: true,
      status: undefined,
    };
    const from = job.state;
    const event = record.event_type;
    if (event === "job.retried") {
      if (from !== "failed") tell("ILLEGAL_TRANSITION", `job ${shown(key)} was retried, and it was ${from}`);
      job.mayStartAgain = true;
      return;
    }
    const to = event === "job.skipped" ? "skipped" : "compensated";
    if (!jobMayGo(from, to)) tell("ILLEGAL_TRANSITION", `job ${shown(key)} went from ${from} to ${to}`);
    this.#jobs.set(key, { ...job, state: to, mayStartAgain: false });
  }

  /** An override says that a job is taken for succeeded, or allows it another attempt. */
  overridden(record: SaidRecord): void {
    const job = this.#jobs.get(keyOf(record));
    if (job === undefined || job.state === "running") return;
    const succeeded = record.status === "succeeded" || record.status === "COMPLETED";
    if (succeeded && job.state !== "compensated") job.state = "succeeded";
    else job.mayStartAgain = true;
  }

  /** The run goes on after it had failed: what has not succeeded may start again. */
  resumed(): void {
    for (const job of this.#jobs.values()) job.mayStartAgain = true;
  }

  /** A job that has not ended. */
  running(): string | undefined {
    for (const [key, { state }] of this.#jobs) if (state === "running") return key;
    return undefined;
  }

  /** Why the run cannot have ended so. */
  contradicts(status: unknown): string | undefined {
    const keys = this.#declaredKeys ?? new Set(this.#jobs.keys());
    const missing = [...keys].find((key) => this.#jobs.get(key)?.state !== "succeeded");
    if (status === "succeeded" && missing !== undefined) return `job ${shown(missing)} has not succeeded`;
    const [only] = keys.size === 1 ? this.#jobs.values() : [];
    if (only === undefined || only.status === undefined) return undefined;
    const expected = only.state === "failed" ? FAILED_RUNS.get(only.status) : undefined;
    return expected === undefined || expected === status || status === "rolled_back"
      ? undefined
      : `its only job ended ${shown(only.status)}`;
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
