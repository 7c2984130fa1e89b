import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import type { VerbatimClient } from "#api";
import { WatchJobRequestSchema } from "../../src/api/gen/verbatim/executor/v1/executor_pb.ts";
import { forgetPeak, residentMemory } from "../support/resident-memory.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startServer } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { step, wireJob } from "../support/wire-job.ts";
import { readAll } from "./read-streams.ts";
import { leaveUnread } from "./unread-answers.ts";

/** `npm run faults:streams` has a thousand, and more steps and rounds. */
const STREAMS = Number(process.env["VERBATIM_FAULT_STREAMS"] ?? 100);
const FULL = STREAMS >= 1000;
const [STEPS, ROUNDS] = FULL ? [200, 5] : [20, 1];
const STEP_MS = 10;
const CONNECTIONS = 9;
const GROWN_AT_MOST_MIB = 160;
/** The figure is printed; a busy machine may not fail for it. */
const SLOWER_AT_MOST = 20;
const LOOK_MS = 5;

interface Timed {
  readonly ms: number;
  /** By how much the server's memory rose while the job ran, in MiB. */
  readonly grownMiB: number;
}

/** Times a job from the moment at which all its watchers have been told of its beginning; a tenth of them never reads. */
async function timed(
  name: string,
  streams: number,
  on: { directory: string; server: ServerProcess; client: VerbatimClient },
): Promise<Timed> {
  const file = join(on.directory, name);
  const steps = Array.from({ length: STEPS }, () => step("sleep", { ms: STEP_MS }));
  const job = wireJob(name, [step("await_file", { file }), ...steps]);
  const before = residentMemory(on.server.pid).now;
  const result = on.client.executor.executeJob(job);
  result.catch(() => undefined); // awaited below
  await untilAccepted(on.client, name);
  const call = {
    path: "/verbatim.executor.v1.JobExecutorService/WatchJob",
    input: WatchJobRequestSchema,
    request: { jobId: name },
  };
  const socket = on.server.address.slice("unix:".length);
  using read = readAll(call, { socket, connections: CONNECTIONS, streams: Math.round((streams * 0.9) / CONNECTIONS) });
  using unread = leaveUnread(call, { socket, connections: 1, streams: Math.round(streams / 10) });
  while (read.bytes.includes(0)) await pause(LOOK_MS);
  forgetPeak(on.server.pid);
  const startMs = performance.now();
  writeFileSync(file, "");
  await result;
  const ms = performance.now() - startMs;
  const statuses = await read.ended;
  expect(statuses.filter((status) => status !== 0)).toEqual([]);
  expect([...unread.statuses.keys()].filter((status) => status !== 8)).toEqual([]);
  return { ms, grownMiB: Math.round(residentMemory(on.server.pid).peak - before) };
}

async function untilAccepted(client: VerbatimClient, jobId: string): Promise<void> {
  for (;;) {
    const found = await client.executor.getJob({ jobId }).then(
      () => true,
      () => false,
    );
    if (found) return;
    await pause(LOOK_MS);
  }
}

test(`P4 ${STREAMS} streams of a job, a tenth of them never read, hardly hold it up and cost at most ${GROWN_AT_MOST_MIB} MiB`, async () => {
  await using directory = await scratchDirectory();
  await using server = await startServer({ state: `${directory.path}/state` });
  using client = await server.client();
  const on = { directory: directory.path, server, client };
  await timed("first", 0, on);
  const [none, many]: [Timed[], Timed[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    none.push(await timed(`none-${round}`, 0, on));
    many.push(await timed(`many-${round}`, STREAMS, on));
  }
  const [alone, watched] = [none, many].map((times) => Math.min(...times.map(({ ms }) => ms)));
  const ratio = (watched ?? 0) / (alone ?? 1);
  const grownMiB = Math.max(...many.map((one) => one.grownMiB));
  console.info(`${STREAMS} streams:`, JSON.stringify({ alone, watched, ratio, grownMiB }));
  expect(grownMiB).toBeLessThanOrEqual(GROWN_AT_MOST_MIB);
  expect(ratio).toBeLessThan(SLOWER_AT_MOST);
}, 600_000);
