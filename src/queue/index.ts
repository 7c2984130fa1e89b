export type { Delivery, JobQueue, QueueDepth, QueueEntry, TakeOptions } from "./job-queue.ts";
export { QUEUE_DEFAULTS, QUEUE_LIMITS } from "./limits.ts";
export { createMemoryQueue } from "./job-queues/memory.ts";
export type { MemoryQueueOptions } from "./job-queues/memory.ts";
export { WorkStore } from "./work/work-store.ts";
export type { Accepted, Page, WorkStoreOptions } from "./work/work-store.ts";
export { createSqliteQueue } from "./job-queues/sqlite.ts";
export type { SqliteQueueOptions } from "./job-queues/sqlite.ts";
