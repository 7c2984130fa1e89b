import type { EvidenceRecord, EvidenceStore, RunHead, StoredRecord } from "#evidence";
import type { Clock, NotificationCause } from "#model";
import { Fault } from "#model";
import type { JobRunner } from "../job-runner.ts";
import { loadRun } from "../run/load-run.ts";
import type { LoadedRun } from "../run/load-run.ts";
import { notificationCause, notificationFacts } from "./notification-facts.ts";
import { notificationJob, notificationJobId } from "./notification-job.ts";
import { RunWatch } from "./run-watch.ts";
import { wordsOf } from "./words-of-run.ts";

/** What a notifier is made of. */
export interface NotifierOptions {
  readonly store: EvidenceStore;
  readonly clock: Clock;
  readonly jobs: Pick<JobRunner, "submit">;
  /** Told of a notification that was not sent, with the run and why; must not throw. */
  readonly onProblem: (runId: string, problem: string) => void;
  /** Told how many words of earlier processes are looked at again; must not throw. */
  readonly onCaughtUp?: (words: number) => void;
}

/** A record that somebody is to be told of. */
export interface Word {
  readonly runId: string;
  readonly seq: number;
}

/** How far a start looks back for what an earlier process has not sent. */
export const RUNS_LOOKED_BACK = 1000;
/** Notifications that are sent at the same time: they are guests among the jobs. */
const SENT_AT_A_TIME = 8;
const WAITING_WORDS = 10_000;
/** The wait when there is no room for another job. */
const AGAIN_MS = 5000;

/**
 * Has those told whom a plan names: each notification is a job of its own, submitted when the word of the run that it tells of is
 * durable. What becomes of it stands in its own log, and the run knows nothing of it.
 */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #watch = new RunWatch();
  readonly #words: Word[] = [];
  readonly #sending = new Set<Promise<unknown>>();
  readonly #closing = Promise.withResolvers<void>();
  #working: Promise<void> | undefined;
  #catchingUp: Promise<void> | undefined;
  #draining = false;
  #closed = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** Takes notice of runs that were open before. Call it before any of them goes on. */
  async open(): Promise<void> {
    for (const { runId } of await this.#options.store.openRuns()) this.#watch.add(runId);
  }

  /** Takes notice of what has become durable. Never throws. */
  take(runId: string, records: readonly StoredRecord[]): void {
    for (const { record } of records) if (this.#watch.isDue(runId, record)) this.#enqueue({ runId, seq: record.seq });
  }

  /**
   * Looks for what an earlier process has not come to send, in the newest {@link RUNS_LOOKED_BACK} runs and in all that are open.
   * Resolves when it is on its way.
   */
  async catchUp(): Promise<void> {
    this.#catchingUp ??= this.#lookBack();
    await this.#catchingUp;
  }

  /** Hands over what is due, within `graceMs`; what is left is caught up by the next start. Safe to call twice. */
  async drain({ graceMs }: { readonly graceMs: number }): Promise<void> {
    this.#draining = true;
    const disarm = this.#options.clock.after(graceMs, () => this.#close());
    await Promise.race([this.#handedOver(), this.#closing.promise]);
    disarm();
    this.#close();
  }

  async #handedOver(): Promise<void> {
    await this.#catchingUp?.catch(ignore);
    await this.#working;
  }

  #close(): void {
    this.#closed = true;
    this.#closing.resolve();
  }

  async #lookBack(): Promise<void> {
    const { store, onCaughtUp } = this.#options;
    const heads = new Map<string, RunHead>();
    for (const head of [...(await store.runs({ limit: RUNS_LOOKED_BACK })), ...(await store.openRuns())])
      heads.set(head.runId, head);
    let words = 0;
    for (const head of [...heads.values()].toReversed()) {
      if (this.#closed || this.#draining) return;
      for (const seq of await wordsOf(store, head)) {
        words += 1;
        this.#enqueue({ runId: head.runId, seq });
      }
    }
    onCaughtUp?.(words);
  }

  #enqueue(word: Word): void {
    if (this.#closed) return;
    if (this.#words.length >= WAITING_WORDS)
      return this.#options.onProblem(word.runId, `${WAITING_WORDS} words wait already; the next start looks again`);
    this.#words.push(word);
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    await Promise.resolve(); // whoever enqueues is not kept
    for (let word = this.#words[0]; word !== undefined && !this.#closed; word = this.#words[0]) {
      if (await this.#told(word)) this.#words.shift();
      else await this.#wait();
    }
    this.#working = undefined;
  }

  /** Whether all that is to be sent of a word was handed over; false = there is no room now. */
  async #told(word: Word): Promise<boolean> {
    try {
      await this.#tell(word);
    } catch (error) {
      const code = error instanceof Fault ? error.code : "INTERNAL";
      if (code === "LIMIT_EXCEEDED" && !this.#draining) return false;
      if (code === "STORE_HALTED") this.#close();
      this.#options.onProblem(word.runId, messageOf(error));
    }
    return true;
  }

  async #tell({ runId, seq }: Word): Promise<void> {
    const { store } = this.#options;
    const record = (await store.read(runId, seq - 1, 1))[0]?.record;
    const cause = record && notificationCause(record);
    if (record === undefined || cause === undefined) return;
    const run = await loadRun(store, runId, { verify: false, through: seq });
    await this.#tellAll(run, { record, cause });
  }

  /** One that is refused does not keep the others. */
  async #tellAll(
    run: LoadedRun,
    { record, cause }: { readonly record: EvidenceRecord; readonly cause: NotificationCause },
  ): Promise<void> {
    const { store, jobs, onProblem } = this.#options;
    const { notifications = [] } = run.state.plan;
    const { runId } = run;
    const facts = notificationFacts(run, { record, cause });
    for (const [place, notification] of notifications.entries()) {
      if (!notification.on.includes(cause)) continue;
      if ((await store.head(notificationJobId({ runId, seq: record.seq, place }))) !== undefined) continue; // sent before
      await this.#room();
      if (this.#closed) return;
      try {
        const { jobId, result } = await jobs.submit(notificationJob(facts, { notification, place }), {
          lastWord: true,
        });
        this.#follow(runId, jobId, result);
      } catch (error) {
        if (!(error instanceof Fault) || error.code === "LIMIT_EXCEEDED" || error.code === "STORE_HALTED") throw error;
        onProblem(runId, messageOf(error));
      }
    }
  }

  #follow(runId: string, jobId: string, result: ReturnType<JobRunner["cancel"]>): void {
    const { onProblem } = this.#options;
    const sending = result.then(
      ({ finalStatus, finalReason }) => {
        if (finalStatus !== "COMPLETED") onProblem(runId, `${jobId} is ${finalStatus}: ${finalReason}`);
      },
      (error: unknown) => onProblem(runId, `${jobId}: ${messageOf(error)}`),
    );
    this.#sending.add(sending);
    void sending.finally(() => this.#sending.delete(sending));
  }

  async #room(): Promise<void> {
    while (this.#sending.size >= SENT_AT_A_TIME && !this.#closed)
      await Promise.race([...this.#sending, this.#closing.promise]);
  }

  async #wait(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const disarm = this.#options.clock.after(AGAIN_MS, resolve);
    await Promise.race([promise, this.#closing.promise]);
    disarm();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function ignore(): void {
  // whoever asked to catch up was told
}
