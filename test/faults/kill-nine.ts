import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { VerbatimClient } from "#api";
import { createSqliteStore } from "#evidence";
import { launchServer, NotStarted, startServer } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { mirrorOnce } from "./mirror-once.ts";
import { seededRandom } from "../support/random.ts";
import { EffectsFile } from "./effects-file.ts";
import { KilledJobs } from "./killed-jobs.ts";
import type { KilledJob } from "./killed-jobs.ts";
import { judge } from "./told-and-done.ts";

const STREAMS = 32;
const STEPS = 12;
const LOAD_MS = { least: 10, most: 400 };
/** Every so many kills, the next start is killed as well, before it takes calls. */
const KILLS_PER_KILLED_START = 5;
const CHECKS_AT_A_TIME = 16;

/** What to do, and where. */
export interface KillNineOptions {
  readonly directory: string;
  readonly kills: number;
  readonly seed: number;
}

/** What was seen. */
export interface KillNineReport {
  readonly seed: number;
  readonly kills: number;
  /** Starts that were killed before they took calls. */
  readonly killedStarts: number;
  readonly jobs: number;
  readonly eventsTold: number;
  readonly resultsRecorded: number;
  /** Steps in doubt, by whether their effect is found outside. */
  readonly inDoubt: { readonly withEffect: number; readonly withoutEffect: number };
  /** Interrupted jobs that were asked for again and answered from the record. */
  readonly attached: number;
  /** Milliseconds from the start of a process after a kill to its word that calls are taken. */
  readonly restartMs: { readonly median: number; readonly most: number };
  /** Broken promises, in words. */
  readonly problems: readonly string[];
}

/**
 * Kills a server again and again while 32 clients stream jobs whose steps append to a file, each time on the same state
 * directory, and holds after every restart, and once more at the end over everything, what clients were told and what
 * stands in the file against the log.
 */
export async function killNine({ directory, kills, seed }: KillNineOptions): Promise<KillNineReport> {
  const random = seededRandom(seed);
  const state = join(directory, "state");
  const effects = new EffectsFile(join(directory, "effects"));
  const jobs = new KilledJobs();
  const seen = { killedStarts: 0, attached: 0, restartMs: [] as number[], problems: [] as string[] };
  let before: readonly KilledJob[] = [];

  for (let kill = 0; kill <= kills; kill += 1) {
    if (kill % KILLS_PER_KILLED_START === KILLS_PER_KILLED_START - 1) {
      seen.killedStarts += await killStart(state, random);
    }
    await using server = await startServer({ state });
    if (kill > 0) seen.restartMs.push(server.readyMs);
    using client = await server.client();
    await effects.read();
    const checked = await atATime(before, CHECKS_AT_A_TIME, (job) =>
      checkOverTheWire(job, { client, server, effects }),
    );
    seen.problems.push(...checked.flatMap(({ problems }) => problems));
    seen.attached += checked.filter(({ attached }) => attached).length;
    if (kill === kills) {
      await server.end("SIGTERM");
      break;
    }
    before = await killUnderLoad({ server, client, jobs, random, effects: effects.path, name: `k${kill}` });
  }

  const whole = await checkStore(state, { jobs, effects });
  return {
    seed,
    kills,
    killedStarts: seen.killedStarts,
    jobs: whole.jobs,
    eventsTold: jobs.eventsTold,
    resultsRecorded: whole.resultsRecorded,
    inDoubt: whole.inDoubt,
    attached: seen.attached,
    restartMs: { median: median(seen.restartMs), most: Math.max(...seen.restartMs) },
    problems: [...seen.problems, ...whole.problems],
  };
}

/** Starts a server and kills it while it starts: a restart can be cut off too. */
async function killStart(state: string, random: () => number): Promise<number> {
  const { child, ended, ready } = await launchServer({ state });
  await pause(random() * 1500);
  child.kill("SIGKILL");
  await ended;
  return await ready.then(
    () => 0,
    (error: unknown) => (error instanceof NotStarted ? 1 : Promise.reject(error)),
  );
}

interface Load {
  readonly server: ServerProcess;
  readonly client: VerbatimClient;
  readonly jobs: KilledJobs;
  readonly random: () => number;
  readonly effects: string;
  readonly name: string;
}

/** Streams jobs until the server is killed at a random moment; returns the jobs that were asked for. */
async function killUnderLoad({ server, client, jobs, random, effects, name }: Load): Promise<readonly KilledJob[]> {
  const asked: KilledJob[] = [];
  let killed = false;
  const stream = async (worker: number): Promise<void> => {
    for (let count = 0; !killed; count += 1) {
      const waits = Array.from({ length: STEPS }, (_, step) => (step % 2 === 0 ? 0 : Math.floor(random() * 4)));
      const job = jobs.add({ jobId: `${name}-${worker}-${count}`, file: effects, waits });
      asked.push(job);
      try {
        for await (const { events } of client.executor.executeJobStream({ job: job.request })) {
          for (const event of events) job.told.set(Number(event.seq), event.hash);
        }
      } catch (error) {
        if (!killed) throw error;
      }
    }
  };
  const streams = Promise.all(Array.from({ length: STREAMS }, (_, worker) => stream(worker)));
  const moment = pause(LOAD_MS.least + random() * (LOAD_MS.most - LOAD_MS.least));
  await Promise.race([moment, streams]);
  killed = true;
  await server.end("SIGKILL");
  await streams;
  return asked;
}

interface Surroundings {
  readonly client: VerbatimClient;
  readonly server: ServerProcess;
  readonly effects: EffectsFile;
}

/** What a client finds of a job after the restart. */
async function checkOverTheWire(
  job: KilledJob,
  { client, server, effects }: Surroundings,
): Promise<{ readonly problems: readonly string[]; readonly attached: boolean }> {
  const { jobId, told } = job;
  const lines = await job.readLog(client);
  const seen = effects.of(jobId);
  if (lines === undefined) {
    const problems = told.size + seen.size > 0 ? [`${jobId}: was told or took effect, and is not in the store`] : [];
    return { problems, attached: false };
  }
  const mirror = await mirrorOnce(server.state, jobId, lines);
  const { problems, inDoubt } = await judge({ jobId, told, effects: seen, lines, mirror });
  if (inDoubt === undefined) return { problems, attached: false };
  return { problems: [...problems, ...(await job.askAgain(client, inDoubt))], attached: true };
}

interface WholeCheck {
  readonly jobs: number;
  readonly resultsRecorded: number;
  readonly inDoubt: { readonly withEffect: number; readonly withoutEffect: number };
  readonly problems: readonly string[];
}

/** Everything once more, from the files that the last server left, with no server in between. */
async function checkStore(
  state: string,
  { jobs, effects }: { readonly jobs: KilledJobs; readonly effects: EffectsFile },
): Promise<WholeCheck> {
  const store = createSqliteStore(state, { newEventId: () => "" });
  const problems: string[] = [];
  const inDoubt = { withEffect: 0, withoutEffect: 0 };
  let resultsRecorded = 0;
  const found = new Set<string>();
  try {
    for (let page = await store.runs({ limit: 500 }); page.length > 0;) {
      for (const { runId } of page) {
        found.add(runId);
        const lines = (await store.read(runId, -1, 1000)).map(({ line }) => line);
        const mirror = await readFile(join(state, "runs", runId, "events.jsonl"), "utf8");
        const seen = effects.of(runId);
        const verdict = await judge({ jobId: runId, told: jobs.told(runId), effects: seen, lines, mirror });
        problems.push(...verdict.problems);
        resultsRecorded += verdict.recorded;
        if (verdict.inDoubt !== undefined) inDoubt[seen.has(verdict.inDoubt) ? "withEffect" : "withoutEffect"] += 1;
      }
      page = await store.runs({ limit: 500, before: page.at(-1)?.runId ?? "" });
    }
  } finally {
    await store.close();
  }
  const lost = [...jobs.toldIds(), ...effects.jobIds()].filter((jobId) => !found.has(jobId));
  problems.push(...lost.map((jobId) => `${jobId}: was told or took effect, and is not in the store`));
  return { jobs: found.size, resultsRecorded, inDoubt, problems };
}

/** Does `work` for every item, `limit` of them at a time. */
async function atATime<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) results.push(await work(item));
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
