import { Worker } from "bullmq";
import { Redis } from "ioredis";

/** The name of every job of BullMQ's that stands for an entry. */
export const ENTRY = "entry";

const CONNECT_AGAIN_MS = 250;

/** Where the queue is, and its times. */
export interface RedisPlace {
  /** `redis://` or `rediss://`, with user, password and database. */
  readonly url: string;
  /** Name of the queue. */
  readonly queue: string;
  /** What the names of all its keys begin with. */
  readonly prefix: string;
  readonly stalledAfterMs: number;
  readonly unavailableAfterMs: number;
}

/** What of an entry lies in Redis beside its id. */
export interface EntryData {
  readonly attempt: number;
}

/** BullMQ's parts over one connection, which comes again by itself. */
export interface RedisParts {
  readonly client: Redis;
  readonly worker: Worker<EntryData>;
}

/** At most so long after its time a delivery is looked at, in milliseconds. */
export function lookForStalledEveryMs(stalledAfterMs: number): number {
  return Math.max(100, Math.min(5000, Math.floor(stalledAfterMs / 4)));
}

/** Begins to connect, and does not wait for it. */
export function connectRedis({ url, queue, prefix, stalledAfterMs, unavailableAfterMs }: RedisPlace): RedisParts {
  const client = new Redis(url, {
    // A command that cannot be sent, or whose answer was lost, fails at once: it is for the caller to ask again.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: unavailableAfterMs,
    socketTimeout: unavailableAfterMs,
    retryStrategy: () => CONNECT_AGAIN_MS,
  });
  const worker = new Worker<EntryData>(queue, null, {
    connection: client,
    prefix,
    autorun: false,
    lockDuration: stalledAfterMs,
    stalledInterval: lookForStalledEveryMs(stalledAfterMs),
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    removeOnComplete: { count: 0 },
  });
  // Whoever calls is told; without a listener the process would end.
  for (const part of [client, worker]) part.on("error", () => undefined);
  return { client, worker };
}

/** Ends the connections, whether or not somebody answers. */
export async function disconnectRedis({ client, worker }: RedisParts): Promise<void> {
  const end = worker.close(true);
  client.disconnect();
  await end;
}

/** The id of the job that stands for an entry: BullMQ takes neither numbers nor colons. */
export function jobIdOf(id: string): string {
  return `e-${encodeURIComponent(id)}`;
}

/** The entry that a job stands for. */
export function entryIdOf(jobId: string): string {
  return decodeURIComponent(jobId.slice(2));
}
