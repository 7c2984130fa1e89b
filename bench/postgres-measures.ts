import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { startPostgres } from "../test/support/postgres-server.ts";
import { startSharedServer } from "./child.ts";
import type { Measure, Sample } from "./measures.ts";
import { postgresFloor } from "./postgres-floor.ts";
import { RawClient } from "./raw-client.ts";
import { STEPS } from "./rivals/rival.ts";

/** Names of the contestants, and what they are. */
const RIVALS: Readonly<Record<string, string>> = {
  dbos: "DBOS Transact, a workflow of ten steps",
  "pg-boss": "pg-boss, a job of it for each step",
  "pg-boss-rows": "pg-boss, one job and ten rows of one's own",
  "graphile-worker": "graphile-worker, a job of it for each step",
  "graphile-worker-rows": "graphile-worker, one job and ten rows of one's own",
};
const NAKED = "naked INSERTs of the same lines";
const OURS = { "in process": "verbatim", "over gRPC": "verbatim-grpc" };

/** How long each works before it is measured. */
const WARM_UP_MS = 1000;
/** More than all contestants together use. */
const SETTINGS = ["max_connections=400"];

/** What is measured with. */
interface Options {
  readonly rounds: number;
  readonly roundMs: number;
  /** The lines of one step. */
  readonly lines: readonly string[];
}

/** Steps a second of each contestant in one round. */
type Round = ReadonlyMap<string, number>;

interface Contestant extends AsyncDisposable {
  readonly name: string;
  stepsASecond(milliseconds: number): Promise<number>;
}

/**
 * Durable jobs of ten steps, all kept on one PostgreSQL that syncs every commit: ours, the libraries that people would take instead, and INSERTs
 * with nothing around them. One after the other has its turn in each round, each in a process of its own. The libraries are called within
 * theirs, and so are we; over gRPC a server and its client are two processes.
 */
export function jobsOnPostgres(inFlight: number, options: Options): Measure[] {
  let rounds: Promise<readonly Round[]> | undefined;
  const held = (): Promise<readonly Round[]> => (rounds ??= contest(inFlight, options));
  const against = [...Object.entries(RIVALS), ["naked", `${NAKED}, ${inFlight} step(s) a commit`] as const];
  return Object.entries(OURS).flatMap(([how, ours]) =>
    against.map(([name, floor]) => ({
      name: `jobs on PostgreSQL: durable ${STEPS}-step jobs ${how} beside ${name}, ${inFlight} in flight`,
      unit: "steps/s",
      floor,
      aim: aimOf(name, inFlight),
      samples: pairs(held, ours, name),
    })),
  );
}

function aimOf(name: string, inFlight: number): string {
  if (name === "naked") return "printed";
  return inFlight === 1 ? "> 1" : ">= 3";
}

async function* pairs(held: () => Promise<readonly Round[]>, ours: string, other: string): AsyncGenerator<Sample> {
  for (const round of await held()) {
    yield { ours: round.get(ours) ?? Number.NaN, floor: round.get(other) ?? Number.NaN };
  }
}

async function contest(inFlight: number, { rounds, roundMs, lines }: Options): Promise<readonly Round[]> {
  await using server = await startPostgres({ syncs: "disk", settings: SETTINGS });
  await using all = new AsyncDisposableStack();
  const contestants: Contestant[] = [];
  for (const name of ["verbatim", ...Object.keys(RIVALS)]) {
    contestants.push(all.use(await inItsProcess(name, server.url, inFlight)));
  }
  contestants.push(all.use(await overGrpc(server.url, inFlight)));
  contestants.push(all.use(naked(server.url, inFlight, lines)));
  for (const contestant of contestants) await contestant.stepsASecond(WARM_UP_MS);
  const seen: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const first = round % contestants.length;
    const figures = new Map<string, number>();
    for (const contestant of [...contestants.slice(first), ...contestants.slice(0, first)]) {
      figures.set(contestant.name, await contestant.stepsASecond(roundMs));
    }
    seen.push(figures);
  }
  return seen;
}

async function inItsProcess(name: string, url: string, inFlight: number): Promise<Contestant> {
  const child = fork(new URL("contestant.ts", import.meta.url), [name, url, String(inFlight)]);
  const ended = once(child, "exit");
  const broken = ended.then(([code]) => {
    throw new Error(`${name} ended with ${code}`);
  });
  broken.catch(() => undefined); // told where it is waited for
  const message = async (): Promise<unknown> => {
    const [said]: unknown[] = await Promise.race([once(child, "message"), broken]);
    return said;
  };
  await message();
  return {
    name,
    async stepsASecond(milliseconds) {
      child.send(milliseconds);
      const done = (await message()) as { readonly steps: number; readonly milliseconds: number }; // the script's answer
      return (done.steps * 1000) / done.milliseconds;
    },
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await ended;
    },
  };
}

async function overGrpc(url: string, inFlight: number): Promise<Contestant> {
  const server = await startSharedServer(url);
  const client = new RawClient(server.address);
  return {
    name: OURS["over gRPC"],
    async stepsASecond(milliseconds) {
      const before = (await server.usage()).steps;
      const start = performance.now();
      const lane = async (): Promise<void> => {
        while (performance.now() - start < milliseconds) await client.stream(randomUUID(), STEPS);
      };
      await Promise.all(Array.from({ length: inFlight }, lane));
      const took = performance.now() - start;
      return (((await server.usage()).steps - before) * 1000) / took;
    },
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

function naked(url: string, inFlight: number, lines: readonly string[]): Contestant {
  return {
    name: "naked",
    stepsASecond: async (milliseconds) => await postgresFloor(url, { lines, perCommit: inFlight, milliseconds }),
    async [Symbol.asyncDispose]() {
      // nothing stays open
    },
  };
}
