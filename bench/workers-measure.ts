import { randomUUID, randomUUIDv7 } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createPostgresStore } from "#evidence";
import type { EvidenceStore } from "#evidence";
import { systemClock } from "../src/main/system-clock.ts";
import { startPostgres } from "../test/support/postgres-server.ts";
import { handOver, jobWith } from "../test/worker/support/handed-jobs.ts";
import { freshDirectory, startWorker } from "./child.ts";
import type { MeasuredServer } from "./child.ts";
import type { Measure, Sample } from "./measures.ts";
import { STEPS } from "./rivals/rival.ts";
import { BY_ALL, BY_ONE, WAIT_MS } from "./waiting-steps.ts";

/** Jobs that one worker performs at the same time. */
const CONCURRENCY = 2;
/** More than two workers can take, so that none of them waits for work. */
const IN_FLIGHT = 4 * CONCURRENCY;
const WARM_UP_MS = 2000;

/**
 * Steps that wait, as for the network, performed by two workers beside one: jobs are handed over through the store, and each worker has
 * a process of its own. One of the two step types is served by the first worker alone.
 */
export function twoWorkers(options: { readonly rounds: number; readonly roundMs: number }): Measure {
  return {
    name: `two workers on steps that wait ${WAIT_MS} ms, ${CONCURRENCY} jobs each, on PostgreSQL`,
    unit: "steps/s",
    floor: "one worker",
    aim: ">= 1.6",
    samples: samples(options),
  };
}

async function* samples(options: { readonly rounds: number; readonly roundMs: number }): AsyncGenerator<Sample> {
  await using database = await startPostgres({ syncs: "disk" });
  await using shared = openStore(database.url);
  const { store } = shared;
  const started = { concurrency: CONCURRENCY };
  await using first = await startWorker(database.url, { ...started, name: "first", serves: [BY_ONE, BY_ALL] });
  await using second = await startWorker(database.url, { ...started, name: "second", serves: [BY_ALL] });
  const workers = [first, second];
  const rate = async (stepType: string, milliseconds: number): Promise<number> =>
    await stepsASecond(workers, () => perform(store, stepType), milliseconds);
  for (const stepType of [BY_ONE, BY_ALL]) await rate(stepType, WARM_UP_MS);
  for (let round = 0; round < options.rounds; round += 1) {
    const floor = await rate(BY_ONE, options.roundMs);
    yield { ours: await rate(BY_ALL, options.roundMs), floor };
  }
}

/** Counted by the handlers. */
async function stepsASecond(
  workers: readonly MeasuredServer[],
  job: () => Promise<unknown>,
  milliseconds: number,
): Promise<number> {
  const counted = async (): Promise<number> =>
    (await Promise.all(workers.map((worker) => worker.usage()))).reduce((sum, { steps }) => sum + steps, 0);
  const before = await counted();
  const start = performance.now();
  const lane = async (): Promise<void> => {
    while (performance.now() - start < milliseconds) await job();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return (((await counted()) - before) * 1000) / (performance.now() - start);
}

function openStore(url: string): { readonly store: EvidenceStore } & AsyncDisposable {
  const directory = freshDirectory();
  const place = { url, clock: systemClock, newToken: randomUUID };
  const store = createPostgresStore(join(directory, "state"), place, { newEventId: randomUUIDv7 });
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Hands a job over and reads its log until its end. */
async function perform(store: EvidenceStore, stepType: string): Promise<void> {
  const job = jobWith(
    randomUUID(),
    Array.from({ length: STEPS }, () => [stepType, {}] as const),
  );
  await handOver(store, job);
  let last = "";
  for await (const records of store.tail(job.jobId, -1)) last = records.at(-1)?.record.status ?? "";
  if (last !== "succeeded") throw new Error(`the job ended ${last}`);
}
