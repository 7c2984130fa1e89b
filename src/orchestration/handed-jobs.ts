import type { EvidenceStore, RecordDraft, RunHead, StoredRecord } from "#evidence";
import type { Execution } from "#executor";
import type { Cancellation, Clock, ExecutionResult } from "#model";
import { Fault } from "#model";
import type { JobQueue } from "#queue";
import { closeInterruptedRun, closingRecords, firstRecord, interruptedJob, recordedJob, recordedNeeds } from "#worker";
import { copiedRecord, isCopied } from "./copied-record.ts";

/** What handing over needs. */
export interface HandedJobsOptions {
  readonly store: EvidenceStore;
  readonly clock: Clock;
  /** Prompts the workers; absent = they look by themselves. */
  readonly queue?: Pick<JobQueue, "enqueue">;
  /** Whether what begins now is handed over; false = only what was handed over before is followed to its end. */
  readonly handsOver: boolean;
  /** Told of what others have written to a log that is followed here; must not throw. */
  readonly onFollowed?: (logId: string, records: readonly StoredRecord[]) => void;
  /** Told of what went wrong and holds nothing up; must not throw. */
  readonly onProblem: (logId: string, error: unknown) => void;
}

/** How a job is handed over. */
export interface HandingOver {
  /** What its log begins with; asked for only if there is no such log. */
  readonly opening: () => Promise<readonly RecordDraft[]>;
  /** Whether a log that is there already is another's; otherwise it is followed. */
  readonly isNew?: boolean;
  /** Called once, when the log is durable and nothing was performed. */
  readonly onOpened?: () => void;
}

/** How a log is followed. */
export interface Following {
  /** Records of its steps that are known already: they are not given again. */
  readonly skip?: number;
  /** Aborted when nobody here wants to know any more: what workers do goes on. */
  readonly leave: AbortSignal;
  /** Told if a worker went away in the middle. */
  readonly onRecovered?: () => void;
}

/** A store that does not answer is asked again after so long. */
const AGAIN_MS = 500;

/**
 * Jobs that are performed by workers: each has a log, which is opened here, handed over, and followed. What is true of such a job is what
 * its log says; a queue only prompts.
 */
export class HandedJobs {
  readonly handsOver: boolean;
  readonly #options: HandedJobsOptions;

  constructor(options: HandedJobsOptions) {
    this.#options = options;
    this.handsOver = options.handsOver;
  }

  /**
   * Opens a log and hands its job over, unless that was done before. Resolves when a worker may take it.
   * @throws {Fault} SEQUENCE_CONFLICT if the log has to be new and is not; STORE_HALTED.
   */
  async begin(logId: string, { opening, isNew = false, onOpened }: HandingOver): Promise<void> {
    const { store } = this.#options;
    if (!isNew && (await store.head(logId)) !== undefined) return;
    try {
      await store.append(logId, 0, await opening());
    } catch (error) {
      if (isNew || !isTaken(error)) throw error;
      return; // another process was first, and does what follows
    }
    onOpened?.();
    await this.handOver(logId);
  }

  /** Gives an opened log to the workers. If another process has taken it over meanwhile, that one does. */
  async handOver(logId: string): Promise<void> {
    const { store } = this.#options;
    try {
      await store.handOver(logId, await this.#needs(logId));
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
    this.#prompt(logId);
  }

  async #needs(logId: string): Promise<readonly string[]> {
    const { store } = this.#options;
    const created = await firstRecord(store, logId);
    if (created === undefined) throw new Fault("RUN_NOT_FOUND", `There is no job ${logId}.`);
    return await recordedNeeds(store, created);
  }

  /** Nobody waits for it: what the queue does not know the workers find by themselves. */
  #prompt(logId: string): void {
    const { queue, onProblem } = this.#options;
    queue?.enqueue([{ id: logId, priority: 0, delayMs: 0, attempt: 1 }]).catch((error: unknown) => {
      onProblem(logId, error);
    });
  }

  /**
   * The records of the steps of a job as its log grows, and its result: what an executor in this process would give.
   * @throws {Fault} DRAINING when `leave` aborts; RUN_NOT_FOUND; STORE_HALTED.
   */
  async *follow(logId: string, { skip = 0, leave, onRecovered }: Following): Execution {
    const { store, onFollowed } = this.#options;
    let [read, steps] = [0, 0];
    for (;;) {
      try {
        for await (const records of store.tail(logId, read - 1, { signal: leave })) {
          read += records.length;
          onFollowed?.(logId, records);
          if (records.some(({ record }) => record.event_type === "log.recovered")) onRecovered?.();
          const copied = records.filter(({ record }) => isCopied(record)).map(({ record }) => copiedRecord(record));
          const fresh = copied.slice(Math.max(0, skip - steps));
          steps += copied.length;
          if (fresh.length > 0) yield fresh;
        }
        if (leave.aborted) throw leftToWorkers(logId);
        return requireResult(logId, (await recordedJob(store, logId)).result);
      } catch (error) {
        if (!isAway(error)) throw error;
        await pause(this.#options.clock, AGAIN_MS, leave);
      }
    }
  }

  /** The end of a job. @throws {Fault} as `follow` */
  async result(logId: string, following: Following): Promise<ExecutionResult> {
    const execution = this.follow(logId, following);
    for (;;) {
      const next = await execution.next();
      if (next.done === true) return next.value;
    }
  }

  /** Has a job stopped, whoever performs it. If nobody does, it ends here. */
  async stop(logId: string, cancellation: Cancellation): Promise<void> {
    const { store } = this.#options;
    await store.askToStop(logId, cancellation);
    const head = await store.claim(logId, { hands: "worker", serves: await this.#needs(logId) });
    if (head === undefined) return; // whoever holds it was asked
    try {
      await this.#close(head, cancellation);
    } catch (error) {
      if (!isTaken(error)) throw error; // whoever has it now reads the wish
    }
  }

  /** The same where nobody waits for it. */
  stopSoon(logId: string, cancellation: Cancellation): void {
    this.stop(logId, cancellation).catch((error: unknown) => this.#options.onProblem(logId, error));
  }

  /** Ends a job that nobody performs. A step that somebody has begun is in doubt, whatever is wished. */
  async #close(head: RunHead, { cancelledBy, reason }: Cancellation): Promise<void> {
    const { store, clock } = this.#options;
    const { result } = await interruptedJob(store, head.runId, clock.now());
    const { stepsInDoubt, stepsFailed, stepsExecuted, finalStatus } = result;
    if (stepsInDoubt.length > 0 || stepsFailed > 0 || finalStatus === "COMPLETED")
      return void (await closeInterruptedRun(store, head, { clock }));
    const finalReason = `Stopped before step ${stepsExecuted}: cancelled by ${cancelledBy}: ${reason}`;
    await store.append(head.runId, head.size, closingRecords({ ...result, finalStatus: "CANCELLED", finalReason }));
  }
}

/** The fault for whoever waits for a job that goes on elsewhere. */
export function leftToWorkers(logId: string): Fault {
  const text = `The server is stopping; ${logId} goes on where it is performed, and its log says what becomes of it.`;
  return new Fault("DRAINING", text);
}

function requireResult(logId: string, result: ExecutionResult | undefined): ExecutionResult {
  if (result === undefined) throw new Fault("STORE_HALTED", `The log of ${logId} cannot be followed any more.`);
  return result;
}

function isTaken(error: unknown): boolean {
  return error instanceof Fault && (error.code === "SEQUENCE_CONFLICT" || error.code === "RUN_FENCED");
}

function isAway(error: unknown): boolean {
  return error instanceof Fault && error.code === "STORE_UNAVAILABLE";
}

/** Resolves after so many milliseconds, or when the signal aborts. */
function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const disarm = clock.after(milliseconds, resolve);
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (signal.aborted) resolve();
  return promise.finally(disarm);
}
