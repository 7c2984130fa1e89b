import { Queue, Worker } from "bullmq";
import { startRedis } from "../../test/support/redis-server.ts";
import { Awaited, STEPS } from "./rival.ts";
import type { Rival } from "./rival.ts";

interface Step {
  readonly id: string;
  readonly step: number;
}

/** BullMQ on a Redis that syncs every command. One step is one job of it: its handler hands in the next, and its answer is kept. */
export async function bullmq(inFlight: number): Promise<Rival> {
  const server = await startRedis();
  const { hostname: host, port } = new URL(server.url);
  const connection = { host, port: Number(port), maxRetriesPerRequest: null };
  const queue = new Queue<Step>("bench", { connection });
  const awaited = new Awaited();
  const perform = async ({ id, step }: Step): Promise<{ readonly done: number }> => {
    if (step + 1 < STEPS) await queue.add("step", { id, step: step + 1 });
    return { done: step };
  };
  const worker = new Worker<Step>("bench", (job) => perform(job.data), { connection, concurrency: inFlight });
  worker.on("completed", ({ data: { id, step } }) => {
    if (step + 1 === STEPS) awaited.end(id);
  });
  await worker.waitUntilReady();
  return {
    async perform() {
      const { id, ended } = awaited.begin();
      await queue.add("step", { id, step: 0 });
      await ended;
    },
    async [Symbol.asyncDispose]() {
      await worker.close();
      await queue.close();
      await server[Symbol.asyncDispose]();
    },
  };
}
