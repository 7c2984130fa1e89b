import type { Json } from "#model";
import { opensAgain } from "../../opened-again.ts";
import type { PlacedLine } from "../chain-walk.ts";
import { payloadDigest } from "../digest-of.ts";
import type { SaidRecord } from "../said-record.ts";
import { isSeq } from "../said-record.ts";
import type { ProblemCode, Problems } from "../problems.ts";
import { named, shown } from "../problems.ts";
import { declaredRun, derivedFrom } from "./declared-run.ts";
import { JobLaws } from "./job-laws.ts";
import { RUN_ENDS, runMayGo } from "./states.ts";

/** What the records say of steps, all attempts together. */
export interface StepCounts {
  declared: number;
  started: number;
  succeeded: number;
  failed: number;
  inDoubt: number;
}

/**
 * Holds the records of a run to what a run can do: the laws of the machine for each attempt at a job, and the states of jobs
 * and of the run. Times are not looked at: they are advisory.
 */
export class RunLaws {
  readonly steps: StepCounts = { declared: 0, started: 0, succeeded: 0, failed: 0, inDoubt: 0 };
  readonly #problems: Problems;
  readonly #jobs = new JobLaws();
  #state = "created";
  #isPlan = false;
  /** The record that has ended the run, until it is opened again. */
  #end: SaidRecord | undefined;
  /** After a recovery that was itself cut off, things may be said again. */
  #recovered = false;
  #at = { seq: 0, line: 1 };
  readonly #tell = (code: ProblemCode, message: string): void => this.#problems.add({ code, ...this.#at, message });

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  placed({ record, seq, line }: PlacedLine): void {
    this.#at = { seq, line };
    if (this.#end !== undefined) this.#checkBehind(this.#end, record);
    const tell = this.#tell;
    switch (record.event_type) {
      case "step.started":
        this.steps.started += 1;
        return this.#jobs.attemptOf(record, tell)?.started(record, tell);
      case "step.succeeded":
        this.steps.succeeded += 1;
        return this.#jobs.attemptOf(record, tell)?.resulted(record, tell);
      case "step.failed":
        this.steps.failed += 1;
        return this.#jobs.attemptOf(record, tell)?.resulted(record, tell);
      case "step.in_doubt":
        this.steps.inDoubt += 1;
        return this.#jobs.attemptOf(record, tell)?.doubted(record, { recovered: this.#recovered, tell });
      case "step.resolved":
        return this.#jobs.attemptOf(record, tell)?.resolved(record, tell);
      case "log.recovered":
        this.#recovered = true;
        return undefined;
      default:
        return this.#otherThanSteps(record);
    }
  }

  /** The chain can hold, and a seal be over it, whatever its owner wrote behind the end. */
  #checkBehind(end: SaidRecord, record: SaidRecord): void {
    if (!opensAgain(end, record))
      this.#tell(
        "ILLEGAL_TRANSITION",
        `${shown(record.event_type)} stands behind the end of the run, which had ended ${shown(end.status)}`,
      );
    this.#end = undefined;
  }

  #otherThanSteps(record: SaidRecord): void {
    const tell = this.#tell;
    switch (record.event_type) {
      case "run.created":
        return this.#created(record);
      case "job.started":
        return this.#jobStarted(record);
      case "job.succeeded":
      case "job.failed":
        return this.#jobs.ended(record, { recovered: this.#recovered, tell });
      case "job.retried":
      case "job.skipped":
      case "job.compensated":
        return this.#jobs.moved(record, tell);
      case "run.override_applied":
        return this.#jobs.overridden(record, tell);
      case "gate.opened":
      case "gate.approved":
      case "gate.rejected":
      case "gate.failed":
        return this.#jobs.gate(record, tell);
      case "artifact.emitted":
        return this.#jobs.emitted(record, tell);
      case "run.resumed":
        return this.#resumed(record);
      case "run.state_changed":
        return this.#go(record.status);
      case "run.completed":
        return this.#completed(record);
      default:
        return undefined; // checkpoints: no law of these says anything of them
    }
  }

  #created(record: SaidRecord): void {
    const { steps_declared: count, plan, plan_hash: hash } = record;
    const run = declaredRun(record, this.#tell);
    this.#isPlan = run.isPlan;
    if (isSeq(count)) this.steps.declared = count;
    if (hash !== undefined && plan !== undefined && payloadDigest(plan as Json) !== hash)
      this.#tell("WRONG_VERDICT", `plan_hash ${shown(hash)} is not the hash of the plan`);
    this.#jobs.declare(run);
  }

  #jobStarted(record: SaidRecord): void {
    const { steps_declared: count } = record;
    if (this.#isPlan && isSeq(count)) this.steps.declared += count;
    if (this.#state === "created" || this.#state === "preflight_validated") this.#state = "executing";
    const undoes = this.#state === "rolling_back" && derivedFrom(named(record.job_key)) !== undefined;
    if (this.#state !== "executing" && !undoes)
      this.#tell("ILLEGAL_TRANSITION", `a job was started while the run was ${this.#state}`);
    this.#jobs.started(record, this.#tell);
  }

  /** Somebody has the run go on, or has it undone. */
  #resumed({ status = "executing" }: SaidRecord): void {
    this.#recovered = false;
    this.#jobs.resumed();
    if (status !== "executing" && status !== "rolling_back")
      return this.#tell("ILLEGAL_TRANSITION", `the run was resumed with the status ${shown(status)}`);
    if (this.#state !== status) this.#go(status);
  }

  #go(to: unknown): void {
    const from = this.#state;
    if (this.#recovered && from === to) return;
    if (typeof to !== "string" || !runMayGo(from, to))
      this.#tell("ILLEGAL_TRANSITION", `the run went from ${from} to ${shown(to)}`);
    if (typeof to === "string") this.#state = to;
  }

  #completed(record: SaidRecord): void {
    const { status } = record;
    this.#end = record;
    if (!RUN_ENDS.has(status)) return this.#tell("WRONG_VERDICT", `the run ended with the status ${shown(status)}`);
    if (status !== this.#state) this.#go(status);
    const running = this.#jobs.running();
    if (running !== undefined)
      this.#tell("ILLEGAL_TRANSITION", `the run ended, and job ${shown(running)} had not ended`);
    const wrong = this.#jobs.contradicts(status);
    if (wrong !== undefined) this.#tell("WRONG_VERDICT", `the run ended ${shown(status)}, and ${wrong}`);
  }
}
