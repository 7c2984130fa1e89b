import { canonicalJson, digest } from "../../canonical-json.ts";
import { isBlobReference } from "../../encode.ts";
import type { Json } from "#model";
import type { PlacedLine } from "../chain-walk.ts";
import type { SaidRecord } from "../said-record.ts";
import { isSeq } from "../said-record.ts";
import type { ProblemCode, Problems } from "../problems.ts";
import { named, shown } from "../problems.ts";
import type { DeclaredStep } from "./attempt-laws.ts";
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
  /** After a recovery that was itself cut off, things may be said again. */
  #recovered = false;
  #at = { seq: 0, line: 1 };
  readonly #tell = (code: ProblemCode, message: string): void => this.#problems.add({ code, ...this.#at, message });

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  placed({ record, seq, line }: PlacedLine): void {
    this.#at = { seq, line };
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

  #otherThanSteps(record: SaidRecord): void {
    const tell = this.#tell;
    switch (record.event_type) {
      case "run.created":
        return this.#created(record);
      case "job.started":
        if (this.#state === "created" || this.#state === "preflight_validated") this.#state = "executing";
        if (this.#state !== "executing")
          tell("ILLEGAL_TRANSITION", `a job was started while the run was ${this.#state}`);
        return this.#jobs.started(record, tell);
      case "job.succeeded":
      case "job.failed":
        return this.#jobs.ended(record, { recovered: this.#recovered, tell });
      case "job.retried":
      case "job.skipped":
      case "job.compensated":
        return this.#jobs.moved(record, tell);
      case "run.override_applied":
        return this.#jobs.overridden(record);
      case "run.resumed":
        this.#jobs.resumed();
        if (this.#state !== "executing") this.#go("executing");
        return undefined;
      case "run.state_changed":
        return this.#go(record.status);
      case "run.completed":
        return this.#completed(record);
      default:
        return undefined; // gates, artifacts, checkpoints: no law of these says anything of them
    }
  }

  #created({ steps_declared: count, plan, plan_hash: hash, job_keys: keys }: SaidRecord): void {
    const steps = stepsOf(plan);
    if (isSeq(count)) this.steps.declared = count;
    if (isSeq(count) && steps !== undefined && steps.length !== count)
      this.#tell("WRONG_VERDICT", `steps_declared is ${count}, and the plan has ${steps.length} steps`);
    if (hash !== undefined && plan !== undefined && hashOf(plan as Json) !== hash)
      this.#tell("WRONG_VERDICT", `plan_hash ${shown(hash)} is not the hash of the plan`);
    const declared = { count: isSeq(count) ? count : undefined, steps };
    this.#jobs.declare(Array.isArray(keys) ? keys.map(named) : undefined, declared);
  }

  #go(to: unknown): void {
    const from = this.#state;
    if (typeof to !== "string" || !runMayGo(from, to))
      this.#tell("ILLEGAL_TRANSITION", `the run went from ${from} to ${shown(to)}`);
    if (typeof to === "string") this.#state = to;
  }

  #completed({ status }: SaidRecord): void {
    if (!RUN_ENDS.has(status)) return this.#tell("WRONG_VERDICT", `the run ended with the status ${shown(status)}`);
    if (status !== this.#state) this.#go(status);
    const running = this.#jobs.running();
    if (running !== undefined)
      this.#tell("ILLEGAL_TRANSITION", `the run ended, and job ${shown(running)} had not ended`);
    const wrong = this.#jobs.contradicts(status);
    if (wrong !== undefined) this.#tell("WRONG_VERDICT", `the run ended ${shown(status)}, and ${wrong}`);
  }
}

function stepsOf(plan: unknown): readonly DeclaredStep[] | undefined {
  if (typeof plan !== "object" || plan === null || !("steps" in plan)) return undefined;
  return Array.isArray(plan.steps)
    ? plan.steps.map((step: unknown) => (typeof step === "object" && step !== null ? step : {}))
    : undefined;
}

/** Undefined for what has no canonical text. */
function hashOf(plan: Json): string | undefined {
  try {
    return isBlobReference(plan) ? plan.$blob : digest(canonicalJson(plan));
  } catch {
    return undefined;
  }
}
