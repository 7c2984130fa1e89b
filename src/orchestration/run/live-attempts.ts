import type { EvidenceStore, RecordDraft } from "#evidence";
import type { Execution } from "#executor";
import type { HealthObserver } from "#health";
import type { Cancellation, Clock, ExecutionResult, Job } from "#model";
import { assert } from "#model";
import { declarePlan, openingOf } from "#worker";
import { leftToWorkers } from "../handed-jobs.ts";
import type { HandedJobs } from "../handed-jobs.ts";
import type { Machine } from "../machine.ts";
import { performAttempt } from "./attempt.ts";
import type { AttemptOptions, EndedAttempt } from "./attempt.ts";

/** What performs attempts. */
export interface LiveAttemptsOptions {
  readonly store: EvidenceStore;
  readonly clock: Clock;
  readonly machine: Machine;
  readonly health?: HealthObserver;
  /** What hands them over to workers; absent = each is performed in this process. */
  readonly handed?: HandedJobs;
}

/** One attempt. */
export interface LiveAttempt extends Omit<AttemptOptions, "performer"> {
  /** The log of its own, if a worker performs it. */
  readonly logId: string | undefined;
  /** Records of its steps that the log of the run has already. */
  readonly stepRecords: number;
  /** Resolves when the log of the run says that it was started. */
  readonly announced: Promise<void>;
}

interface Held {
  /** Aborted with a `Cancellation`. */
  readonly cancel: AbortController;
  /** Aborted when it is left to the workers; undefined = it is performed in this process. */
  readonly leave: AbortController | undefined;
}

/** The attempts of one run that go on: in this process, or at workers. */
export class LiveAttempts {
  readonly #options: LiveAttemptsOptions;
  readonly #held = new Map<string, Held>();

  constructor(options: LiveAttemptsOptions) {
    this.#options = options;
  }

  /** Whether an attempt goes on under this key. */
  has(recordKey: string): boolean {
    return this.#held.has(recordKey);
  }

  /** Whether some go on, and none in this process. */
  get allElsewhere(): boolean {
    return this.#held.size > 0 && [...this.#held.values()].every(({ leave }) => leave !== undefined);
  }

  /** Stops all. */
  cancel(cancellation: Cancellation): void {
    for (const { cancel } of this.#held.values()) cancel.abort(cancellation);
  }

  /** Stops those that are performed in this process. */
  cancelHere(cancellation: Cancellation): void {
    for (const { cancel, leave } of this.#held.values()) if (leave === undefined) cancel.abort(cancellation);
  }

  /** Waits for nothing more of what workers perform: it goes on. */
  leave(): void {
    for (const { leave } of this.#held.values()) leave?.abort();
  }

  /** Has an attempt performed. @throws {Fault} as `performAttempt`; DRAINING once it was left to the workers */
  async perform(attempt: LiveAttempt): Promise<EndedAttempt> {
    const { logId } = attempt;
    const cancel = new AbortController();
    const leave = logId === undefined ? undefined : new AbortController();
    this.#held.set(attempt.names.recordKey, { cancel, leave });
    try {
      if (logId === undefined || leave === undefined) return await this.#here(attempt, cancel.signal);
      return await this.#elsewhere(attempt, { logId, cancel: cancel.signal, leave: leave.signal });
    } finally {
      this.#held.delete(attempt.names.recordKey);
    }
  }

  #here(attempt: LiveAttempt, signal: AbortSignal): Promise<EndedAttempt> {
    const { machine, clock, health } = this.#options;
    const surroundings = { clock, signal, ...(health !== undefined && { health }) };
    const performer = (job: Job): Execution => machine.executor.executeJob(machine.admit(job), surroundings);
    return performAttempt({ ...attempt, performer });
  }

  async #elsewhere(attempt: LiveAttempt, at: Elsewhere): Promise<EndedAttempt> {
    let recovered = false;
    const onRecovered = (): void => {
      recovered = true;
    };
    const performer = (job: Job): Execution => this.#handOver(job, attempt, { ...at, onRecovered });
    const ended = await performAttempt({ ...attempt, performer });
    return { ...ended, interrupted: wasCutOff(ended.result, { recovered, asked: at.cancel.aborted }) };
  }

  /** Hands an attempt over, unless that was done before, and gives what its log says. */
  async *#handOver(
    job: Job,
    { announced, stepRecords }: LiveAttempt,
    { logId, cancel, leave, onRecovered }: Elsewhere & { readonly onRecovered: () => void },
  ): Execution {
    const { handed } = this.#options;
    assert(handed !== undefined, "what has a log of its own was handed over by somebody who can follow it");
    await announced;
    if (leave.aborted) throw leftToWorkers(logId);
    await handed.begin(logId, { opening: () => this.#opening(job) });
    const stop = (): void => handed.stopSoon(logId, cancel.reason as Cancellation); // as it is aborted by `cancel`
    cancel.addEventListener("abort", stop, { once: true });
    if (cancel.aborted) stop();
    return yield* handed.follow(logId, { skip: stepRecords, leave, onRecovered });
  }

  async #opening(job: Job): Promise<readonly RecordDraft[]> {
    const { store, clock, machine } = this.#options;
    const admitted = machine.admit(job);
    const executorVersion = machine.executor.version;
    const plan = declarePlan(admitted);
    return await openingOf(admitted, { store, clock, plan, executorVersion, admission: "open", handedOver: true });
  }
}

/** Where an attempt is that a worker performs. */
interface Elsewhere {
  readonly logId: string;
  readonly cancel: AbortSignal;
  readonly leave: AbortSignal;
}

/**
 * Whether a worker that went away has cut an attempt off, with no step in doubt: between two steps, or because it was told to end. Then
 * nothing of the job has failed, and it goes on where it was.
 */
function wasCutOff(
  { finalStatus, stepsFailed, stepsInDoubt }: ExecutionResult,
  { recovered, asked }: { readonly recovered: boolean; readonly asked: boolean },
): boolean {
  if (stepsInDoubt.length > 0 || asked) return false;
  return finalStatus === "CANCELLED" || (recovered && finalStatus === "FAILED" && stepsFailed === 0);
}
