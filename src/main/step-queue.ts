import { hash, randomUUIDv7 } from "node:crypto";
import { assert } from "#model";
import { openPostgresQueue, openRedisQueue } from "#queue";
import type { JobQueue } from "#queue";
import { addressOf } from "./database-address.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import { systemClock } from "./system-clock.ts";

/** A drop of the evidence's server, which has other things to do. */
const CONNECTIONS = 3;
/** The name of a schema may be longer than that of a queue. */
const QUEUE_NAME_DIGITS = 16;

/**
 * The queue that prompts workers: who hands over and who performs open the same one. It connects when it is first used.
 * @throws {Fault} INVALID_CONFIGURATION
 */
export async function openStepQueue({ workers, postgres, base }: LoadedConfiguration): Promise<JobQueue> {
  assert(workers !== undefined && postgres !== undefined, "the configuration was checked");
  const { backend, url } = workers.queue;
  const queue = `steps-${hash("sha256", postgres.schema).slice(0, QUEUE_NAME_DIGITS)}`;
  const common = { clock: systemClock, queue };
  const [reference, field] = url === undefined ? [postgres.url, "postgres.url"] : [url, "workers.queue.url"];
  const address = addressOf(reference, { field, base });
  if (backend === "redis") return await openRedisQueue({ ...common, url: address, newToken: randomUUIDv7 });
  return await openPostgresQueue({ ...common, url: address, connections: CONNECTIONS });
}
