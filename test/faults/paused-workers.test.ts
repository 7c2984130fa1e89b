import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { livingWith } from "../effects/support/processes.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { startRedis } from "../support/redis-server.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { beAway, effectsOf, namesOf } from "./cluster/away-worker.ts";
import type { Away, AwayBench } from "./cluster/away-worker.ts";
import { startLinedWorker, startNode } from "./cluster/shared-cluster.ts";
import type { ClusterPlace, LinedWorker } from "./cluster/shared-cluster.ts";

/** `npm run faults:paused` asks for more, of both. */
const PAUSES = Number(process.env["VERBATIM_FAULT_PAUSES"] ?? 2);
const CUTS = Number(process.env["VERBATIM_FAULT_PAUSES"] ?? 1);
const LEASE_SECONDS = 1;
const MINUTES = 60_000;
const QUEUES = ["pg-boss", "BullMQ"] as const;

const resources = new AsyncDisposableStack();
const benches = new Map<string, AwayBench>();

beforeAll(async () => {
  const [database, redis, scratch] = await Promise.all([
    startPostgres({ syncs: true }),
    startRedis(),
    scratchDirectory(),
  ]);
  for (const resource of [scratch, database, redis]) resources.use(resource);
  const common = { url: database.url, leaseSeconds: LEASE_SECONDS, directory: scratch.path };
  const places: readonly ClusterPlace[] = [
    { ...common, schema: "boss" },
    { ...common, schema: "bull", redis: redis.url },
  ];
  await Promise.all(
    places.map(async (place, at) => {
      const name = (what: string): string => `${place.schema}-${what}`;
      const lined = async (what: string): Promise<LinedWorker> =>
        resources.use(await startLinedWorker(place, name(what)));
      const node = startNode(place, name("node")).then((started) => resources.use(started));
      const workers = await Promise.all([lined("one"), lined("two")] as const);
      const client = resources.adopt(await (await node).client(), (open) => open.close());
      benches.set(QUEUES[at] ?? "", { client, workers, files: join(scratch.path, name("")), expected: [] });
    }),
  );
}, 120_000);

afterAll(async () => {
  await resources.disposeAsync();
}, 60_000);

const stopped: Away = (worker) => {
  worker.signal("SIGSTOP");
  return () => worker.signal("SIGCONT");
};

/** What was under way when the line fell silent comes late, or never. */
const cutOff =
  (forgets: boolean): Away =>
  (worker) => {
    worker.cut();
    return () => worker.mend({ forgets });
  };

describe.concurrent.each(QUEUES)("workers that %s prompts", (queue) => {
  test(
    `P2 one that is stopped in a step beyond its lease, ${PAUSES} times, and one that is cut off, ${CUTS} times, does and records nothing more`,
    async () => {
      const bench = benches.get(queue);
      if (bench === undefined) throw new Error("it was not started");
      const prefix = `${queue}-${process.pid}`;
      for (let round = 0; round < PAUSES; round += 1)
        await beAway(bench, { jobId: `${prefix}-stopped-${round}`, away: stopped, ends: round % 2 === 0 });
      for (let round = QUEUES.indexOf(queue); round < CUTS + QUEUES.indexOf(queue); round += 1)
        await beAway(bench, {
          jobId: `${prefix}-cut-${round}`,
          away: cutOff(round % 4 > 1),
          ends: round % 2 === 0,
        });
      for (const worker of bench.workers) expect(await worker.end("SIGTERM")).toBe(0);
      expect(livingWith(`VERBATIM_JOB_ID=${prefix}-`)).toEqual([]);
      expect(namesOf(effectsOf(bench))).toEqual(bench.expected); // nothing came late
    },
    30 * MINUTES,
  );
});
