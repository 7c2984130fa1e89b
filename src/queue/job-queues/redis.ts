import { ErrorCode, Job } from "bullmq";
import type { RedisQueueBackend, Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Clock, Fault } from "#model";
import { checkEntries, checkNext, checkTake } from "../check-calls.ts";
import { admit, GatheredEnqueues } from "../gathered-enqueues.ts";
import type { Batch } from "../gathered-enqueues.ts";
import type { Delivery, JobQueue, QueueDepth, QueueEntry, TakeOptions } from "../job-queue.ts";
import { QUEUE_DEFAULTS, QUEUE_LIMITS } from "../limits.ts";
import { closing } from "../refusals.ts";
import { ServerCalls } from "../server-calls.ts";
import { TakeWaiting } from "../take-waiting.ts";
import { connectRedis, disconnectRedis, ENTRY, entryIdOf, jobIdOf, lookForStalledEveryMs } from "./redis/connection.ts";
import type { EntryData, RedisParts, RedisPlace } from "./redis/connection.ts";

/** What a queue in Redis is given. */
export interface RedisQueueOptions {
  /** `redis://` or `rediss://`, with user, password and database. */
  readonly url: string;
  /** Name of the queue, without colons. Default `work`. */
  readonly queue?: string;
  /** What the names of all its keys begin with. Default `verbatim`. */
  readonly prefix?: string;
  /** The time of the machine: Redis keeps delays in wall time. */
  readonly clock: Clock;
  /** A mark that nobody else makes, for one handing out. */
  readonly newToken: () => string;
  /** Entries at most: due, delayed and taken. Default 100000. */
  readonly capacity?: number;
  /** After so long without a word a delivery is handed out again, in milliseconds. Default 60000. */
  readonly stalledAfterMs?: number;
  /** A server that is silent for so long is unavailable, in milliseconds. Default 5000. */
  readonly unavailableAfterMs?: number;
  /** Those who wait look so often for what other processes have handed in, in milliseconds. Default 100. */
  readonly pollMs?: number;
}

type FlowEntry = Parameters<RedisQueueBackend["addFlow"]>[0][number];

/** The delivery is not the one that counts any more. */
const OF_NO_EFFECT = new Set<unknown>([
  ErrorCode.JobNotExist,
  ErrorCode.JobLockNotExist,
  ErrorCode.JobNotInState,
  ErrorCode.JobLockMismatch,
]);
/** BullMQ's 1 is the first to go, its 0 would go before all of them. */
const LOWEST_PRIORITY = QUEUE_LIMITS.highestPriority + 1;
const POLL_MS = 100;
/** Entries that are fetched side by side. */
const FETCHED_AT_ONCE = 50;

/** A queue in Redis, by BullMQ. */
export class RedisQueue implements JobQueue {
  readonly #place: RedisPlace;
  readonly #clock: Clock;
  readonly #newToken: () => string;
  readonly #capacity: number;
  readonly #calls: ServerCalls;
  readonly #enqueues = new GatheredEnqueues(async (batches) => await this.#calls.call(() => this.#add(batches)));
  readonly #waiting: TakeWaiting;
  #connected: RedisParts | undefined;
  #lookedForStalledMs = -Infinity;
  #closed = false;

  constructor(options: RedisQueueOptions) {
    const { url, queue = "work", prefix = "verbatim", clock, newToken, pollMs = POLL_MS } = options;
    const stalledAfterMs = options.stalledAfterMs ?? QUEUE_DEFAULTS.stalledAfterMs;
    const unavailableAfterMs = options.unavailableAfterMs ?? QUEUE_DEFAULTS.unavailableAfterMs;
    this.#place = { url, queue, prefix, stalledAfterMs, unavailableAfterMs };
    this.#clock = clock;
    this.#newToken = newToken;
    this.#capacity = options.capacity ?? QUEUE_DEFAULTS.capacity;
    this.#calls = new ServerCalls({ server: "Redis", clock, unavailableAfterMs });
    const takeNow = async (max: number): Promise<readonly Delivery[]> =>
      this.#closed ? [] : await this.#calls.call(() => this.#takeNow(max));
    this.#waiting = new TakeWaiting({ clock, takeNow, lookAgainMs: () => pollMs });
  }

  async enqueue(entries: readonly QueueEntry[]): Promise<void> {
    this.#requireOpen();
    checkEntries(entries);
    await this.#enqueues.enqueue(entries);
    this.#waiting.wake();
  }

  /** One transaction of Redis's for all that is accepted. */
  async #add(batches: readonly Batch[]): Promise<readonly (Fault | undefined)[]> {
    const { client, worker } = await this.#ready();
    const counts = await worker.getBackend().getCounts(["wait", "prioritized", "delayed", "active"]);
    const queued = counts.reduce((sum, count) => sum + count, 0);
    const asked = batches.flat();
    const fits = queued + asked.length <= this.#capacity;
    const known = fits ? new Set<string>() : await this.#known(client, worker, asked);
    const room = { capacity: this.#capacity, queued, isQueued: (id: string) => known.has(id) };
    const { accepted, refusals } = admit(batches, room);
    if (accepted.length === 0) return refusals;
    const added = await worker.getBackend().addFlow(accepted.map((entry) => this.#jobOf(worker, entry)));
    for (const [error, answer] of added)
      if (error !== null || typeof answer === "number") throw error ?? new Error(`BullMQ answers ${answer}`);
    return refusals;
  }

  async #known(client: Redis, worker: Worker, entries: Batch): Promise<ReadonlySet<string>> {
    const ids = [...new Set(entries.map(({ id }) => id))];
    const pipeline = client.pipeline();
    for (const id of ids) pipeline.exists(worker.toKey(jobIdOf(id)));
    const answers = (await pipeline.exec()) ?? [];
    return new Set(ids.filter((_id, place) => answers[place]?.[1] === 1));
  }

  #jobOf(worker: Worker, { id, priority, delayMs, attempt }: QueueEntry): FlowEntry {
    const options = {
      priority: LOWEST_PRIORITY - priority,
      removeOnComplete: true,
      removeOnFail: true,
      ...(delayMs > 0 && { delay: delayMs }),
    };
    const jobId = jobIdOf(id);
    const data: EntryData = { attempt };
    const { prefix, queue } = this.#place;
    const jobData = new Job(worker, ENTRY, data, { ...options, jobId }, jobId).asJSON();
    return { jobData, jobId, parentKeyOpts: {}, prefix, queueName: queue };
  }

  async take(options: TakeOptions): Promise<readonly Delivery[]> {
    this.#requireOpen();
    checkTake(options);
    return await this.#waiting.take(options);
  }

  async #takeNow(max: number): Promise<readonly Delivery[]> {
    const { worker } = await this.#ready();
    await this.#returnStalled(worker);
    const found: Delivery[] = [];
    for (let asked = 1; found.length < max; asked = Math.min(FETCHED_AT_ONCE, max - found.length)) {
      const tokens = Array.from({ length: asked }, () => this.#newToken());
      const jobs = await Promise.all(tokens.map(async (token) => await worker.getNextJob(token, { block: false })));
      const there = jobs.flatMap((job, place) => (job === undefined ? [] : [deliveryOf(job, tokens[place] ?? "")]));
      found.push(...there);
      if (there.length < asked) break;
    }
    return found;
  }

  async #returnStalled(worker: Worker): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lookedForStalledMs < lookForStalledEveryMs(this.#place.stalledAfterMs)) return;
    this.#lookedForStalledMs = nowMs;
    await worker.getBackend().moveStalledJobsToWait();
  }

  async settle({ id, token }: Delivery): Promise<void> {
    await this.#end(async ({ worker }) => {
      const job = new Job(worker, ENTRY, {}, {}, jobIdOf(id));
      await worker.getBackend().moveToCompleted(job, undefined, true, token, false);
    });
  }

  async postpone({ id, token }: Delivery, next: { readonly delayMs: number; readonly attempt: number }): Promise<void> {
    checkNext(next);
    const data: EntryData = { attempt: next.attempt };
    const options = { skipAttempt: true, fieldsToUpdate: { data: JSON.stringify(data), stc: 0 } };
    await this.#end(async ({ worker }) => {
      const nowMs = Date.parse(this.#clock.now());
      await worker.getBackend().moveToDelayed(jobIdOf(id), nowMs, next.delayMs, token, options);
    });
    this.#waiting.wake();
  }

  async extend({ id, token }: Delivery): Promise<boolean> {
    this.#requireOpen();
    return await this.#calls.call(async () => {
      const { worker } = await this.#ready();
      const { stalledAfterMs } = this.#place;
      return (await worker.getBackend().extendLocks([jobIdOf(id)], [token], stalledAfterMs)).length === 0;
    });
  }

  async depth(): Promise<QueueDepth> {
    this.#requireOpen();
    return await this.#calls.call(async () => {
      const backend = (await this.#ready()).worker.getBackend();
      const untilMs = Date.parse(this.#clock.now()) + 1;
      const [all, overdue] = await Promise.all([
        backend.getCounts(["wait", "prioritized", "delayed", "active"]),
        backend.getCounts(["delayed"], untilMs),
      ]);
      const [waiting = 0, prioritized = 0, delayed = 0, taken = 0] = all;
      const due = Math.min(delayed, overdue[0] ?? 0);
      return { due: waiting + prioritized + due, delayed: delayed - due, taken };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.close();
    await this.#calls.ended();
    const parts = this.#connected;
    this.#connected = undefined;
    if (parts !== undefined) await disconnectRedis(parts);
  }

  #requireOpen(): void {
    if (this.#closed) throw closing();
  }

  async #end(act: (parts: RedisParts) => Promise<void>): Promise<void> {
    this.#requireOpen();
    await this.#calls.call(async () => {
      try {
        await act(await this.#ready());
      } catch (error) {
        if (!(error instanceof Error && "code" in error && OF_NO_EFFECT.has(error.code))) throw error;
      }
    });
  }

  async #ready(): Promise<RedisParts> {
    const parts = (this.#connected ??= connectRedis(this.#place));
    try {
      await parts.worker.waitUntilReady();
      return parts;
    } catch (error) {
      if (this.#connected === parts) this.#connected = undefined; // the next call begins anew
      void disconnectRedis(parts);
      throw error;
    }
  }
}

function deliveryOf({ id = "", opts, data, stalledCounter }: Job<EntryData>, token: string): Delivery {
  const priority = LOWEST_PRIORITY - (opts.priority ?? LOWEST_PRIORITY);
  return { id: entryIdOf(id), priority, attempt: data.attempt, stalls: stalledCounter, token };
}
