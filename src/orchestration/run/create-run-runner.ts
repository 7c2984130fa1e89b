import { RunCheckpoints } from "#evidence";
import type { CheckpointOptions, EvidenceStore, RecordDraft } from "#evidence";
import type { HealthObserver } from "#health";
import type { Clock } from "#model";
import { Fault, LIMITS } from "#model";
import { firstRecord } from "#worker";
import type { DiskGuard } from "../disk-guard.ts";
import type { HandedJobs } from "../handed-jobs.ts";
import { notAdmitted } from "../machine.ts";
import type { Machine } from "../machine.ts";
import { compilePlan } from "../plan/compile-plan.ts";
import { jobGraph } from "../plan/graph.ts";
import { planText } from "../plan/plan-json.ts";
import type { PlanText } from "../plan/plan-json.ts";
import { preflight } from "../plan/preflight.ts";
import { ConcurrencySlots } from "./concurrency-slots.ts";
import { DelayedRuns } from "./delayed-runs.ts";
import { holdRun, letGoOfRun } from "./hold-run.ts";
import { isPlanRun, loadRun } from "./load-run.ts";
import { LiveRuns } from "./live-runs.ts";
import { PlanRun } from "./plan-run.ts";
import { goesOnDrafts, resumeDrafts } from "./resume-run.ts";
import { aboutJob, blocked, common, ENGINE, stateChanged } from "./run-records.ts";
import type {
  AboutJob,
  AcceptedRun,
  Asked,
  CreateRunOptions,
  PlanReport,
  ResumedRun,
  ResumeOptions,
  RunRunner,
  SubmittedPlan,
} from "./run-runner.ts";
import { runOpening } from "./run-opening.ts";
import { RunState } from "./run-state.ts";
import type { RunView } from "./run-view.ts";
import { runView } from "./run-view.ts";
import { requireGate, requireMarkable, requireOverridable, requireRollback } from "./run-rules.ts";

/** What a runner of plans is made of. */
export interface RunRunnerOptions {
  readonly store: EvidenceStore;
  readonly clock: Clock;
  readonly machine: Machine;
  readonly health?: HealthObserver;
  /** What hands attempts over to workers; absent = each is performed in this process. */
  readonly handed?: HandedJobs;
  /** What signs checkpoints within the logs; absent = there are none. */
  readonly checkpoints?: Omit<CheckpointOptions, "clock">;
  readonly disk?: DiskGuard;
  /** A fresh id for a run whose caller names none. */
  readonly newRunId: () => string;
  /** In [0, 1): where in its jitter a wait lies. */
  readonly chance: () => number;
  /**
   * Whether this process drives runs on that it did not start, when their gate is approved: a server does, a command that
   * ends soon only records the word.
   */
  readonly drivesOn: boolean;
  /**
   * Whether this process drives runs at all. If not, what it accepts, and what is said here of a run, is recorded, and the run is left
   * to another process over the same store. Default true.
   */
  readonly drives?: boolean;
  /** Told of a delayed run that could not be begun when its time had come, and why; must not throw. */
  readonly onWaits?: (runId: string, error: unknown) => void;
  /** Whether plans are run at all: under `contract` only the jobs of contracts are. Default `open`. */
  readonly admission?: "open" | "contract";
  /** Runs that may be driven at the same time; default `LIMITS.activeRuns`. */
  readonly maxActiveRuns?: number;
}

/** Makes the runner of plans. */
export function createRunRunner(options: RunRunnerOptions): RunRunner {
  return new PlanRunner(options);
}

class PlanRunner implements RunRunner {
  readonly #options: RunRunnerOptions;
  readonly #live: LiveRuns;
  readonly #slots = new ConcurrencySlots((key) => {
    for (const run of this.#live.all()) {
      run.state.unpark(key);
      run.kick();
    }
  });
  /** Runs that this process was asked to start or to go on with: it drives them on, whatever `drivesOn` says of others. */
  readonly #own = new Set<string>();
  readonly #delays: DelayedRuns;
  /** Runs that are being accepted: of one id one after another. */
  readonly #creating = new Map<string, Promise<AcceptedRun>>();
  /** Runs that are being given up. */
  readonly #givenUp = new Set<Promise<void>>();
  #draining = false;

  constructor(options: RunRunnerOptions) {
    this.#options = options;
    this.#delays = new DelayedRuns({
      clock: options.clock,
      begin: (runId) => this.#begin(runId),
      onProblem: (runId, error) => options.onWaits?.(runId, error),
    });
    this.#live = new LiveRuns({
      load: (runId) => this.#load(runId),
      onChange: (busy) => options.disk?.setBusy(this, busy),
      onDropped: (run) => this.#letGo(run),
    });
    options.disk?.addStopper((why) => this.#stopAll(why));
  }

  validate({ declaration, surroundings }: SubmittedPlan): PlanReport {
    const { plan, violations, places } = compilePlan(declaration, surroundings);
    const { order, widths } = jobGraph(plan.jobs);
    const problems = [...violations, ...preflight(plan, { stepTypes: this.#options.machine.types, places })];
    return { plan, planHash: problems.length > 0 ? "" : planText(plan).hash, violations: problems, order, widths };
  }

  async create(submitted: SubmittedPlan, asked: CreateRunOptions): Promise<AcceptedRun> {
    const report = this.validate(submitted);
    if (report.violations.length > 0) throw invalidPlan(report);
    const runId = asked.runId ?? this.#options.newRunId();
    const before = this.#creating.get(runId) ?? Promise.resolve();
    const created = before.then(ignore, ignore).then(async () => await this.#create(report, { ...asked, runId }));
    this.#creating.set(runId, created);
    try {
      return await created;
    } finally {
      if (this.#creating.get(runId) === created) this.#creating.delete(runId);
    }
  }

  async #create(report: PlanReport, asked: CreateRunOptions & { readonly runId: string }): Promise<AcceptedRun> {
    const text = planText(report.plan);
    const { runId } = asked;
    const attached = await this.#attached(runId, text);
    if (attached !== undefined) return attached;
    this.#requireRoom();
    const state = new RunState(report.plan);
    const run = this.#planRun({ runId, planHash: text.hash, state, size: 0 });
    this.#live.add(run);
    this.#adopt(runId);
    try {
      const startAfter = this.#delays.until(asked.startAfter);
      const opening = await runOpening(report.plan, { ...asked, startAfter, text }, this.#options);
      if (startAfter !== undefined && this.#drives) this.#delays.add(runId, startAfter); // before it rests: it stays here
      await run.tell(opening);
      this.#live.drop(run);
      if (!this.#drives) await this.#allGivenUp(); // whoever is told that it was accepted need not care whether this process lives
    } catch (error) {
      this.#delays.remove(runId);
      this.#live.drop(run);
      if (!(error instanceof Fault) || error.code !== "SEQUENCE_CONFLICT") throw error;
      const other = await this.#attached(runId, text); // somebody else was first
      if (other === undefined) throw error;
      return other;
    }
    return { runId, planHash: text.hash, attached: false };
  }

  /** A process that drives on whatever it finds needs no list. */
  #adopt(runId: string): void {
    if (!this.#options.drivesOn) this.#own.add(runId);
  }

  async #attached(runId: string, { hash }: PlanText): Promise<AcceptedRun | undefined> {
    const created = await firstRecord(this.#options.store, runId);
    if (created === undefined) return undefined;
    if (isPlanRun(created) && created.plan_hash === hash) return { runId, planHash: hash, attached: true };
    throw new Fault(
      "JOB_ID_TAKEN",
      `Run id ${runId} was used for another plan, and a run id is started at most once; choose a new one. (plan ${created.plan_hash ?? "none"}, asked ${hash})`,
    );
  }

  #requireRoom(): void {
    const { disk, admission, maxActiveRuns = LIMITS.activeRuns } = this.#options;
    if (admission === "contract") throw notAdmitted([ONLY_CONTRACTS]);
    if (this.#draining)
      throw new Fault("DRAINING", "The server is stopping and takes no new runs; try another one, or later.");
    disk?.requireRoom();
    if (this.#live.active < maxActiveRuns) return;
    throw new Fault(
      "LIMIT_EXCEEDED",
      `${maxActiveRuns} runs are driven already, which is the limit; try again when one has ended.`,
    );
  }

  get #drives(): boolean {
    return this.#options.drives !== false;
  }

  #planRun(run: { runId: string; planHash: string; state: RunState; size: number }): PlanRun {
    const { store, clock, machine, health, handed, chance, checkpoints } = this.#options;
    return new PlanRun({
      ...run,
      store,
      clock,
      machine,
      chance,
      slots: this.#slots,
      drives: this.#drives,
      ...(health !== undefined && { health }),
      ...(handed !== undefined && { handed }),
      ...(checkpoints !== undefined && { checkpoints: new RunCheckpoints(run.runId, { ...checkpoints, clock }) }),
      onRest: (rested) => this.#live.drop(rested),
    });
  }

  async #load(runId: string): Promise<PlanRun> {
    const { store, clock } = this.#options;
    await this.#allGivenUp(); // what is just being given up cannot be claimed
    await holdRun(store, runId, clock);
    const run = this.#planRun(await loadRun(store, runId, { verify: true }));
    if (this.#drives) run.attach();
    return run;
  }

  /** What rests is nobody's; what has to be begun later stays with whoever begins it. */
  #letGo(run: PlanRun): void {
    const { store, onWaits } = this.#options;
    if (this.#delays.has(run.runId)) return;
    const given = letGoOfRun(store, run)
      .catch((error: unknown) => onWaits?.(run.runId, error)) // its lease ends by itself
      .finally(() => this.#givenUp.delete(given));
    this.#givenUp.add(given);
  }

  async get(runId: string): Promise<RunView> {
    const live = this.#live.get(runId);
    if (live !== undefined) return await durableView(live);
    return runView(await loadRun(this.#options.store, runId, { verify: false }));
  }

  async resume(runId: string, options: ResumeOptions): Promise<ResumedRun> {
    const report = options.plan && this.validate(options.plan);
    if (report !== undefined && report.violations.length > 0) throw invalidPlan(report);
    return await this.#live.with(runId, async (run) => {
      this.#requireRoom();
      const planHash = report?.planHash ?? options.planHash;
      const { drafts, pending, left } = resumeDrafts(run, { ...options, planHash, at: this.#options.clock.now() });
      this.#adopt(runId);
      await run.tell(drafts);
      return { runId, pending, left };
    });
  }

  async #allGivenUp(): Promise<void> {
    await Promise.all(this.#givenUp);
  }

  readonly isHere = (runId: string): boolean => this.#live.has(runId);

  awaitStart(runId: string, startAfter: string): void {
    this.#delays.add(runId, startAfter);
  }

  async takeUp(runId: string): Promise<void> {
    const { store } = this.#options;
    if (store.epochOf(runId) === undefined) return;
    try {
      this.#requireRoom();
    } catch (error) {
      await store.release(runId);
      throw error;
    }
    await this.#live.with(runId, async () => undefined);
  }

  /** The time of a delayed run has come. Somebody may have said something of it in the meantime. */
  async #begin(runId: string): Promise<void> {
    this.#requireRoom();
    await this.#live.with(runId, async (run) => {
      if (run.state.status !== "blocked" || run.state.blockCause !== "delayed") return;
      const said = { at: this.#options.clock.now(), actor: ENGINE, reason: "its time has come" };
      await run.tell([stateChanged("executing", said)]);
    });
  }

  async cancel(runId: string, { actor, reason }: Asked): Promise<RunView> {
    return await this.#live.with(runId, async (run) => {
      const { status } = run.state;
      if (status !== "executing" && status !== "blocked" && status !== "rolling_back")
        throw new Fault("RUN_ENDED", `Run ${runId} has ended: it is ${status}.`);
      run.stop({ kind: "cancel", cancelledBy: actor, reason }, { abort: true });
      await run.rest();
      return await durableView(run);
    });
  }

  async approve(about: AboutJob): Promise<RunView> {
    return await this.#atGate(about, "gate.approved");
  }

  async reject(about: AboutJob): Promise<RunView> {
    return await this.#atGate(about, "gate.rejected");
  }

  async #atGate(about: AboutJob, event: "gate.approved" | "gate.rejected"): Promise<RunView> {
    const driven = this.#live.get(about.runId) !== undefined || this.#own.has(about.runId) || this.#options.drivesOn;
    return await this.#live.with(about.runId, async (run) => {
      requireGate(run, about);
      const { jobKey: key, actor, reason } = about;
      const at = this.#options.clock.now();
      const data = { plan_hash: run.planHash };
      const attempt = Math.max(0, run.state.job(key).attempt);
      const word = aboutJob(event, { key, said: { at, actor, reason }, attempt, data });
      const goesOn = run.state.status === "blocked" && driven && this.#drives && !this.#draining;
      await run.tell(goesOn ? goesOnDrafts(run.state, { word, at, reason: `${key}: ${event.slice(5)}` }) : [word]);
      return await durableView(run);
    });
  }

  async markSucceeded(about: AboutJob): Promise<RunView> {
    return await this.#override(about, "succeeded");
  }

  async overrideGate(about: AboutJob): Promise<RunView> {
    return await this.#override(about, "hard_gate");
  }

  async #override(about: AboutJob, status: "succeeded" | "hard_gate"): Promise<RunView> {
    return await this.#live.with(about.runId, async (run) => {
      if (status === "succeeded") requireMarkable(run, about);
      else requireOverridable(run, about);
      const { jobKey, actor, reason } = about;
      const said = { at: this.#options.clock.now(), actor, reason };
      const applied: RecordDraft = { event_type: "run.override_applied", ...common(said), job_key: jobKey, status };
      const reopened = run.state.status === "failed";
      await run.tell([
        ...(reopened ? [{ event_type: "run.resumed" as const, ...common(said) }] : []),
        applied,
        ...(reopened ? [blocked("reopened", { ...said, actor: ENGINE, reason: "opened again; resume it" })] : []),
      ]);
      return await durableView(run);
    });
  }

  async rollback(runId: string, { actor, reason }: Asked): Promise<RunView> {
    return await this.#live.with(runId, async (run) => {
      this.#requireRoom();
      requireRollback(run);
      const said = { at: this.#options.clock.now(), actor, reason };
      await run.tell([{ event_type: "run.resumed", ...common(said), status: "rolling_back" }]);
      return await durableView(run);
    });
  }

  abandon(runId: string): void {
    this.#live.get(runId)?.abort({ cancelledBy: ENGINE, reason: "another process has taken the run over" });
  }

  #stopAll(reason: string): void {
    for (const run of this.#live.all()) run.stop({ kind: "drain", reason }, { abort: true });
  }

  async drain({ graceMs }: { readonly graceMs: number }): Promise<void> {
    this.#draining = true;
    this.#delays.close();
    const runs = this.#live.all();
    for (const run of runs) run.stop({ kind: "drain", reason: "the server was stopped" }, { abort: false });
    const reason = `the server stopped and waited ${graceMs / 1000} s for it`;
    for (const run of runs) if (run.isAtWorkers) run.abort({ cancelledBy: ENGINE, reason });
    const disarm = this.#options.clock.after(graceMs, () => {
      for (const run of runs) run.abort({ cancelledBy: ENGINE, reason });
    });
    await Promise.allSettled(runs.map((run) => run.rest()));
    disarm();
    await this.#allGivenUp();
  }
}

const ONLY_CONTRACTS = {
  field: "plan",
  description:
    "would be run without a contract, and this server runs only what a contract has approved (its configuration says `governance: required`); submit a request instead",
};

/** What is true of a run now, told when it is durable. */
async function durableView(run: PlanRun): Promise<RunView> {
  const view = runView(run);
  await run.durable();
  return view;
}

/** The fault that lists all that is wrong with a plan. */
function invalidPlan({ violations, plan }: PlanReport): Fault {
  const list = violations.slice(0, 3).map(({ field, description }) => `${field} ${description}`);
  const more = violations.length > list.length ? `; and ${violations.length - list.length} more` : "";
  return new Fault("INVALID_REQUEST", `The plan ${plan.name} is not valid: ${list.join("; ")}${more}.`, { violations });
}

function ignore(): void {
  // whoever asked is told
}
