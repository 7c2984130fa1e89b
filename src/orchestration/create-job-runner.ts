import type { StepType } from "#effects";
import { RunCheckpoints } from "#evidence";
import type { CheckpointOptions, EvidenceStore, PlanDocument, RecordDraft } from "#evidence";
import type { HealthObserver } from "#health";
import type { Cancellation, Clock, ExecutionResult, Job, Json, Violation } from "#model";
import { Fault, jobViolations, LIMITS } from "#model";
import {
  closeInterruptedRun,
  declarePlan,
  firstRecord,
  invalidRequest,
  openingRecords,
  recordedJob,
  runJob,
  spilledText,
} from "#worker";
import type { DisclosureKeeper } from "#worker";
import type { JobAuthority } from "./contracts/authority.ts";
import type { DiskGuard } from "./disk-guard.ts";
import { heldBytes } from "./held-bytes.ts";
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
  /** Told of refusals, for the log of the process. */
  readonly onRefused?: (jobId: string, reasons: readonly Violation[]) => void;
}

interface ActiveJob {
  readonly planHash: string;
  readonly abort: AbortController;
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

/** Whether the log under a job id was opened here: if not, it belongs to whoever did. */
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
    if ((await this.#options.store.head(jobId))?.completed !== true)
      throw this.#options.elsewhere === true ? runsElsewhere(jobId) : unfinished(jobId);
    return endedBefore(this.#options.store, jobId);
  }

  async #start({ job, plan, machine, options }: Starting): Promise<SubmittedJob> {
    const held = heldBytes(job);
    if (options.lastWord !== true) this.#requireOpen();
    this.#requireRoom(held);
    const admitted = machine.admit(job);
    this.#heldBytes += held;
    const accepted = Promise.withResolvers<void>();
    const claim: Claim = { jobId: job.jobId, held, ours: false };
    const onAccepted = (): void => {
      claim.ours = true;
      accepted.resolve();
    };
    const abort = new AbortController();
    const { store, clock, health, checkpoints } = this.#options;
    const surroundings = { clock, signal: abort.signal, ...(health !== undefined && { health }) };
    const execution = machine.executor.executeJob(admitted, surroundings);
    const opening = this.#opening(admitted, plan, this.#needsContract(options) ? "contract" : "open");
    const run = { execution, opening, store, onAccepted };
    const points = checkpoints && new RunCheckpoints(job.jobId, { ...checkpoints, clock });
    const result = this.#drive(runJob(job.jobId, points ? { ...run, checkpoints: points } : run), claim);
    result.catch(accepted.reject); // also: a failure that nobody waits for is not an unhandled rejection
    this.#active.set(job.jobId, { planHash: plan.hash, abort, accepted: accepted.promise, result });
    this.#tellDisk();
    await accepted.promise;
    return { jobId: job.jobId, runId: job.jobId, attached: false, ended: false, result };
  }

  async #opening(job: Job, plan: PlanDocument, admission: "open" | "contract"): Promise<readonly RecordDraft[]> {
    const { store, clock } = this.#options;
    const at = clock.now();
    const document = (await spilledText(plan.text, store)) ?? (JSON.parse(plan.text) as Json); // the plan is JSON by its making
    return openingRecords({
      job,
      at,
      planHash: plan.hash,
      plan: document,
      executorVersion: this.#machine.executor.version,
      admission,
    });
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
    if (active !== undefined) {
      active.abort.abort(cancellation);
      return await active.result;
    }
    const { status } = await this.get(jobId);
    throw new Fault("RUN_ENDED", `Job ${jobId} is not running here: it is ${status}.`);
  }

  abandon(jobId: string): void {
    this.#active.get(jobId)?.abort.abort({ cancelledBy: "server", reason: "another process has taken its run over" });
  }

  async drain({ graceMs }: { readonly graceMs: number }): Promise<void> {
    this.#draining = true;
    const results = [...this.#active.values()].map((active) => active.result);
    const reason = `the server stopped and waited ${graceMs / 1000} s for it`;
    const disarm = this.#options.clock.after(graceMs, () => this.#stopAll(reason));
    await Promise.allSettled(results);
    disarm();
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
