export type { Delivery, JobQueue, QueueDepth, QueueEntry, TakeOptions } from "./job-queue.ts";
export { QUEUE_DEFAULTS, QUEUE_LIMITS } from "./limits.ts";
export { createMemoryQueue } from "./job-queues/memory.ts";
export type { MemoryQueueOptions } from "./job-queues/memory.ts";
export { createSqliteQueue } from "./job-queues/sqlite.ts";
export type { SqliteQueueOptions } from "./job-queues/sqlite.ts";
export type { RedisQueueOptions } from "./job-queues/redis.ts";
export type { PostgresQueueOptions } from "./job-queues/postgres.ts";
export { openPostgresQueue, openRedisQueue } from "./job-queues/on-servers.ts";
