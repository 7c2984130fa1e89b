import type { StepType } from "#effects";
import { RunCheckpoints } from "#evidence";
import type { CheckpointOptions, EvidenceStore, PlanDocument, RecordDraft } from "#evidence";
import type { HealthObserver } from "#health";
import type { AdmittedJob, Cancellation, Clock, ExecutionResult, Job, Violation } from "#model";
import { Fault, jobViolations, LIMITS } from "#model";
import { closeInterruptedRun, declarePlan, firstRecord, invalidRequest, openingOf, recordedJob, runJob } from "#worker";
import type { DisclosureKeeper } from "#worker";
import type { JobAuthority } from "./contracts/authority.ts";
import type { DiskGuard } from "./disk-guard.ts";
import { heldBytes } from "./held-bytes.ts";
import type { HandedJobs } from "./handed-jobs.ts";
import type { JobRunner, JobView, SubmitOptions, SubmittedJob } from "./job-runner.ts";
import { Machine, notAdmitted } from "./machine.ts";

/** What a runner is made of. */
export interface JobRunnerOptions {
  readonly store: EvidenceStore;
  readonly clock: Clock;
  readonly stepTypes: readonly StepType[];
  readonly health?: HealthObserver;
  /** What signs checkpoints within the logs; absent = there are none. */
  readonly checkpoints?: Omit<CheckpointOptions, "clock">;
  /** For step types with sensitive fields; without it such a step fails. */
  readonly disclosures?: DisclosureKeeper;
  /** Jobs that may run at the same time; more are refused with LIMIT_EXCEEDED. */
  readonly maxActiveJobs: number;
  /** Bytes that they may hold together, as `held-bytes.ts` counts; default `LIMITS.heldJobBytes`. */
  readonly maxHeldBytes?: number;
  /** Asked before the job of a contract starts; absent = there are no contracts. */
  readonly authority?: JobAuthority;
  /** Whether whoever reaches the server may have jobs run, or only contracts. Default `open`. */
  readonly admission?: "open" | "contract";
  /** Looks ahead to a full disk; absent = it is met by the first failed write. */
  readonly disk?: DiskGuard;
  /** Whether other processes run jobs over the same store. Default false. */
  readonly elsewhere?: boolean;
  /** What hands jobs over to workers; absent = each is performed in this process. */
  readonly handed?: HandedJobs;
  /** Told of refusals, for the log of the process. */
  readonly onRefused?: (jobId: string, reasons: readonly Violation[]) => void;
}

interface ActiveJob {
  readonly planHash: string;
  /** Stops it: aborted with a `Cancellation` if it is performed in this process. */
  readonly abort: AbortController;
  /** Aborted when its end is not waited for here any more; undefined = it is performed in this process. */
  readonly leave: AbortController | undefined;
  readonly accepted: Promise<void>;
  readonly result: Promise<ExecutionResult>;
}

/** A job that is about to start. */
interface Starting {
  readonly job: Job;
  readonly plan: PlanDocument;
  readonly machine: Machine;
  readonly options: SubmitOptions;
}

/** What a job is started with. */
interface Start {
  readonly job: AdmittedJob;
  readonly machine: Machine;
  readonly opening: () => Promise<readonly RecordDraft[]>;
  /** Called when its acceptance is durable. */
  readonly onAccepted: () => void;
  readonly claim: Claim;
}

/** Whether the log under a job id is written to here: if not, it belongs to whoever does. */
interface Claim {
  readonly jobId: string;
  /** Bytes that its job holds. */
  readonly held: number;
  ours: boolean;
}

const NO_AUTHORITY: JobAuthority = {
  grant: async () => ({
    verdict: "REFUSED",
    reasons: [{ field: "contract_id", description: "is of no contract: there are none on this server" }],
  }),
};

/** Makes the runner of direct jobs. */
export function createJobRunner(options: JobRunnerOptions): JobRunner {
  return new DirectJobRunner(options);
}

class DirectJobRunner implements JobRunner {
  readonly stepTypes: readonly StepType[];
  readonly #options: JobRunnerOptions;
  readonly #machine: Machine;
  readonly #active = new Map<string, ActiveJob>();
  #heldBytes = 0;
  #draining = false;
  /** Aborted when nothing that happens elsewhere is waited for any more. */
  readonly #leaving = new AbortController();

  constructor(options: JobRunnerOptions) {
    this.#options = options;
    this.#machine = new Machine(options);
    this.stepTypes = this.#machine.stepTypes;
    options.disk?.addStopper((why) => this.#stopAll(why));
  }

  async submit(job: Job, options: SubmitOptions = {}): Promise<SubmittedJob> {
    const violations = jobViolations(job);
    if (violations.length > 0) throw invalidRequest(violations);
    const plan = declarePlan(job);
    const recorded = this.#active.has(job.jobId) ? undefined : await this.#attachToRecorded(job, plan);
    if (recorded !== undefined) return recorded;
    const machine = this.#active.has(job.jobId) ? this.#machine : await this.#machineFor(job, plan, options);
    const active = this.#active.get(job.jobId); // it may have been accepted while the store was asked
    return active === undefined ? await this.#start({ job, plan, machine, options }) : await attach(job, plan, active);
  }

  /** The machine that a job gets: with all handlers, or with those that its contract grants. */
  async #machineFor(job: Job, { hash }: PlanDocument, options: SubmitOptions): Promise<Machine> {
    const { authority = NO_AUTHORITY, onRefused } = this.#options;
    const { only } = options;
    if (!this.#needsContract(options)) return only === undefined ? this.#machine : this.#machine.only(only);
    const grant = await authority.grant(job, hash);
    if (grant.verdict === "GRANTED") return this.#machine.only(new Set(grant.stepTypes));
    onRefused?.(job.jobId, grant.reasons);
    throw notAdmitted(grant.reasons);
  }

  /** Whether a job may only start with what a contract grants. */
  #needsContract({ lastWord = false, ofContract = false }: SubmitOptions): boolean {
    return !lastWord && (this.#options.admission === "contract" || ofContract);
  }

  async #attachToRecorded({ jobId }: Job, plan: PlanDocument): Promise<SubmittedJob | undefined> {
    const created = await firstRecord(this.#options.store, jobId);
    if (created === undefined || this.#active.has(jobId)) return undefined;
    requireSameRequest(jobId, created.plan_hash, plan.hash);
    const { store, handed, elsewhere } = this.#options;
    if ((await store.head(jobId))?.completed === true) return endedBefore(store, jobId);
    if (handed !== undefined) return this.#following(jobId, handed);
    throw elsewhere === true ? runsElsewhere(jobId) : unfinished(jobId);
  }

  /** A job that is performed in another process. Its end is only waited for if somebody asks for it. */
  #following(jobId: string, handed: HandedJobs): SubmittedJob {
    const leave = this.#leaving.signal;
    let result: Promise<ExecutionResult> | undefined;
    return {
      jobId,
      runId: jobId,
      attached: true,
      ended: false,
      get result() {
        return (result ??= handed.result(jobId, { leave }));
      },
    };
  }

  async #start({ job, plan, machine, options }: Starting): Promise<SubmittedJob> {
    const held = heldBytes(job);
    if (options.lastWord !== true) this.#requireOpen();
    this.#requireRoom(held);
    const admitted = machine.admit(job);
    this.#heldBytes += held;
    const accepted = Promise.withResolvers<void>();
    const claim: Claim = { jobId: job.jobId, held, ours: false };
    const { handed } = this.#options;
    const handsOver = handed?.handsOver === true;
    const admission = this.#needsContract(options) ? "contract" : "open";
    const opening = (): Promise<readonly RecordDraft[]> => this.#opening(admitted, { plan, admission, handsOver });
    const start: Start = { job: admitted, machine, opening, onAccepted: () => accepted.resolve(), claim };
    const [abort, leave] = [new AbortController(), handsOver ? new AbortController() : undefined];
    const running =
      handsOver && leave ? this.#handOver(start, handed, leave.signal) : this.#perform(start, abort.signal);
    const result = this.#drive(running, claim);
    result.catch(accepted.reject); // also: a failure that nobody waits for is not an unhandled rejection
    this.#active.set(job.jobId, { planHash: plan.hash, abort, leave, accepted: accepted.promise, result });
    this.#tellDisk();
    await accepted.promise;
    return { jobId: job.jobId, runId: job.jobId, attached: false, ended: false, result };
  }

  /** Performs a job in this process. */
  #perform({ job, machine, opening, onAccepted, claim }: Start, signal: AbortSignal): Promise<ExecutionResult> {
    const { store, clock, health, checkpoints } = this.#options;
    const execution = machine.executor.executeJob(job, { clock, signal, ...(health !== undefined && { health }) });
    const onStored = (): void => {
      claim.ours = true;
      onAccepted();
    };
    const run = { execution, opening: opening(), store, onAccepted: onStored };
    const points = checkpoints && new RunCheckpoints(job.jobId, { ...checkpoints, clock });
    return runJob(job.jobId, points ? { ...run, checkpoints: points } : run);
  }

  /** Hands a job over, and waits for what becomes of it. */
  async #handOver(
    { job, opening, onAccepted }: Start,
    handed: HandedJobs,
    leave: AbortSignal,
  ): Promise<ExecutionResult> {
    await handed.begin(job.jobId, { opening, isNew: true, onOpened: onAccepted });
    return await handed.result(job.jobId, { leave });
  }

  #opening(
    job: Job,
    {
      plan,
      admission,
      handsOver,
    }: { readonly plan: PlanDocument; readonly admission: "open" | "contract"; readonly handsOver: boolean },
  ): Promise<readonly RecordDraft[]> {
    const { store, clock } = this.#options;
    const executorVersion = this.#machine.executor.version;
    return openingOf(job, { store, clock, plan, executorVersion, admission, handedOver: handsOver });
  }

  #requireOpen(): void {
    if (this.#draining)
      throw new Fault("DRAINING", "The server is stopping and takes no new jobs; try another one, or later.");
  }

  #requireRoom(held: number): void {
    const { maxActiveJobs, maxHeldBytes = LIMITS.heldJobBytes, disk } = this.#options;
    disk?.requireRoom();
    if (this.#active.size >= maxActiveJobs) {
      throw new Fault(
        "LIMIT_EXCEEDED",
        `${maxActiveJobs} jobs run already, which is the limit; try again when one has ended.`,
      );
    }
    if (this.#heldBytes + held > maxHeldBytes) {
      throw new Fault(
        "LIMIT_EXCEEDED",
        `The jobs that run hold ${mebibytes(this.#heldBytes)} MiB of memory and this one would hold ${mebibytes(held)} MiB; together at most ${mebibytes(maxHeldBytes)} MiB are allowed. Try again when one has ended.`,
      );
    }
  }

  async #drive(running: Promise<ExecutionResult>, claim: Claim): Promise<ExecutionResult> {
    try {
      return await running;
    } catch (error) {
      if (claim.ours && !isFenced(error)) await this.#closeBroken(claim.jobId);
      throw error;
    } finally {
      this.#active.delete(claim.jobId);
      this.#heldBytes -= claim.held;
      this.#tellDisk();
    }
  }

  #tellDisk(): void {
    this.#options.disk?.setBusy(this, this.#active.size > 0);
  }

  #stopAll(reason: string): void {
    for (const active of this.#active.values()) active.abort.abort({ cancelledBy: "server", reason });
  }

  /** A run that broke off for a reason other than its store is closed at once, as a restart would close it. */
  async #closeBroken(jobId: string): Promise<void> {
    const { store, clock } = this.#options;
    const head = store.halted === undefined ? await store.head(jobId) : undefined;
    if (head !== undefined && !head.completed) await closeInterruptedRun(store, head, { clock });
  }

  async get(jobId: string): Promise<JobView> {
    const { store } = this.#options;
    const head = await store.head(jobId);
    if (head === undefined) throw notFound(jobId);
    const log = { jobId, logSize: head.size, logHead: head.hash };
    if (!head.completed) return { ...log, status: "RUNNING" };
    const { status, result } = await recordedJob(store, jobId);
    return { ...log, status, ...(result !== undefined && { result }) };
  }

  async cancel(jobId: string, cancellation: Cancellation): Promise<ExecutionResult> {
    const active = this.#active.get(jobId);
    const { handed } = this.#options;
    if (active?.leave === undefined && active !== undefined) {
      active.abort.abort(cancellation);
      return await active.result;
    }
    await active?.accepted;
    const { status } = await this.get(jobId);
    if (handed !== undefined && status === "RUNNING") {
      await handed.stop(jobId, cancellation);
      return await handed.result(jobId, { leave: this.#leaving.signal });
    }
    throw new Fault("RUN_ENDED", `Job ${jobId} is not running here: it is ${status}.`);
  }

  abandon(jobId: string): void {
    this.#active.get(jobId)?.abort.abort({ cancelledBy: "server", reason: "another process has taken its run over" });
  }

  async drain({ graceMs }: { readonly graceMs: number }): Promise<void> {
    this.#draining = true;
    const results = [...this.#active.values()].map((active) => active.result);
    const reason = `the server stopped and waited ${graceMs / 1000} s for it`;
    const disarm = this.#options.clock.after(graceMs, () => {
      this.#stopAll(reason);
      for (const { leave } of this.#active.values()) leave?.abort();
      this.#leaving.abort();
    });
    await Promise.allSettled(results);
    disarm();
    this.#leaving.abort();
  }
}

async function attach({ jobId }: Job, plan: PlanDocument, active: ActiveJob): Promise<SubmittedJob> {
  requireSameRequest(jobId, active.planHash, plan.hash);
  await active.accepted;
  return { jobId, runId: jobId, attached: true, ended: false, result: active.result };
}

function endedBefore(store: EvidenceStore, jobId: string): SubmittedJob {
  return {
    jobId,
    runId: jobId,
    attached: true,
    ended: true,
    get result() {
      return recordedJob(store, jobId).then(({ result }) => result ?? Promise.reject(unfinished(jobId)));
    },
  };
}

function isFenced(error: unknown): boolean {
  return error instanceof Fault && error.code === "RUN_FENCED";
}

function requireSameRequest(jobId: string, recordedHash: string | undefined, askedHash: string): void {
  if (recordedHash === askedHash) return;
  throw new Fault(
    "JOB_ID_TAKEN",
    `Job id ${jobId} was used for another request, and a job id is executed at most once; choose a new job id. (plan ${recordedHash}, asked ${askedHash})`,
  );
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

function notFound(jobId: string): Fault {
  return new Fault("RUN_NOT_FOUND", `There is no job ${jobId}.`);
}

function runsElsewhere(jobId: string): Fault {
  const text = `Job ${jobId} is run by another process that uses the same store, or was until it ended; watch its records, and ask again when it has ended.`;
  return new Fault("RUN_ACTIVE", text);
}

function unfinished(jobId: string): Fault {
  return new Fault(
    "STORE_HALTED",
    `Job ${jobId} was cut off by a failed write; the next start says what is known of it.`,
  );
}
