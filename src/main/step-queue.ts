import { randomUUIDv7 } from "node:crypto";
import { assert } from "#model";
import { openPostgresQueue, openRedisQueue } from "#queue";
import type { JobQueue } from "#queue";
import { addressOf } from "./database-address.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import { systemClock } from "./system-clock.ts";

/** A drop of the evidence's server, which has other things to do. */
const CONNECTIONS = 3;

/**
 * The queue that prompts workers: who hands over and who performs open the same one. It connects when it is first used.
 * @throws {Fault} INVALID_CONFIGURATION
 */
export async function openStepQueue({ workers, postgres, base }: LoadedConfiguration): Promise<JobQueue> {
  assert(workers !== undefined && postgres !== undefined, "the configuration was checked");
  const { backend, url } = workers.queue;
  const common = { clock: systemClock, queue: `steps-${postgres.schema}` };
  if (backend === "redis") {
    assert(url !== undefined, "the configuration was checked");
    const address = addressOf(url, { field: "workers.queue.url", base });
    return await openRedisQueue({ ...common, url: address, newToken: randomUUIDv7 });
  }
  const [reference, field] = url === undefined ? [postgres.url, "postgres.url"] : [url, "workers.queue.url"];
  return await openPostgresQueue({ ...common, url: addressOf(reference, { field, base }), connections: CONNECTIONS });
}
