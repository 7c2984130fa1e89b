import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { livingWith } from "../effects/support/processes.ts";
import { seededRandom } from "../support/random.ts";
import { startServer } from "../support/server-process.ts";
import { effectsByRun, judgeRun } from "./plans/judge-run.ts";
import { randomPlan } from "./plans/random-plan.ts";
import { ToldRun } from "./plans/told-run.ts";

const MOST_JOBS = 30;
const MOMENT_MS = { least: 5, most: 1200 };
const LOOK_MS = 10;

/** What one stop showed. */
export interface DrainReport {
  /** Jobs that had not succeeded when the server was told to stop, as far as clients were told. */
  readonly left: number;
  /** Broken promises, in words. */
  readonly problems: readonly string[];
}

/**
 * Stops a server by SIGTERM at a random moment of a plan whose jobs all succeed in the end, starts another one on the same state
 * directory, and lets the run end: no accepted work is dropped, and each effect happened exactly once.
 */
export async function stopOnce(directory: string, seed: number): Promise<DrainReport> {
  const random = seededRandom(seed);
  const state = join(directory, "state");
  const effects = join(directory, "effects");
  const commands = { executables: ["sh"], working_directories: [directory] };
  const options = { state, entry: "serve", configuration: { steps: { "command.run": commands } } } as const;
  const plan = randomPlan({ random, effects, mostJobs: MOST_JOBS, mild: true });
  const run = new ToldRun(`drained-${process.pid}-${seed}`, plan);
  const problems: string[] = [];
  {
    await using server = await startServer(options);
    using client = await server.client();
    await run.create(client);
    const watched = run.watch(client).catch(() => undefined); // the stream ends with the server
    await pause(MOMENT_MS.least + random() * (MOMENT_MS.most - MOMENT_MS.least));
    const { code } = await server.end("SIGTERM");
    if (code !== 0) problems.push(`the server that was told to stop ended with ${code ?? "a signal"}`);
    await watched;
    const survivors = livingWith(`VERBATIM_JOB_ID=${run.runId}/`);
    if (survivors.length > 0) problems.push(`${survivors.length} processes survive the stop`);
  }
  const before = (await effectsByRun(effects)).get(run.runId) ?? [];
  {
    await using server = await startServer(options);
    using client = await server.client();
    while (!(await run.tend(client))) await pause(LOOK_MS);
    await server.end("SIGTERM");
  }
  const after = (await effectsByRun(effects)).get(run.runId) ?? [];
  const verdict = await judgeRun(run, state, after);
  const steps = plan.jobs.reduce((sum, job) => sum + job.steps, 0);
  // A flaky job does all of its steps once more, in its second attempt; that is its declared retry.
  const retried = plan.jobs.filter(({ kind }) => kind === "flaky").reduce((sum, job) => sum + job.steps, 0);
  if (after.length !== steps + retried) problems.push(`${after.length} effects, expected exactly ${steps + retried}`);
  if (verdict.status !== "succeeded") problems.push(`the run is ${verdict.status}`);
  if (verdict.inDoubt > 0) problems.push(`${verdict.inDoubt} steps are in doubt after a stop that was waited for`);
  return {
    left: after.length - before.length,
    problems: [...problems, ...verdict.problems].map((text) => `seed ${seed}: ${text}`),
  };
}
