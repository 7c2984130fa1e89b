// Prints every measure as a ratio to a floor that is measured in the same run: absolute figures say more about the machine
// than about the code. `--quick` makes it short, `--json` prints one object, `--only TEXT` picks measures by name.
import { randomUUIDv7 } from "node:crypto";
import { createMemoryStore } from "#evidence";
import { deciders } from "./decider-measure.ts";
import { bareSync } from "./floors.ts";
import { firstResult, median, streaming, unary } from "./measures.ts";
import type { Measure } from "./measures.ts";
import { commandsOfPlan, linearPlans, resumption } from "./plan-measures.ts";
import { jobsOnPostgres } from "./postgres-measures.ts";
import { queuedJobs } from "./queue-measures.ts";
import { commandStart } from "./start-measure.ts";
import { draft, verification } from "./verify-measure.ts";
import { twoWorkers } from "./workers-measure.ts";

const quick = process.argv.includes("--quick");
const json = process.argv.includes("--json");
const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1] : undefined;
const rounds = quick ? 3 : 7;

const lines = await stepLines();
const measures: readonly Measure[] = [
  streaming(1, { rounds, jobs: quick ? 50 : 300, lines }),
  streaming(32, { rounds, jobs: quick ? 320 : 2000, lines }),
  firstResult({ rounds, jobs: quick ? 50 : 200, lines }),
  unary({ rounds, calls: quick ? 200 : 1000, inFlight: 1, steps: 1 }),
  unary({ rounds, calls: quick ? 200 : 1000, inFlight: 1, steps: 10 }),
  unary({ rounds, calls: quick ? 400 : 3000, inFlight: 32, steps: 10 }),
  verification({ rounds: 3, records: quick ? 50_000 : 1_000_000 }),
  deciders({ rounds }),
  commandStart({ rounds }),
  commandsOfPlan({ rounds, commands: 200 }),
  linearPlans({ rounds: 3, jobs: quick ? 2000 : 5000 }),
  resumption({ rounds: 2, records: quick ? 20_000 : 100_000 }),
  ...queuedJobs(1, { rounds, roundMs: quick ? 1000 : 3000 }),
  ...queuedJobs(32, { rounds, roundMs: quick ? 1000 : 3000 }),
  ...jobsOnPostgres(1, { rounds, roundMs: quick ? 1000 : 2000, lines }),
  ...jobsOnPostgres(32, { rounds, roundMs: quick ? 1000 : 2000, lines }),
  twoWorkers({ rounds, roundMs: quick ? 2000 : 4000 }),
];

const syncMs = bareSync();
if (!json) console.log(`one bare sync of a page on this disk: ${figure(syncMs)} ms, p50`);

const results = [];
for (const { name, unit, floor, aim, samples } of measures) {
  if (only !== undefined && !name.includes(only)) continue;
  const [ours, floors, ratios]: [number[], number[], number[]] = [[], [], []];
  for await (const sample of samples) {
    ours.push(sample.ours);
    floors.push(sample.floor);
    ratios.push(sample.ours / sample.floor);
  }
  const result = {
    name,
    unit,
    ours: median(ours),
    floor: median(floors),
    floorIs: floor,
    ratio: median(ratios),
    low: Math.min(...ratios),
    high: Math.max(...ratios),
    aim,
  };
  results.push(result);
  if (json) continue;
  console.log(
    `${name}\n  ratio ${result.ratio.toFixed(2)} (${result.low.toFixed(2)}..${result.high.toFixed(2)}), aim ${aim}; ${figure(result.ours)} ${unit} against ${figure(result.floor)} of ${floor}`,
  );
}
if (json) console.log(JSON.stringify({ bareSyncMs: syncMs, results }, undefined, 2));

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** The two lines of one step, as the store makes them. */
async function stepLines(): Promise<readonly string[]> {
  const store = createMemoryStore({ newEventId: randomUUIDv7 });
  const stored = await store.append("00000000-0000-7000-8000-000000000000", 0, [0, 1, 2].map(draft));
  await store.close();
  return stored.slice(1).map(({ line }) => line);
}
