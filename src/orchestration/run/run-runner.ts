import type { Plan, PlanDeclaration, Violation } from "#model";
import type { PlanSurroundings } from "../plan/compile-plan.ts";
import type { RunView } from "./run-view.ts";

/** A plan that was looked at and not run. */
export interface PlanReport {
  readonly plan: Plan;
  readonly planHash: string;
  /** Everything that is wrong with it; none = it would run. */
  readonly violations: readonly Violation[];
  /** Job keys in an order in which they could run one at a time. */
  readonly order: readonly string[];
  /** How many jobs could run at the same time, level by level. */
  readonly widths: readonly number[];
}

/** A plan with what its variables come from. */
export interface SubmittedPlan {
  readonly declaration: PlanDeclaration;
  readonly surroundings: PlanSurroundings;
}

/** Who asks for something, and why. */
export interface Asked {
  readonly actor: string;
  readonly reason: string;
}

/** What a run is asked for with. */
export interface CreateRunOptions extends Asked {
  /** Chosen by the caller: the same id with the same plan attaches. Absent = a fresh one. */
  readonly runId?: string;
  /** Nothing of it is started before, RFC 3339; absent, or not later than now = at once. */
  readonly startAfter?: string;
}

/** A run that was accepted: its record is durable. */
export interface AcceptedRun {
  readonly runId: string;
  readonly planHash: string;
  /** Whether it had been accepted before, with the same plan. */
  readonly attached: boolean;
}

/** How a run is resumed. */
export interface ResumeOptions extends Asked {
  /** Only jobs that have failed. */
  readonly failedOnly: boolean;
  /** Only this job and those that need it. */
  readonly fromJob?: string;
  /** Only what the last resume asked for, which this one goes on with: a start asks for nothing of its own. */
  readonly sameJobs?: boolean;
  /** Jobs in doubt that may run again, said by whoever answers for it. */
  readonly rerun: readonly string[];
  /** The plan as it is now: refused if it is another one than was started, unless `force`. */
  readonly plan?: SubmittedPlan;
  /** Hash of the plan as it is now, where somebody else has looked at it. */
  readonly planHash?: string;
  readonly force: boolean;
}

/** What a resume begins with. */
export interface ResumedRun {
  readonly runId: string;
  /** Jobs that run again or for the first time, in the plan's order. */
  readonly pending: readonly string[];
  /** Jobs that have not succeeded, and were not asked for. */
  readonly left: readonly string[];
}

/** Somebody's word about one job of a run. */
export interface AboutJob extends Asked {
  readonly runId: string;
  readonly jobKey: string;
  /** The plan that the word is about; another one is refused. */
  readonly planHash?: string;
}

/**
 * Starts runs of plans and drives them; what is true of a run is read from its log.
 * Every member may also fail with STORE_HALTED and EVIDENCE_BROKEN.
 */
export interface RunRunner {
  /** Looks at a plan; has no effect. */
  validate(plan: SubmittedPlan): PlanReport;
  /**
   * Accepts a plan and starts its run. Resolves when the acceptance is durable.
   * @throws {Fault} INVALID_REQUEST with every problem; JOB_ID_TAKEN if the id was used for another plan; LIMIT_EXCEEDED; DRAINING.
   */
  create(plan: SubmittedPlan, options: CreateRunOptions): Promise<AcceptedRun>;
  /** @throws {Fault} RUN_NOT_FOUND */
  get(runId: string): Promise<RunView>;
  /** @throws {Fault} RUN_NOT_FOUND, RUN_ACTIVE, RUN_ENDED, RUN_NOT_RESUMABLE, PLAN_CHANGED, DRAINING */
  resume(runId: string, options: ResumeOptions): Promise<ResumedRun>;
  /** Whether a run is held in this process's hands, or is just being read for somebody. */
  readonly isHere: (runId: string) => boolean;
  /** Starts a delayed run that an earlier process has accepted, when its time comes. */
  awaitStart(runId: string, startAfter: string): void;
  /** Goes on with a run that this process has taken over, or lets go of it if it waits for somebody. @throws {Fault} EVIDENCE_BROKEN; LIMIT_EXCEEDED, DRAINING: then it was let go of */
  takeUp(runId: string): Promise<void>;
  /** Stops what runs, skips what waits; resolves when the run has ended. @throws {Fault} RUN_NOT_FOUND, RUN_ENDED */
  cancel(runId: string, asked: Asked): Promise<RunView>;

  /** Stops what runs here of a run that another process has taken over: nothing more of it is performed or recorded here. */
  abandon(runId: string): void;
  /** Lets a job pass its manual gate. @throws {Fault} RUN_NOT_FOUND, GATE_CLOSED, APPROVER_IS_SUBMITTER, PLAN_CHANGED */
  approve(about: AboutJob): Promise<RunView>;
  /** Refuses a job its manual gate: it is skipped, and the run fails. @throws {Fault} as `approve` */
  reject(about: AboutJob): Promise<RunView>;
  /** Says that a job counts as succeeded. @throws {Fault} RUN_NOT_FOUND, RUN_ENDED, RUN_ACTIVE while it runs */
  markSucceeded(about: AboutJob): Promise<RunView>;
  /** Allows a run whose hard gate has failed to be resumed. @throws {Fault} RUN_NOT_FOUND, GATE_CLOSED */
  overrideGate(about: AboutJob): Promise<RunView>;
  /** Undoes a failed run's jobs that can be undone, the last first. @throws {Fault} RUN_NOT_FOUND, RUN_NOT_RESUMABLE */
  rollback(runId: string, asked: Asked): Promise<RunView>;
  /** Starts nothing more, waits for running jobs, stops them after `graceMs`: their runs are blocked, and can be resumed. */
  drain(options: { readonly graceMs: number }): Promise<void>;
}
