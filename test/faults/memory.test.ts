import { expect, test } from "vitest";
import type { VerbatimClient } from "#api";
import { forgetPeak, residentMemory } from "../support/resident-memory.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startServer } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { runRead, runUnread } from "./unread-streams.ts";

/** Results in all; `npm run faults:memory` asks for a million. */
const RESULTS = Number(process.env["VERBATIM_FAULT_RESULTS"] ?? 100_000);
const FULL = RESULTS >= 1_000_000;
const JOBS = 100;
const STEPS = RESULTS / JOBS;
/** With more at a time the declared steps and results of the running jobs alone would be more than the bound. */
const AT_A_TIME = FULL ? 4 : 8;
const BOUND_MIB = 64;
const MINUTES = 60_000;

interface Rise {
  /** From the start of the server to the most that was seen, in MiB. */
  readonly fromStartMib: number;
  /** The same from the end of the first job, after which the code is compiled and the buffers are there. */
  readonly riseMib: number;
  readonly seconds: number;
}

/** Has a server do a first job of `warmUp` steps and then `load`, and answers by how much its memory rose. */
async function rise(
  warmUp: number,
  load: (server: ServerProcess, client: VerbatimClient) => Promise<void>,
): Promise<Rise> {
  await using directory = await scratchDirectory();
  await using server = await startServer({ state: `${directory.path}/state` });
  using client = await server.client();
  const start = residentMemory(server.pid).now;
  await runRead(client, { jobs: 1, steps: warmUp, atATime: 1, name: "first" });
  const before = residentMemory(server.pid).now;
  forgetPeak(server.pid);
  const startMs = performance.now();
  await load(server, client);
  const seconds = Math.round((performance.now() - startMs) / 100) / 10;
  const { peak } = residentMemory(server.pid);
  return { fromStartMib: Math.round(peak - start), riseMib: Math.round(peak - before), seconds };
}

test(
  `P4 one job of ${STEPS} steps is streamed within ${BOUND_MIB} MiB of memory`,
  async () => {
    const seen = await rise(1, async (_server, client) => {
      const events = await runRead(client, { jobs: 1, steps: STEPS, atATime: 1, name: "single" });
      expect(events).toBe(2 * STEPS + 1);
    });
    console.info(`one job of ${STEPS} steps:`, JSON.stringify(seen));
    expect(seen.riseMib).toBeLessThanOrEqual(BOUND_MIB);
  },
  10 * MINUTES,
);

test(
  `P4 ${RESULTS} results for a client that does not read cost at most ${BOUND_MIB} MiB and hold up no job`,
  async () => {
    const jobs = { jobs: JOBS, steps: STEPS, atATime: AT_A_TIME, name: "unread" };
    const unread = await rise(1000, async ({ address }, client) => {
      using streams = await runUnread(address.slice("unix:".length), client, jobs);
      const numbers = await streams.readLate(JOBS - 1);
      // A start and an end of each step, and the end of the run; other records, such as checkpoints, are no events.
      expect(numbers).toHaveLength(2 * STEPS + 1);
      expect(numbers).toEqual([...new Set(numbers)].toSorted((one, other) => one - other));
    });
    console.info(`${RESULTS} results, unread:`, JSON.stringify(unread));
    expect(unread.riseMib).toBeLessThanOrEqual(BOUND_MIB);
    if (!FULL) return;
    const read = await rise(1000, async (_server, client) => {
      await runRead(client, jobs);
    });
    console.info(`the same, read:`, JSON.stringify({ ...read, ratio: read.seconds / unread.seconds }));
  },
  (FULL ? 120 : 5) * MINUTES,
);
