import type { JobQueue } from "../job-queue.ts";
import type { PostgresQueueOptions } from "./postgres.ts";
import type { RedisQueueOptions } from "./redis.ts";

// Their packages are loaded by those who use them: nobody else waits for that, or pays for it with memory.

/**
 * A queue in Redis, which many processes may share. It connects when it is first used. What it accepted is as durable as that Redis is
 * (`appendonly`, `appendfsync`): one that comes back empty is to be filled again.
 */
export async function openRedisQueue(options: RedisQueueOptions): Promise<JobQueue> {
  const { RedisQueue } = await import("./redis.ts");
  return new RedisQueue(options);
}

/**
 * A queue in PostgreSQL, which many processes may share. It connects and makes its tables when it is first used.
 * @throws {Fault} INVALID_CONFIGURATION if the names are not of the form that they must have.
 */
export async function openPostgresQueue(options: PostgresQueueOptions): Promise<JobQueue> {
  const { PostgresQueue } = await import("./postgres.ts");
  return new PostgresQueue(options);
}
