import type { EvidenceStore, RecordDraft, RunHead } from "#evidence";
import type { JobExecutor } from "#executor";
import type { AdmittedJob, Cancellation } from "#model";
import type { JobQueue } from "#queue";
import { closeInterruptedRun } from "../../../../src/orchestration/close-interrupted-run.ts";
import { closingRecords } from "../../../../src/orchestration/job-records.ts";
import { firstRecord } from "../../../../src/orchestration/recorded-job.ts";
import { recordedRequest } from "../../../../src/orchestration/recorded-request.ts";
import { perform } from "../../../../src/orchestration/run-job.ts";
import { machineClock } from "../../../support/machine-clock.ts";

/** What a worker in this process is made of. */
export interface TestWorkerOptions {
  readonly store: EvidenceStore;
  readonly executor: JobExecutor;
  readonly serves: readonly string[];
  /** What prompts it; absent = it looks by itself. */
  readonly queue?: JobQueue | undefined;
}

const LOOK_MS = 20;

/** Performs what was handed over, as a process of its own would: it takes what it can claim, and decides nothing. */
export class TestWorker {
  readonly #options: TestWorkerOptions;
  readonly #running = new Map<string, AbortController>();
  readonly #ended = new AbortController();
  /** Runs that were claimed here, each as often as it was. */
  readonly claimed: string[] = [];

  constructor(options: TestWorkerOptions) {
    this.#options = options;
    void (options.queue === undefined ? this.#look() : this.#take(options.queue));
  }

  async #look(): Promise<void> {
    const { store, serves } = this.#options;
    while (!this.#ended.signal.aborted) {
      try {
        for (const head of await store.takeOver({ hands: "worker", serves })) void this.#perform(head);
      } catch {
        return; // its store was closed
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async #take(queue: JobQueue): Promise<void> {
    const { store, serves } = this.#options;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      for (const delivery of await queue.take({ max: 10, waitMs: 1000, signal }).catch(() => [])) {
        const head = await store.claim(delivery.id, { hands: "worker", serves });
        await queue.settle(delivery);
        if (head !== undefined) void this.#perform(head);
      }
    }
  }

  async #perform(head: RunHead): Promise<void> {
    this.claimed.push(head.runId);
    try {
      await this.#performed(head);
    } catch {
      // fenced, or its store was closed: another one says what is known
    }
  }

  async #performed(head: RunHead): Promise<void> {
    const { store, executor } = this.#options;
    const created = await firstRecord(store, head.runId);
    if (created === undefined) return;
    if (head.size > 2) return void (await closeInterruptedRun(store, head, machineClock));
    const abort = new AbortController();
    this.#running.set(head.runId, abort);
    const wish = store.stopAsked(head.runId);
    if (wish !== undefined) abort.abort(wish);
    const job = (await recordedRequest(store, created)) as AdmittedJob; // its driver has asked governance
    let { size } = head;
    const write = async (drafts: readonly RecordDraft[]): Promise<void> => {
      size += (await store.append(head.runId, size, drafts)).length;
    };
    const execution = executor.executeJob(job, { clock: machineClock, signal: abort.signal, graceMs: 0 });
    const { result, unwritten } = await perform(execution, write, []);
    await write([...unwritten, ...closingRecords(result)]);
  }

  /** Somebody wants this run stopped. */
  stop(runId: string, cancellation: Cancellation): void {
    this.#running.get(runId)?.abort(cancellation);
  }

  /** Is told to end: stops what it performs, and says so. */
  goAway(): void {
    this.#ended.abort();
    for (const abort of this.#running.values()) abort.abort({ cancelledBy: "worker", reason: "it was told to end" });
  }

  /** Is gone in the middle of whatever it does: nothing more of it comes into a log, and its leases are over. */
  async die(): Promise<void> {
    this.#ended.abort();
    await this.#options.store.close();
  }
}
