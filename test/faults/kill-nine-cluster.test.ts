import { expect, test } from "vitest";
import { startPostgres } from "../support/postgres-server.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { killCluster } from "./kill-nine-cluster.ts";

/** `npm run faults:cluster` asks for 200 kills during 1,000 runs. */
const KILLS = Number(process.env["VERBATIM_FAULT_CLUSTER_KILLS"] ?? 3);
const RUNS = Number(process.env["VERBATIM_FAULT_CLUSTER_RUNS"] ?? 12);
const SEED = Number(process.env["VERBATIM_FAULT_SEED"] ?? Date.now() % 1_000_000);
const LEASE_SECONDS = 1;
const MINUTES = 60_000;

test(
  `P1 P2 after ${KILLS} kills of servers and workers all of ${RUNS} runs end, each step with one result`,
  async () => {
    await using directory = await scratchDirectory();
    await using database = await startPostgres({ syncs: true });
    const place = { directory: directory.path, url: database.url, schema: "killed", leaseSeconds: LEASE_SECONDS };
    const options = { place, kills: KILLS, runs: RUNS, seed: SEED, patienceMs: 2 * MINUTES };
    const { problems, ...figures } = await killCluster(options);
    console.info("kill -9 of a cluster:", JSON.stringify(figures));
    expect(problems.slice(0, 50)).toEqual([]);
    // What was not met was not tested.
    expect(figures.killedNodes + figures.killedWorkers).toBe(KILLS);
    if (KILLS >= 20) expect(figures.closedByOthers).toBeGreaterThan(0);
    expect(figures.effects).toBeGreaterThan(RUNS);
    expect(figures.attempts).toBeGreaterThan(0);
  },
  120 * MINUTES,
);
