import { setImmediate as eventLoopTurn, setTimeout as pass } from "node:timers/promises";
import type { Delivery, JobQueue, QueueEntry } from "#queue";
import { join } from "node:path";
import { createMemoryQueue, createSqliteQueue, openPostgresQueue, openRedisQueue } from "#queue";
import { ManualClock } from "../support/clock.ts";
import { machineClock } from "../support/machine-clock.ts";
import type { DatabaseServer } from "../support/database-process.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { startRedis } from "../support/redis-server.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";

/** What a queue under test is opened with. */
export interface QueueSettings {
  readonly capacity?: number;
  readonly stalledAfterMs?: number;
}

/** One place where entries are kept, and time as the adapter knows it. Disposing it closes every queue that was opened. */
export interface QueueSubject extends AsyncDisposable {
  /** A queue over this place; a second one sees the same entries where the place is shared or durable. */
  open(settings?: QueueSettings): Promise<JobQueue>;
  /** What `promise` resolves with; a manual clock jumps to where it goes on. */
  settle<T>(promise: Promise<T>): Promise<T>;
  /** Lets time pass. */
  pass(milliseconds: number): Promise<void>;
}

/** An adapter and what is known of it. */
export interface QueueAdapter {
  readonly name: string;
  /** Entries are there for the next queue over the same place. */
  readonly durable: boolean;
  /** Runs of the property. */
  readonly runs: number;
  /** Over the server, where it has one. */
  subject(server: DatabaseServer | undefined): Promise<QueueSubject>;
  /** Starts the server that all subjects of a suite share. */
  readonly server?: () => Promise<DatabaseServer>;
}

/** A word for an entry that is due at once. */
export function entry(id: string, given: Partial<QueueEntry> = {}): QueueEntry {
  return { id, priority: 0, delayMs: 0, attempt: 1, ...given };
}

const NEVER = new AbortController().signal;

/** Takes what is there, without a wait. */
export async function takeNow(queue: JobQueue, max = 1000): Promise<readonly Delivery[]> {
  return await queue.take({ max, waitMs: 0, signal: NEVER });
}

/** Takes one and waits for it. @throws {Error} if there was none. */
export async function takeOne(queue: JobQueue, waitMs = 0, signal: AbortSignal = NEVER): Promise<Delivery> {
  const [first] = await queue.take({ max: 1, waitMs, signal });
  if (first === undefined) throw new Error(`no entry within ${waitMs} ms`);
  return first;
}

/** Opens queues over one place and closes them all. */
export function subjectOf(
  make: (settings: QueueSettings) => Promise<JobQueue>,
  time: Pick<QueueSubject, "settle" | "pass">,
  end: () => Promise<void> = async () => undefined,
): QueueSubject {
  const opened: JobQueue[] = [];
  return {
    ...time,
    open: async (settings = {}) => {
      const queue = await make(settings);
      opened.push(queue);
      return queue;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(opened.map(async (queue) => await queue.close()));
      await end();
    },
  };
}

const STEP_MS = 100;

/** Turns of the event loop in which everything goes on that waits for no timer. */
async function turns(): Promise<false> {
  for (let turn = 0; turn < 5; turn++) await eventLoopTurn();
  return false;
}

/** Time that stands still until somebody waits for it. */
export function manualTime(clock: ManualClock): Pick<QueueSubject, "settle" | "pass"> {
  return {
    settle: async (promise) => {
      const settled = promise.then(
        () => true,
        () => true,
      );
      while (!(await Promise.race([settled, turns()]))) clock.advance(STEP_MS);
      return await promise;
    },
    pass: async (milliseconds) => clock.advance(milliseconds),
  };
}

/** The time of the machine: a server measures for itself. */
export const realTime: Pick<QueueSubject, "settle" | "pass"> = {
  settle: async (promise) => await promise,
  pass: async (milliseconds) => await pass(milliseconds),
};

/** The queue in memory. */
export const MEMORY: QueueAdapter = {
  name: "memory",
  durable: false,
  runs: 300,
  subject: async () => {
    const clock = new ManualClock();
    return subjectOf(async (settings) => createMemoryQueue({ clock, ...settings }), manualTime(clock));
  },
};

/** The queue in a file. */
export const SQLITE: QueueAdapter = {
  name: "sqlite",
  durable: true,
  runs: 60,
  subject: async () => {
    const clock = new ManualClock();
    const directory = await scratchDirectory();
    const file = join(directory.path, "queue", "queue.db");
    const make = async (settings: QueueSettings): Promise<JobQueue> => createSqliteQueue({ file, clock, ...settings });
    return subjectOf(make, manualTime(clock), async () => await directory[Symbol.asyncDispose]());
  },
};

const newToken = (): string => crypto.randomUUID();

function urlOf(server: DatabaseServer | undefined): string {
  if (server === undefined) throw new Error("the suite has not started the server");
  return server.url;
}

/** The queue in Redis. */
export const REDIS: QueueAdapter = {
  name: "redis",
  durable: true,
  runs: 15,
  server: startRedis,
  subject: async (server) => {
    const place = { url: urlOf(server), queue: newToken(), clock: machineClock, newToken };
    return subjectOf(async (settings) => await openRedisQueue({ ...place, ...settings }), realTime);
  },
};

/** The queue in PostgreSQL. */
export const POSTGRES: QueueAdapter = {
  name: "postgres",
  durable: true,
  runs: 15,
  server: startPostgres,
  subject: async (server) => {
    const place = { url: urlOf(server), queue: newToken(), clock: machineClock };
    return subjectOf(async (settings) => await openPostgresQueue({ ...place, ...settings }), realTime);
  },
};
