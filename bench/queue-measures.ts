import { bullmq } from "./rivals/bullmq.ts";
import { graphileWorker } from "./rivals/graphile-worker.ts";
import { pgBoss } from "./rivals/pg-boss.ts";
import { startPostgres } from "../test/support/postgres-server.ts";
import { STEPS } from "./rivals/rival.ts";
import type { Place, Rival } from "./rivals/rival.ts";
import { verbatim } from "./rivals/verbatim.ts";
import type { Measure, Sample } from "./measures.ts";

const RIVALS: Readonly<Record<string, (inFlight: number) => Promise<Rival>>> = {
  "BullMQ on Redis": bullmq,
  "pg-boss on PostgreSQL": (inFlight) => onPostgres(pgBoss, inFlight),
  "graphile-worker on PostgreSQL": (inFlight) => onPostgres(graphileWorker, inFlight),
};

/** How long a queue works before it is measured. */
const WARM_UP_MS = 2000;

/** Durable steps of queued jobs a second, ten to a job, beside each queue that people would take instead; everything syncs every commit. */
export function queuedJobs(
  inFlight: number,
  options: { readonly rounds: number; readonly roundMs: number },
): Measure[] {
  return Object.entries(RIVALS).map(([name, open]) => ({
    name: `durable ${STEPS}-step jobs through the queue beside ${name}, ${inFlight} in flight`,
    unit: "steps/s",
    floor: name,
    aim: "> 1",
    samples: side(inFlight, open, options),
  }));
}

async function* side(
  inFlight: number,
  open: (inFlight: number) => Promise<Rival>,
  { rounds, roundMs }: { readonly rounds: number; readonly roundMs: number },
): AsyncGenerator<Sample> {
  await using ours = await verbatim(inFlight);
  await using other = await open(inFlight);
  await stepsASecond(ours, inFlight, WARM_UP_MS);
  await stepsASecond(other, inFlight, WARM_UP_MS);
  for (let round = 0; round < rounds; round += 1) {
    const floor = await stepsASecond(other, inFlight, roundMs);
    yield { ours: await stepsASecond(ours, inFlight, roundMs), floor };
  }
}

async function stepsASecond(queue: Rival, inFlight: number, milliseconds: number): Promise<number> {
  let jobs = 0;
  const start = performance.now();
  const flight = async (): Promise<void> => {
    while (performance.now() - start < milliseconds) {
      await queue.perform();
      jobs += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, flight));
  return (jobs * STEPS * 1000) / (performance.now() - start);
}

/** On a PostgreSQL of its own that syncs every commit. */
async function onPostgres(open: (place: Place) => Promise<Rival>, inFlight: number): Promise<Rival> {
  const server = await startPostgres({ syncs: "disk" });
  const rival = await open({ url: server.url, inFlight, onStep: () => undefined });
  return {
    perform: async () => await rival.perform(),
    async [Symbol.asyncDispose]() {
      await rival[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
