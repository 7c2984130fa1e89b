import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { VerbatimClient } from "#api";
import { resultOf } from "#api";
import { verifyLines } from "#evidence";
import { livingWith } from "../effects/support/processes.ts";
import { until } from "../effects/support/until.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { startRedis } from "../support/redis-server.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { commandJob, EFFECT, linesOver, recordsIn } from "./cluster/command-job.ts";
import { startLinedWorker, startNode } from "./cluster/shared-cluster.ts";
import type { ClusterPlace, LinedWorker } from "./cluster/shared-cluster.ts";

/** `npm run faults:paused` asks for more, of both. */
const PAUSES = Number(process.env["VERBATIM_FAULT_PAUSES"] ?? 2);
const CUTS = Number(process.env["VERBATIM_FAULT_PAUSES"] ?? 1);
const LEASE_SECONDS = 1;
const MINUTES = 60_000;
const QUEUES = ["pg-boss", "BullMQ"] as const;

/** What the two workers of a queue share, and who gives them jobs. */
interface Bench {
  readonly client: VerbatimClient;
  readonly workers: readonly [LinedWorker, LinedWorker];
  readonly directory: string;
  /** Every effect that there may be, of all rounds. */
  readonly expected: string[];
}

const resources = new AsyncDisposableStack();
const benches = new Map<string, Bench>();

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
      const node = resources.use(await startNode(place, name("node")));
      const lined = async (what: string): Promise<LinedWorker> =>
        resources.use(await startLinedWorker(place, name(what)));
      const workers = await Promise.all([lined("one"), lined("two")] as const);
      const client = resources.adopt(await node.client(), (open) => open.close());
      benches.set(QUEUES[at] ?? "", { client, workers, directory: join(scratch.path, name("")), expected: [] });
    }),
  );
}, 120_000);

afterAll(async () => {
  await resources.disposeAsync();
}, 60_000);

/** How a worker is kept from the others for longer than its lease. Answers how it comes back. */
type Away = (worker: LinedWorker, round: number) => () => void;

const STOPPED: Away = (worker) => {
  worker.signal("SIGSTOP");
  return () => worker.signal("SIGCONT");
};

const CUT_OFF: Away = (worker, round) => {
  worker.cut();
  return () => worker.mend({ forgets: round % 2 === 1 });
};

/** A command with a child, which would end well if the file that is its second argument came. */
const WAITS = `${EFFECT}; sleep 900 & while [ ! -e "$2" ]; do sleep 0.05; done; kill $!; wait; exit 0`;

function effects({ directory }: Bench): readonly string[] {
  try {
    return readFileSync(`${directory}effects`, "latin1")
      .split("\n")
      .slice(0, -1)
      .map((line) => line.trimEnd());
  } catch {
    return []; // nothing was done yet
  }
}

const belongsTo =
  (jobId: string) =>
  (effect: string): boolean =>
    effect.startsWith(`${jobId}/`);

/** One job whose worker is away in its second step, until another worker has closed it and the first one knows. */
async function oneRound(
  bench: Bench,
  jobId: string,
  { away, opens }: { away: () => Away; opens: boolean },
  round: number,
) {
  const { client, workers, directory } = bench;
  const [file, gate] = [`${directory}effects`, `${directory}gate-${jobId}`];
  const asked = client.executor.executeJob(
    commandJob(jobId, [
      [EFFECT, "sh", file],
      [WAITS, "sh", file, gate],
      [EFFECT, "sh", file],
    ]),
  );
  await until("the second step runs", () => effects(bench).filter(belongsTo(jobId)).length === 2);
  const claimed = recordsIn((await linesOver(client, jobId)) ?? []).find(
    ({ event_type: type }) => type === "run.claimed",
  );
  const [first, other] =
    claimed?.actor === workers[0].name ? workers : ([...workers].reverse() as [LinedWorker, LinedWorker]); // two
  const back = away()(first, round);
  const { result } = await asked;
  const lines = (await linesOver(client, jobId)) ?? [];
  if (opens) {
    writeFileSync(gate, ""); // what it did ends well, and nobody may go on from there
    await until("the command has ended", () => livingWith(`VERBATIM_JOB_ID=${jobId}`).length === 0);
  }
  back();
  await until("the first worker knows", () => knowsOfFence(first, jobId));
  await until("nothing of the job is left", () => livingWith(`VERBATIM_JOB_ID=${jobId}`).length === 0);
  expect(await linesOver(client, jobId)).toEqual(lines); // it could append nothing
  const records = recordsIn(lines);
  const recovered = records.find(({ event_type: type }) => type === "log.recovered");
  expect(claimed?.data).toMatchObject({ worker: first.name, epoch: expect.any(String) });
  expect(recovered).toMatchObject({ actor: other.name, data: { worker: other.name } });
  const [before, after] = [claimed, recovered].map((record) => BigInt(String(record?.data?.["epoch"])));
  expect(after).toBeGreaterThan(before ?? 0n);
  const steps = records.filter(({ event_type: type }) => type.startsWith("step."));
  expect(steps.map(({ event_type: type, step_index: index }) => `${type} ${index}`)).toEqual([
    "step.started 0",
    "step.succeeded 0",
    "step.started 1",
    "step.in_doubt 1",
  ]);
  expect(await verifyLines(lines, { runId: jobId })).toMatchObject({ ok: true, complete: true });
  expect(result === undefined ? [] : resultOf(result).stepsInDoubt).toMatchObject([{ stepIndex: 1 }]);
  bench.expected.push(`${jobId}/0 ${before}`, `${jobId}/1 ${before}`);
  expect(effects(bench)).toEqual(bench.expected);
}

function knowsOfFence(worker: LinedWorker, jobId: string): boolean {
  return worker
    .log()
    .split("\n")
    .some((line) => line.includes('"run.fenced"') && line.includes(jobId));
}

describe.concurrent.each(QUEUES)("workers that %s prompts", (queue) => {
  test(
    `P2 one that is stopped in a step beyond its lease, ${PAUSES} times, and one that is cut off, ${CUTS} times, does and records nothing more`,
    async () => {
      const bench = benches.get(queue);
      if (bench === undefined) throw new Error("it was not started");
      // Every second time what it did ends while it is away: then its next step would be due.
      for (let round = 0; round < PAUSES; round += 1)
        await oneRound(bench, `stopped-${round}-${queue}`, { away: () => STOPPED, opens: round % 2 === 0 }, round);
      for (let round = 0; round < CUTS; round += 1)
        await oneRound(bench, `cut-${round}-${queue}`, { away: () => CUT_OFF, opens: round % 2 === 0 }, round);
      for (const worker of bench.workers) expect(await worker.end("SIGTERM")).toBe(0); // nothing runs in it that it would wait for
      expect(effects(bench)).toEqual(bench.expected);
    },
    30 * MINUTES,
  );
});
