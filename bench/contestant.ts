// One of those that are measured beside each other on one PostgreSQL, in a process of its own. Its parent says for how long it works.
import { dbos } from "./rivals/dbos.ts";
import { graphileWorker, graphileWorkerWithRows } from "./rivals/graphile-worker.ts";
import { pgBoss, pgBossWithRows } from "./rivals/pg-boss.ts";
import { STEPS } from "./rivals/rival.ts";
import type { Place, Rival } from "./rivals/rival.ts";
import { verbatimOnPostgres } from "./rivals/verbatim-postgres.ts";

const OPEN: Readonly<Record<string, (place: Place) => Promise<Rival>>> = {
  verbatim: verbatimOnPostgres,
  dbos,
  "pg-boss": pgBoss,
  "pg-boss-rows": pgBossWithRows,
  "graphile-worker": graphileWorker,
  "graphile-worker-rows": graphileWorkerWithRows,
};

const [name = "", url = "", lanes = "1"] = process.argv.slice(2);
const open = OPEN[name];
if (open === undefined) throw new Error(`there is no contestant ${name}`);
const inFlight = Number(lanes);
let steps = 0;
const rival = await open({ url, inFlight, onStep: () => (steps += 1) });

process.on("message", (milliseconds: number) => void work(milliseconds));
process.on("disconnect", () => void end());
process.send?.("ready");

/** Has jobs done until the time is over, and for each that was begun until its end. */
async function work(milliseconds: number): Promise<void> {
  const [before, start] = [steps, performance.now()];
  const cpu = process.cpuUsage();
  let jobs = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() - start < milliseconds) {
      await rival.perform();
      jobs += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const took = performance.now() - start;
  if (steps - before !== jobs * STEPS) throw new Error(`${steps - before} steps were performed for ${jobs} jobs`);
  process.send?.({ steps: steps - before, milliseconds: took, cpu: cpuOf(cpu) });
}

async function end(): Promise<void> {
  await rival[Symbol.asyncDispose]();
  process.exit(0);
}

/** Microseconds. */
function cpuOf(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}
