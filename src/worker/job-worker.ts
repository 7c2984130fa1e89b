import type { StepType } from "#effects";
import type { EvidenceStore, RunHead } from "#evidence";
import type { JobExecutor } from "#executor";
import type { HealthObserver } from "#health";
import { Fault } from "#model";
import type { Cancellation, Clock } from "#model";
import type { Delivery, JobQueue } from "#queue";
import { closeInterruptedRun } from "./close-interrupted-run.ts";
import type { DisclosureKeeper } from "./conceal-output.ts";
import { executorOf } from "./executor-of.ts";
import { performHandedJob } from "./perform-handed-job.ts";
import type { WorkerNews } from "./worker-news.ts";

/** What a worker is made of. */
export interface JobWorkerOptions {
  readonly store: EvidenceStore;
  /** Only says that there may be something: what it loses is found by the worker's own look. Absent = the look alone. */
  readonly queue?: JobQueue | undefined;
  /** What it performs, and the only jobs that it takes are made of these. */
  readonly serves: readonly StepType[];
  /** For the record; 1 to 128 characters. */
  readonly name: string;
  readonly clock: Clock;
  readonly health?: HealthObserver | undefined;
  readonly disclosures?: DisclosureKeeper | undefined;
  /** Jobs that it performs at the same time. */
  readonly concurrency: number;
  /** So often it looks into the store by itself, in milliseconds: half a lease. */
  readonly lookEveryMs: number;
  readonly onNews: (news: WorkerNews) => void;
}

/** Before a queue or a store that did not answer is asked again. */
const ASK_AGAIN_MS = 1000;
/** Before a delivery of a run that others have to perform is handed out again. */
const OTHERS_MS = 500;

/**
 * Takes runs that were handed over, and performs or closes each: their claims in the store say whose they are, however often they
 * are handed out. It decides nothing: neither what may run nor what follows from it.
 */
export class JobWorker {
  readonly #options: JobWorkerOptions;
  readonly #executor: JobExecutor;
  readonly #serves: readonly string[];
  readonly #running = new Map<string, AbortController>();
  readonly #tasks = new Set<Promise<void>>();
  /** The run whose log each job's records go to. */
  readonly #runs = new Map<string, string>();
  readonly #stopping = new AbortController();
  /** Resolved when a job ends or the worker stops; made anew for each wait, so that nothing gathers. */
  #wake: () => void = () => undefined;
  #loop: Promise<void> | undefined;
  /** When it looks into the store again, by the clock that only goes on. */
  #lookMs = 0;
  #queueFails = false;
  #storeFails = false;

  constructor(options: JobWorkerOptions) {
    this.#options = options;
    const { store, serves, disclosures } = options;
    this.#serves = serves.map(({ name }) => name);
    this.#executor = executorOf(serves, { store, disclosures, runOf: (jobId) => this.#runs.get(jobId) ?? jobId });
    this.#stopping.signal.addEventListener("abort", () => this.#wake(), { once: true });
  }

  /** Jobs that it performs now. */
  get busy(): number {
    return this.#tasks.size;
  }

  /** Begins to take. */
  start(): void {
    this.#loop = this.#takeAll();
  }

  /** There may be something to take: it looks into the store now. */
  lookNow(): void {
    this.#lookMs = 0;
    this.#wake();
  }

  /** Stops what runs here of runs that another process has claimed: nothing more of it is performed or recorded. */
  fenced(runIds: readonly string[]): void {
    const why = { cancelledBy: "server", reason: "another process has taken its run over" };
    for (const runId of runIds) this.#running.get(runId)?.abort(why);
  }

  /** Somebody wants the job of this run stopped. */
  stopAsked(runId: string, cancellation: Cancellation): void {
    this.#running.get(runId)?.abort(cancellation);
  }

  /** Takes nothing more, waits for what runs, and stops what is left after `graceMs`. Safe to call twice, and without `start`. */
  async drain({ graceMs }: { readonly graceMs: number }): Promise<void> {
    this.#stopping.abort();
    const reason = `the worker stopped and waited ${graceMs / 1000} s for it`;
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const disarm = this.#options.clock.after(graceMs, () => {
      for (const abort of this.#running.values()) abort.abort({ cancelledBy: this.#options.name, reason });
      resolve();
    });
    await Promise.race([this.#loop, over]); // a store that does not answer is not waited for
    await Promise.all(this.#tasks);
    disarm();
  }

  async #takeAll(): Promise<void> {
    const { clock, concurrency, lookEveryMs, queue, store } = this.#options;
    while (!this.#stopping.signal.aborted && store.halted === undefined) {
      const free = concurrency - this.busy;
      const leftMs = this.#lookMs - clock.monotonicMs();
      if (free <= 0) await this.#woken();
      else if (leftMs <= 0) {
        this.#lookMs = clock.monotonicMs() + lookEveryMs;
        await this.#look(free);
      } else if (queue === undefined) await this.#pause(leftMs);
      else await this.#takeFrom(queue, { free, waitMs: Math.ceil(leftMs) });
    }
  }

  /** Finds what the queue has lost, and what a worker that is gone has left in the middle. */
  async #look(max: number): Promise<void> {
    const { store, onNews } = this.#options;
    try {
      const heads = await store.takeOver({ hands: "worker", serves: this.#serves, max });
      this.#storeFails = false;
      // Whoever owns a store alone is given all that is open, what runs here as well.
      const fresh = heads.filter(({ runId }) => !this.#running.has(runId));
      if (fresh.length >= max) this.#lookMs = 0; // there may be more, for the next that is free
      for (const head of fresh.slice(0, max)) this.#begin(head);
    } catch (error) {
      if (!this.#storeFails) onNews({ kind: "failed", runId: undefined, error });
      this.#storeFails = true;
    }
  }

  async #takeFrom(queue: JobQueue, { free, waitMs }: Readonly<Record<"free" | "waitMs", number>>): Promise<void> {
    const { onNews } = this.#options;
    let deliveries: readonly Delivery[];
    try {
      deliveries = await queue.take({ max: free, waitMs, signal: this.#stopping.signal });
      if (this.#queueFails) onNews({ kind: "queue available" });
      this.#queueFails = false;
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      if (!this.#queueFails) onNews({ kind: "queue unavailable", error });
      this.#queueFails = true;
      return await this.#pause(ASK_AGAIN_MS);
    }
    const told = await Promise.allSettled(deliveries.map((delivery) => this.#claim(delivery, queue)));
    const failed = told.find((each) => each.status === "rejected");
    if (failed === undefined || this.#stopping.signal.aborted) return;
    // What was not claimed is handed out again, or found by the look.
    onNews({ kind: "failed", runId: undefined, error: failed.reason });
    await this.#pause(ASK_AGAIN_MS);
  }

  /** The claim is what counts: with it the delivery has served its purpose, and if this process dies the next look finds the run. */
  async #claim(delivery: Delivery, queue: JobQueue): Promise<void> {
    const { store } = this.#options;
    const head = await store.claim(delivery.id, { hands: "worker", serves: this.#serves });
    if (head !== undefined) this.#begin(head);
    else if (await this.#isForOthers(delivery.id))
      return await queue.postpone(delivery, { delayMs: OTHERS_MS, attempt: delivery.attempt });
    await queue.settle(delivery);
  }

  /** Whether the run waits for a worker that serves what this one does not. */
  async #isForOthers(runId: string): Promise<boolean> {
    const waiting = await this.#options.store.waiting();
    return waiting.some((run) => run.runId === runId);
  }

  #begin(head: RunHead): void {
    const { runId } = head;
    if (this.#running.has(runId)) return;
    if (this.#stopping.signal.aborted) return this.#giveBack(runId);
    const abort = new AbortController();
    this.#running.set(runId, abort);
    const wish = this.#options.store.stopAsked(runId); // it may be older than the claim
    if (wish !== undefined) abort.abort(wish);
    const task = this.#work(head, abort.signal).finally(() => {
      this.#tasks.delete(task);
      this.#running.delete(runId);
      this.#wake();
    });
    this.#tasks.add(task);
  }

  /** What is claimed and cannot be worked at here: another worker need not wait for the lease. */
  #giveBack(runId: string): void {
    this.#options.store.release(runId).catch(() => undefined); // then it ends by itself
  }

  async #work(head: RunHead, signal: AbortSignal): Promise<void> {
    const { runId } = head;
    const { store, clock, health, name: worker, onNews } = this.#options;
    let jobId: string | undefined;
    const onJob = (id: string): void => {
      jobId = id;
      this.#runs.set(id, runId);
    };
    try {
      const options = { store, executor: this.#executor, clock, health, worker, signal, onJob };
      onNews({ ...(await performHandedJob(head, options)), runId });
    } catch (error) {
      if (isFenced(error)) return onNews({ kind: "fenced", runId });
      onNews({ kind: "failed", runId, error });
      if (isAway(error)) this.#giveBack(runId); // nothing was begun: whoever can read it again performs it
      else await this.#closeBroken(runId);
    } finally {
      if (jobId !== undefined) this.#runs.delete(jobId);
    }
  }

  /** A run that broke off for a reason other than its store is closed at once, as the next worker would close it. */
  async #closeBroken(runId: string): Promise<void> {
    const { store, clock, name: worker, onNews } = this.#options;
    try {
      const head = store.halted === undefined ? await store.head(runId) : undefined;
      if (head === undefined || head.completed) return;
      await closeInterruptedRun(store, head, { clock, by: { worker, epoch: store.epochOf(runId) } });
    } catch (error) {
      onNews(isFenced(error) ? { kind: "fenced", runId } : { kind: "failed", runId, error });
      if (!isFenced(error)) this.#giveBack(runId); // it would be held for ever, and nobody would close it
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    const disarm = this.#options.clock.after(milliseconds, () => this.#wake());
    await this.#woken();
    disarm();
  }

  async #woken(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

function isFenced(error: unknown): boolean {
  return error instanceof Fault && error.code === "RUN_FENCED";
}

/** Whether the store could not be read: its appends wait until it is back, so this is met before anything was begun. */
function isAway(error: unknown): boolean {
  return error instanceof Fault && error.code === "STORE_UNAVAILABLE";
}
