import type { EvidenceStore, RecordDraft, RunCheckpoints } from "#evidence";
import type { HealthObserver } from "#health";
import type { Cancellation, Clock, PlannedStep } from "#model";
import type { HandedJobs } from "../handed-jobs.ts";
import type { Machine } from "../machine.ts";
import { artifactsOf, exitCodeOf, isRefusal, refusedAttempt } from "./attempt.ts";
import { endOfAttempt } from "./end-of-attempt.ts";
import type { EndedAttempt } from "./attempt.ts";
import { attemptJobId, attemptKind, attemptLogId, recordKey } from "./attempt-names.ts";
import type { AttemptKind } from "./attempt-names.ts";
import type { ConcurrencySlots } from "./concurrency-slots.ts";
import { LiveAttempts } from "./live-attempts.ts";
import type { LiveAttempt } from "./live-attempts.ts";
import { nextMoves } from "./next-moves.ts";
import type { Move } from "./next-moves.ts";
import { RunLog } from "./run-log.ts";
import { aboutJob, blocked, ENGINE, jobStarted, runCompleted } from "./run-records.ts";
import type { AttemptNames, Said } from "./run-records.ts";
import type { JobState } from "./job-state.ts";
import type { RunState, Stop } from "./run-state.ts";

/** What runs share. */
export interface RunSurroundings {
  readonly store: EvidenceStore;
  readonly clock: Clock;
  readonly machine: Machine;
  readonly slots: ConcurrencySlots;
  readonly health?: HealthObserver;
  /** What hands attempts over to workers; absent = each is performed in this process. */
  readonly handed?: HandedJobs;
  /** In [0, 1). */
  readonly chance: () => number;
}

/** What one run is made with. */
export interface PlanRunOptions extends RunSurroundings {
  readonly runId: string;
  readonly planHash: string;
  /** The state as its log tells it. */
  readonly state: RunState;
  /** Records in its log. */
  readonly size: number;
  readonly checkpoints?: RunCheckpoints;
  /** Whether this process drives it: if not, only what was said is recorded, and of what follows only a cancellation. Default true. */
  readonly drives?: boolean;
  /** Told when the run rests: it has ended or is blocked, and all is durable; or its store has halted. Must not throw. */
  readonly onRest: (run: PlanRun) => void;
}

/**
 * Drives one run: carries out what `nextMoves` decides, and records it. Nothing is decided here but retries, and those by a
 * function of their own; what is true of the run is what its records say.
 */
export class PlanRun {
  readonly runId: string;
  readonly planHash: string;
  readonly state: RunState;
  readonly #options: PlanRunOptions;
  readonly #log: RunLog;
  readonly #attempts: LiveAttempts;
  readonly #timers = new Map<string, () => void>();
  #attached = false;
  #broken: unknown;
  #rests = quietResolvers();

  constructor(options: PlanRunOptions) {
    const { runId, planHash, state, store, size, checkpoints } = options;
    this.runId = runId;
    this.planHash = planHash;
    this.state = state;
    this.#options = options;
    this.#attempts = new LiveAttempts(options);
    this.#log = new RunLog({ store, runId, size, ...(checkpoints !== undefined && { checkpoints }) });
  }

  /** Whether nothing can happen without somebody from outside. */
  get atRest(): boolean {
    const { status, running } = this.state;
    return running.size === 0 && status !== "executing" && status !== "rolling_back";
  }

  /** Whether nothing is left to do here and all of it is durable: whoever reads its log knows as much as this object. */
  get settled(): boolean {
    return (this.atRest || !this.#isDriven) && this.#log.idle;
  }

  get #isDriven(): boolean {
    return this.#options.drives !== false || this.state.stop?.kind === "cancel";
  }

  /** Resolves when everything that is true of the run by now is durable. @throws {Fault} STORE_HALTED */
  async durable(): Promise<void> {
    await this.#log.flushed();
    if (this.#broken !== undefined) throw this.#broken;
  }

  /** Whether its records could not be stored. */
  get broken(): boolean {
    return this.#broken !== undefined;
  }

  /** Resolves when the run rests, with all of it durable. Rejects if its store has halted. */
  async rest(): Promise<void> {
    if (!this.atRest && this.#broken === undefined) await this.#rests.promise;
    await this.durable();
  }

  /** Records something that was said from outside, and goes on with what follows. Resolves when it is durable. */
  async tell(drafts: readonly RecordDraft[]): Promise<void> {
    const durable = this.#emit(drafts);
    this.#moveOn();
    await durable;
  }

  /** Looks whether something can be done now. */
  kick(): void {
    this.#moveOn();
  }

  /** Starts nothing more. `abort` also stops what runs; what workers perform only somebody's word stops. */
  stop(stop: Stop, { abort }: { readonly abort: boolean }): void {
    if (this.state.stop?.kind !== "cancel") this.state.stop = stop;
    if (stop.kind === "cancel" && this.#options.drives === false) this.attach(); // what workers perform is to hear of it
    if (abort && stop.kind === "cancel") this.#attempts.cancel({ cancelledBy: stop.cancelledBy, reason: stop.reason });
    if (abort) this.#attempts.cancelHere({ cancelledBy: ENGINE, reason: stop.reason });
    this.#moveOn();
  }

  /** Stops what runs in this process, and leaves to the workers what they perform. */
  abort(cancellation: Cancellation): void {
    this.#attempts.cancelHere(cancellation);
    this.#attempts.leave();
  }

  /** Whether it waits for workers alone: then another process may go on with it at any time. */
  get isAtWorkers(): boolean {
    return this.#attempts.allElsewhere;
  }

  /** Goes on with what a process before this one was driving: follows the attempts that workers perform. Of effect once. */
  attach(): void {
    if (this.#attached) return;
    this.#attached = true;
    for (const key of this.state.running) this.#follow(key);
    for (const key of this.state.delayed.keys()) if (!this.#timers.has(key)) this.#wait(key);
  }

  #follow(key: string): void {
    const { key: jobKey, kind } = attemptKind(key);
    const job = this.state.job(jobKey);
    const known = kind === "job" ? job : this.state.auxiliary.get(key);
    if (known?.logId === undefined) return;
    const { attempt, logId, stepRecords } = known;
    const names: AttemptNames = { recordKey: key, attempt, jobId: attemptJobId(this.runId, key, attempt) };
    if (kind === "job" && job.job.concurrency !== undefined) this.#options.slots.occupy(job.job.concurrency);
    const steps = stepsOf(job, kind).slice(kind === "job" ? job.stepsDone : 0); // asked for only if nothing was begun
    this.#begin(job, { kind, names, steps, logId, stepRecords, announced: Promise.resolve() });
  }

  #moveOn(): void {
    if (this.#broken !== undefined || !this.#isDriven) return;
    const facts = { mayStart: (job: JobState) => this.#takeSlot(job) };
    for (let moves = nextMoves(this.state, facts); moves.length > 0; moves = nextMoves(this.state, facts)) {
      const drafts: RecordDraft[] = [];
      const begins: Begin[] = [];
      for (const move of moves) this.#carryOut(move, drafts, begins);
      const durable = this.#emit(drafts);
      durable.catch(ignore); // whoever waits is told by #break
      for (const begin of begins) begin(durable);
    }
  }

  #takeSlot({ job }: JobState): boolean {
    return job.concurrency === undefined || this.#options.slots.take(job.concurrency);
  }

  #carryOut(move: Move, drafts: RecordDraft[], begins: Begin[]): void {
    const said = this.#said("reason" in move ? move.reason : undefined);
    switch (move.kind) {
      case "start":
      case "compensate":
      case "probe": {
        const { draft, begin } = this.#start(move.job, move.kind === "start" ? "job" : move.kind);
        drafts.push(draft);
        begins.push(begin);
        return;
      }
      case "open_gate":
        drafts.push(
          aboutJob("gate.opened", { key: move.job.job.key, said: this.#said("a manual gate stands before it") }),
        );
        return;
      case "skip":
        drafts.push(aboutJob("job.skipped", { key: move.job.job.key, said, attempt: Math.max(0, move.job.attempt) }));
        return;
      case "block":
        drafts.push(blocked(move.cause, said));
        return;
      case "complete":
        drafts.push(runCompleted(move.status, said));
    }
  }

  #start(job: JobState, kind: AttemptKind): { readonly draft: RecordDraft; readonly begin: Begin } {
    const key = recordKey(job.job.key, kind);
    const last = kind === "job" ? job.attempt : (this.state.auxiliary.get(key)?.attempt ?? -1);
    const attempt = last + 1;
    const names: AttemptNames = { recordKey: key, attempt, jobId: attemptJobId(this.runId, key, attempt) };
    const firstStep = kind === "job" ? job.stepsDone : 0;
    const steps = stepsOf(job, kind).slice(firstStep);
    const logId = this.#options.handed?.handsOver === true ? attemptLogId(names.jobId) : undefined;
    const draft = jobStarted(names, { said: this.#said(), steps: steps.length, firstStep, logId });
    const begin: Begin = (announced) => this.#begin(job, { kind, names, steps, logId, stepRecords: 0, announced });
    return { draft, begin };
  }

  #begin(job: JobState, attempt: Beginning): void {
    const give = this.#giveOnce(job, attempt.kind);
    this.#attempt(job, attempt, give).catch((error: unknown) => {
      this.#break(error);
      give();
    });
  }

  /** Gives the slot of a job back, however its attempt ends. */
  #giveOnce({ job: { concurrency } }: JobState, kind: AttemptKind): () => void {
    let isTaken = kind === "job" && concurrency !== undefined;
    return () => {
      if (isTaken && concurrency !== undefined) this.#options.slots.give(concurrency);
      isTaken = false;
    };
  }

  async #attempt(job: JobState, { kind, ...attempt }: Beginning, give: () => void): Promise<void> {
    const { plan, submittedBy } = this.state;
    const { names } = attempt;
    let ended: EndedAttempt;
    try {
      ended = await this.#attempts.perform({
        ...attempt,
        contractId: plan.contractId,
        executedBy: submittedBy,
        timeoutSeconds: kind === "job" ? job.job.timeoutSeconds : undefined,
        recovery: kind === "job" ? job.job.recovery : undefined,
        write: (drafts) => this.#emit(drafts),
      });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      ended = refusedAttempt(error, names, { plan, submittedBy, at: this.#options.clock.now() });
    }
    await this.#attemptEnded(job, { kind, names, ended, give });
  }

  async #attemptEnded(job: JobState, { kind, names, ended, give }: Ended): Promise<void> {
    const { result, unwritten, interrupted = false } = ended;
    const { store, clock, chance } = this.#options;
    const drafts = endOfAttempt(job, {
      kind,
      names,
      result,
      exitCode: await exitCodeOf(result, store),
      artifacts: kind === "job" ? await artifactsOf(result, store) : [],
      interrupted,
      stop: this.state.stop,
      stopped: this.state.stoppedBy !== undefined,
      chance: chance(),
      at: clock.now(),
    });
    drafts.unshift(...unwritten);
    const durable = this.#emit(drafts);
    give();
    this.#moveOn();
    await durable;
  }

  /** The state first, so that nothing is decided twice; whoever needs it durable waits. */
  #emit(drafts: readonly RecordDraft[]): Promise<void> {
    if (drafts.length === 0) return Promise.resolve();
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    const rested = this.atRest;
    for (const draft of drafts) {
      this.state.apply(draft);
      if (draft.event_type === "job.retried" && draft.job_key !== undefined) this.#wait(draft.job_key);
    }
    if (rested && !this.atRest) this.#awake();
    const durable = this.#log.append(drafts);
    durable.then(
      () => this.#restIfDone(),
      (error: unknown) => this.#break(error),
    );
    return durable;
  }

  /** What a process before this one, or this one before it rested, had scheduled is scheduled again. */
  #awake(): void {
    this.#rests = quietResolvers();
    for (const key of this.state.delayed.keys()) if (!this.#timers.has(key)) this.#wait(key);
  }

  #wait(key: string): void {
    const delay = this.state.delayed.get(key) ?? 0;
    const disarm = this.#options.clock.after(delay, () => {
      this.#timers.delete(key);
      this.state.release(key);
      this.#moveOn();
    });
    this.#timers.get(key)?.();
    this.#timers.set(key, disarm);
  }

  #restIfDone(): void {
    if (!this.atRest) return;
    this.#disarm();
    this.#log
      .flushed()
      .then(() => {
        if (!this.atRest) return;
        this.#rests.resolve();
        this.#options.onRest(this);
      })
      .catch(ignore);
  }

  /** A record could not be stored: nothing more is started, and the next start says what is known. */
  #break(error: unknown): void {
    if (this.#broken !== undefined) return;
    this.#broken = error;
    this.#disarm();
    this.abort({ cancelledBy: ENGINE, reason: "its evidence could not be stored" });
    this.#rests.reject(error);
    this.#options.onRest(this);
  }

  #disarm(): void {
    for (const disarm of this.#timers.values()) disarm();
    this.#timers.clear();
  }

  #said(reason?: string): Said {
    return { at: this.#options.clock.now(), actor: ENGINE, reason };
  }
}

/** Begins what was announced; it is told when that is durable. */
type Begin = (announced: Promise<void>) => void;

/** What an attempt begins with, or is followed with. */
interface Beginning extends Pick<LiveAttempt, "names" | "steps" | "logId" | "stepRecords" | "announced"> {
  readonly kind: AttemptKind;
}

/** How an attempt has ended. */
interface Ended {
  readonly kind: AttemptKind;
  readonly names: AttemptNames;
  readonly ended: EndedAttempt;
  readonly give: () => void;
}

function stepsOf({ job }: JobState, kind: AttemptKind): readonly PlannedStep[] {
  if (kind === "job") return job.steps;
  return kind === "probe" ? job.probe : job.compensate;
}

/** A promise that nobody has to wait for. */
function quietResolvers(): PromiseWithResolvers<void> {
  const resolvers = Promise.withResolvers<void>();
  resolvers.promise.catch(ignore);
  return resolvers;
}

function ignore(): void {
  // whoever waits is told otherwise
}
