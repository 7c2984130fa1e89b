import type { ProblemCode } from "../problems.ts";
import { shown } from "../problems.ts";
import type { SaidRecord } from "../said-record.ts";
import { isSeq } from "../said-record.ts";

/** A step as the plan declares it. */
export interface DeclaredStep {
  readonly step_type?: unknown;
  readonly target?: unknown;
}

/** What an attempt declares; what is not known is not held against it. */
export interface Declared {
  readonly count: number | undefined;
  readonly steps: readonly DeclaredStep[] | undefined;
  /** Place of its first step among those of the job; default 0: only an attempt that goes on from another begins later. */
  readonly first?: number;
}

/** Names a breach. */
export type TellBreach = (code: ProblemCode, message: string) => void;

/**
 * Holds the steps of one attempt at a job to the laws of the machine: EXEC-001 order, EXEC-002 one result each, EXEC-003 nothing
 * after a failure, EXEC-006 no second start. It keeps counts, no lists, however many steps there are.
 */
export class AttemptLaws {
  readonly jobKey: string;
  readonly attempt: number;
  /** How it ended; undefined while it runs. */
  ended: "job.succeeded" | "job.failed" | undefined;
  #status: unknown;
  /** The step to be started next. */
  #next = 0;
  #running: number | undefined;
  #inDoubt: number | undefined;
  #succeeded = 0;
  #failed: number | undefined;
  readonly #declared: Declared;

  constructor(jobKey: string, attempt: number, declared: Declared) {
    this.jobKey = jobKey;
    this.attempt = attempt;
    this.#declared = declared;
  }

  /** Place of its first step among those of the job. */
  get firstStep(): number {
    return this.#declared.first ?? 0;
  }

  /** Of its own steps, how many are known to have succeeded. */
  get succeededSteps(): number {
    return this.#succeeded;
  }

  /** Whether nobody knows of one of its steps whether it took effect. */
  get isInDoubt(): boolean {
    return this.#inDoubt !== undefined;
  }

  started(record: SaidRecord, tell: TellBreach): void {
    const index = record.step_index;
    if (!isSeq(index)) return tell("EXEC_001_ORDER", `step_index is ${shown(index)}, expected ${this.#next}`);
    if (this.ended !== undefined) tell("EXEC_003_AFTER_FAILURE", `step ${index} was started after ${this.ended}`);
    else if (index < this.#next) tell("EXEC_006_SECOND_START", `step ${index} was started a second time`);
    else if (this.#failed !== undefined)
      tell("EXEC_003_AFTER_FAILURE", `step ${index} was started after step ${this.#failed} had failed`);
    else if (this.#inDoubt !== undefined)
      tell("EXEC_003_AFTER_FAILURE", `step ${index} was started while step ${this.#inDoubt} was in doubt`);
    else this.#checkOrder(index, record, tell);
    if (this.#running !== undefined && this.#running !== index)
      tell("EXEC_002_ONE_RESULT", `step ${this.#running} has no result, and step ${index} was started`);
    this.#running = index;
    this.#next = Math.max(this.#next, index + 1);
  }

  #checkOrder(index: number, record: SaidRecord, tell: TellBreach): void {
    const { count, steps } = this.#declared;
    if (index > this.#next) tell("EXEC_001_ORDER", `step ${index} was started, expected step ${this.#next}`);
    else if (count !== undefined && index >= count)
      tell("EXEC_001_ORDER", `step ${index} was started, and ${count} are declared`);
    else if (steps !== undefined) this.#checkDeclared(index, record, { step: steps[index], tell });
  }

  #checkDeclared(
    index: number,
    { step_type: type, target }: SaidRecord,
    { step, tell }: { readonly step: DeclaredStep | undefined; readonly tell: TellBreach },
  ): void {
    if (step?.step_type === type && step?.target === target) return;
    const words = `${shown(step?.step_type)} ${shown(step?.target)}`;
    tell("EXEC_001_ORDER", `step ${index} is ${shown(type)} ${shown(target)}, declared was ${words}`);
  }

  /** A result: `step.succeeded` or `step.failed`. */
  resulted(record: SaidRecord, tell: TellBreach): void {
    const { step_index: index, event_type: event, status } = record;
    const succeeded = event === "step.succeeded";
    if (status !== (succeeded ? "COMPLETED" : "FAILED"))
      tell("EXEC_002_ONE_RESULT", `${shown(event)} of step ${shown(index)} has the status ${shown(status)}`);
    if (this.ended !== undefined) tell("EXEC_002_ONE_RESULT", `step ${shown(index)} has a result after ${this.ended}`);
    else if (!isSeq(index) || this.#running !== index) this.#checkWithoutStart(record, tell);
    this.#running = undefined;
    if (succeeded) this.#succeeded += 1;
    else if (isSeq(index)) this.#failed ??= index;
  }

  /** A step that nothing can perform fails before anything was started, and is the only one with a record. */
  #checkWithoutStart(record: SaidRecord, tell: TellBreach): void {
    const { step_index: index } = record;
    const isFirst = isRefusal(record) && this.#next === 0 && this.#failed === undefined;
    const { count } = this.#declared;
    if (isFirst && isSeq(index) && (count === undefined || index < count)) return;
    const running = this.#running === undefined ? "no step runs" : `step ${this.#running} runs`;
    tell(
      "EXEC_002_ONE_RESULT",
      `step ${shown(index)} has a result, and ${running}: its second, or one without a start`,
    );
  }

  /** `recovered`: whether a recovery that was cut off may have said it before. */
  doubted({ step_index: index }: SaidRecord, { recovered, tell }: { recovered: boolean; tell: TellBreach }): void {
    if (recovered && this.#inDoubt === index && this.#running === undefined) return;
    if (!isSeq(index) || this.#running !== index || this.ended !== undefined)
      return tell("EXEC_002_ONE_RESULT", `step ${shown(index)} is called in doubt, and it was not running`);
    this.#running = undefined;
    this.#inDoubt = index;
  }

  /** Somebody has found out what became of a step in doubt. */
  resolved({ step_index: index, status }: SaidRecord, tell: TellBreach): void {
    if (!isSeq(index) || this.#inDoubt !== index)
      return tell("ILLEGAL_TRANSITION", `step ${shown(index)} was resolved, and it was not in doubt`);
    this.#inDoubt = undefined;
    if (status === "COMPLETED") this.#succeeded += 1;
    else this.#failed ??= index;
  }

  end(record: SaidRecord, { recovered, tell }: { recovered: boolean; tell: TellBreach }): void {
    const { event_type: event, status } = record;
    const succeeded = event === "job.succeeded";
    if (this.ended !== undefined) {
      if (recovered && this.ended === event && this.#status === status) return;
      return tell("ILLEGAL_TRANSITION", `job ${shown(this.jobKey)} has ended before, with ${this.ended}`);
    }
    this.ended = succeeded ? "job.succeeded" : "job.failed";
    this.#status = status;
    if (this.#running !== undefined)
      tell("EXEC_002_ONE_RESULT", `step ${this.#running} was started, and has neither a result nor is it in doubt`);
    const fits = succeeded ? status === "COMPLETED" : status === "FAILED" || status === "CANCELLED";
    if (!fits) tell("WRONG_VERDICT", `${this.ended} has the status ${shown(status)}`);
    this.#checkVerdict(succeeded, tell);
  }

  #checkVerdict(succeeded: boolean, tell: TellBreach): void {
    const { count = this.#next } = this.#declared;
    const clean = this.#failed === undefined && this.#inDoubt === undefined && this.#running === undefined;
    const all = clean && this.#succeeded === count;
    if (succeeded === all || (!succeeded && this.#declared.count === undefined)) return;
    tell("WRONG_VERDICT", `${this.ended}, and ${this.#succeeded} of ${count} declared steps have succeeded`);
  }
}

/** What the machine leaves of a step type that has no handler, in its own words. */
function isRefusal({ event_type: event, step_type: type, error_class: kind, reason }: SaidRecord): boolean {
  if (event !== "step.failed" || kind !== "permanent" || typeof type !== "string") return false;
  return reason === `No handler registered for step type: ${type}`;
}
