import { sqliteFloor } from "./floors.ts";
import { startBareServer, startServer } from "./child.ts";
import { executeRequest, RawClient } from "./raw-client.ts";

const STEPS = 10;
const FLOOR_MS = 500;
/** How long a server works before it is measured: one that has just started is busy compiling its own code. */
const WARM_UP_MS = 3000;

/** One figure beside its floor, both from the same seconds of the same run. */
export interface Sample {
  readonly ours: number;
  readonly floor: number;
}

/** A measure: its name, what it is held against, and one sample a round. */
export interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly floor: string;
  /** The ratio that the design aims at. */
  readonly aim: string;
  readonly samples: AsyncIterable<Sample>;
}

/** Steps made durable and streamed, with so many jobs in flight. */
export function streaming(
  inFlight: number,
  options: { readonly rounds: number; readonly jobs: number; readonly lines: readonly string[] },
): Measure {
  const { rounds, jobs, lines } = options;
  async function* samples(): AsyncGenerator<Sample> {
    await using server = await startServer("sqlite");
    using client = new RawClient(server.address);
    await warmUp(inFlight, (job) => client.stream(job, STEPS));
    for (let round = 0; round < rounds; round += 1) {
      const floor = sqliteFloor(lines, inFlight, FLOOR_MS);
      const seconds = await timed(() => concurrently(inFlight, jobs, (job) => client.stream(`${round}-${job}`, STEPS)));
      yield { ours: (jobs * STEPS) / seconds, floor };
    }
  }
  return {
    name: `durable steps over gRPC streaming, ${inFlight} in flight`,
    unit: "steps/s",
    floor: `node:sqlite FULL alone, ${inFlight} a commit`,
    aim: inFlight === 1 ? ">= 0.7" : ">= 0.43",
    samples: samples(),
  };
}

/** Time to the first step result of a streamed job, beside one bare commit. */
export function firstResult(options: {
  readonly rounds: number;
  readonly jobs: number;
  readonly lines: readonly string[];
}): Measure {
  const { rounds, jobs, lines } = options;
  async function* samples(): AsyncGenerator<Sample> {
    await using server = await startServer("sqlite");
    using client = new RawClient(server.address);
    await warmUp(1, (job) => client.stream(job, 1));
    for (let round = 0; round < rounds; round += 1) {
      const floor = 1000 / sqliteFloor(lines, 1, FLOOR_MS);
      const times: number[] = [];
      for (let job = 0; job < jobs; job += 1) times.push(await client.stream(`${round}-${job}`, 1));
      yield { ours: median(times), floor };
    }
  }
  return { name: "first step result, p50", unit: "ms", floor: "one bare commit", aim: "<= 3", samples: samples() };
}

/** What unary calls are measured with. */
export interface UnaryOptions {
  readonly rounds: number;
  readonly calls: number;
  readonly inFlight: number;
  readonly steps: number;
}

/** Jobs executed by unary calls without durability, beside grpc-js that passes the same bytes. */
export function unary(options: UnaryOptions): Measure {
  const { rounds, calls, inFlight, steps } = options;
  async function* samples(): AsyncGenerator<Sample> {
    await using server = await startServer("memory");
    using client = new RawClient(server.address);
    const { length } = await client.execute("first-checked", steps);
    await using bareServer = await startBareServer(length);
    using bare = new RawClient(bareServer.address);
    const request = executeRequest("0-1000", steps);
    await warmUp(inFlight, () => bare.unary("/bare/Pass", request));
    await warmUp(inFlight, (job) => client.execute(job, steps));
    for (let round = 0; round < rounds; round += 1) {
      const floor = await timed(() => concurrently(inFlight, calls, () => bare.unary("/bare/Pass", request)));
      const ours = await timed(() =>
        concurrently(inFlight, calls, (call) => client.execute(`${round}-${call}`, steps)),
      );
      yield { ours: calls / ours, floor: calls / floor };
    }
  }
  return {
    name: `unary ExecuteJob, ${steps} step(s), store in memory, ${inFlight} in flight`,
    unit: "calls/s",
    floor: "bare grpc-js passing the same bytes",
    aim: ">= 0.6",
    samples: samples(),
  };
}

/** Runs tasks, so many at a time, until the time is over. Each is given a job id of its own. */
async function warmUp(inFlight: number, task: (jobId: string) => Promise<unknown>): Promise<void> {
  const start = performance.now();
  for (let round = 0; performance.now() - start < WARM_UP_MS; round += 1) {
    await concurrently(inFlight, inFlight, (index) => task(`warm-${round}-${index}`));
  }
}

/** Runs `count` tasks, so many at a time. */
export async function concurrently(
  inFlight: number,
  count: number,
  task: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await task(next);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

/** The middle one. */
export function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
