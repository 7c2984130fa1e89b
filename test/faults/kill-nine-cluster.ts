import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { livingWith } from "../effects/support/processes.ts";
import { SharedStores } from "../evidence/support/shared-stores.ts";
import { until } from "../effects/support/until.ts";
import { seededRandom } from "../support/random.ts";
import { ClusterRun } from "./cluster/cluster-run.ts";
import { judgeCluster } from "./cluster/judge-cluster.ts";
import type { ClusterFindings } from "./cluster/judge-cluster.ts";
import { KilledSlot } from "./cluster/killed-slot.ts";
import type { ClusterPlace } from "./cluster/shared-cluster.ts";

/** Runs that are on their way at the same time. */
const AT_A_TIME = 8;
/** From the moment when some runs may begin until the kill. */
const LATER_MS = { least: 50, most: 1500 };
/** Every so many kills, the node that was killed is killed again while it starts. */
const KILLS_PER_KILLED_START = 6;
const MOST_START_MS = 1500;
const LOOK_MS = 5;

/** What to do, and where. */
export interface KillClusterOptions {
  readonly place: ClusterPlace;
  /** At least 1. */
  readonly kills: number;
  readonly runs: number;
  readonly seed: number;
  /** A run that has not ended so long after it was asked for is stuck. */
  readonly patienceMs: number;
}

/** What was seen. */
export interface KillClusterReport extends ClusterFindings {
  readonly seed: number;
  readonly killedNodes: number;
  readonly killedWorkers: number;
  readonly killedStarts: number;
  /** Calls that broke off because their node was killed. */
  readonly brokenCalls: number;
}

/**
 * Kills servers and workers at random moments, and starts each again, while runs are asked for at whichever server answers. In the end
 * what clients were told, what is found outside and what the logs say is compared.
 */
export async function killCluster(options: KillClusterOptions): Promise<KillClusterReport> {
  const { place, kills, runs: count, seed, patienceMs } = options;
  const random = seededRandom(seed);
  const names = [
    ["node", "n0"],
    ["node", "n1"],
    ["worker", "w0"],
    ["worker", "w1"],
  ] as const;
  const slots = names.map(([kind, name]) => new KilledSlot(place, { kind, name }));
  const nodes = slots.filter(({ kind }) => kind === "node");
  const effects = join(place.directory, "effects");
  const prefix = `c${process.pid}x${seed}`;
  const runs = Array.from({ length: count }, (_none, at) => {
    const draw = { random: seededRandom(seed * 10_000 + at), effects };
    return new ClusterRun(`${prefix}-${at}`, { ...draw, kind: at % 3 === 2 ? "job" : "plan" });
  });
  try {
    await Promise.all(slots.map(async (slot) => await slot.start()));
    const pace = new Pace(options);
    const asking = askAll(runs, pace, async (run) => await run.drive(nodes, { patienceMs }));
    const seen = await killAll(slots, pace, { random, kills });
    await asking;
    await Promise.all(slots.map(async (slot) => await slot.started()));
    await until("no command is left", () => livingWith(`VERBATIM_JOB_ID=${prefix}-`).length === 0);
    const brokenCalls = runs.reduce((sum, run) => sum + run.brokenCalls, 0);
    const stopped = await Promise.all(slots.map(async (slot) => await slot.stop()));
    await using stores = new SharedStores(place.url);
    const store = stores.open({ schema: place.schema }); // looked at with no server in between
    const findings = await judgeCluster(runs, { store, effects, directory: place.directory });
    const problems = [...findings.problems, ...stopped.flat()];
    return { ...findings, problems, seed, ...seen, brokenCalls };
  } finally {
    await Promise.all(slots.map(async (slot) => await slot[Symbol.asyncDispose]()));
  }
}

/** Lets some runs begin for each kill, so that each comes while runs are on their way. */
class Pace {
  #begun = 0;
  #released = 0;
  readonly #runsPerKill: number;

  constructor({ kills, runs }: Pick<KillClusterOptions, "kills" | "runs">) {
    this.#runsPerKill = runs / kills;
  }

  /** A kill comes soon. */
  release(): void {
    this.#released += this.#runsPerKill;
  }

  /** Resolves when the next run may begin. */
  async nextRun(): Promise<void> {
    const place = this.#begun;
    this.#begun += 1;
    while (Math.round(this.#released) <= place) await pause(LOOK_MS);
  }
}

async function askAll(
  runs: readonly ClusterRun[],
  pace: Pace,
  drive: (run: ClusterRun) => Promise<void>,
): Promise<void> {
  const left = runs.values();
  const some = async (): Promise<void> => {
    for (const run of left) {
      await pace.nextRun();
      await drive(run);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, some));
}

interface Killing {
  readonly random: () => number;
  readonly kills: number;
}

/** Kills a worker and a node in turn; each is started again at once, and may still start when the next one is killed. */
async function killAll(slots: readonly KilledSlot[], pace: Pace, { random, kills }: Killing) {
  const seen = { killedNodes: 0, killedWorkers: 0, killedStarts: 0 };
  for (let kill = 0; kill < kills; kill += 1) {
    const of = slots.filter(({ kind }) => kind === (kill % 2 === 0 ? "worker" : "node"));
    const slot = of[Math.floor(random() * of.length)];
    if (slot === undefined) continue;
    await slot.started();
    pace.release();
    await pause(LATER_MS.least + random() * (LATER_MS.most - LATER_MS.least));
    await slot.kill();
    seen[slot.kind === "node" ? "killedNodes" : "killedWorkers"] += 1;
    if (kill % KILLS_PER_KILLED_START === KILLS_PER_KILLED_START - 1)
      seen.killedStarts += await slot.killStart(random() * MOST_START_MS);
    slot.startSoon();
  }
  return seen;
}
