import { hash, randomUUIDv7 } from "node:crypto";
import type { JobQueue } from "#queue";
import { openPostgresQueue, openRedisQueue } from "#queue";
import { assert } from "#model";
import { addressOf } from "../database-address.ts";
import type { LoadedConfiguration } from "../load-configuration.ts";
import { systemClock } from "../system-clock.ts";

/** The name of a schema may be longer than that of a queue. */
const QUEUE_NAME_DIGITS = 16;

/**
 * The queue by which servers prompt workers; of all that use the same schema it is one. It connects when it is first used.
 * @throws {Fault} INVALID_CONFIGURATION
 */
export async function openWorkerQueue({ base, workers, postgres }: LoadedConfiguration): Promise<JobQueue> {
  assert(workers !== undefined && postgres !== undefined, "the configuration was checked");
  const { backend, url } = workers.queue;
  const address =
    url === undefined
      ? addressOf(postgres.url, { field: "postgres.url", base })
      : addressOf(url, { field: "workers.queue.url", base });
  const queue = `handed-${hash("sha256", postgres.schema).slice(0, QUEUE_NAME_DIGITS)}`;
  if (backend === "redis")
    return await openRedisQueue({ url: address, queue, clock: systemClock, newToken: randomUUIDv7 });
  return await openPostgresQueue({ url: address, queue, clock: systemClock });
}
