import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { VerbatimClient } from "#api";
import { livingWith } from "../effects/support/processes.ts";
import { until } from "../effects/support/until.ts";
import { seededRandom } from "../support/random.ts";
import { launchServer, NotStarted, startServer } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { effectsByRun, judgeRun } from "./plans/judge-run.ts";
import { randomPlan } from "./plans/random-plan.ts";
import { ToldRun } from "./plans/told-run.ts";

/** Runs that are on their way at the same time. */
const RUNS = 6;
const MOST_JOBS = 50;
const LOAD_MS = { least: 20, most: 1500 };
/** Every so many kills, the next start is killed as well, before or while it goes on with what it found. */
const KILLS_PER_KILLED_START = 5;
const LOOK_MS = 10;
const REST_MS = 120_000;

/** What to do, and where. */
export interface KillPlansOptions {
  readonly directory: string;
  readonly kills: number;
  readonly seed: number;
  readonly store?: "sqlite" | "jsonl";
  /** No further kill is made after so many milliseconds. */
  readonly mostMs?: number;
}

/** What was seen. */
export interface KillPlansReport {
  readonly seed: number;
  readonly kills: number;
  readonly killedStarts: number;
  readonly runs: number;
  readonly jobs: number;
  readonly ends: Readonly<Record<string, number>>;
  readonly eventsTold: number;
  readonly effects: number;
  readonly inDoubt: number;
  /** Steps whose effect happened more than once, each with the record that says why. */
  readonly repeated: number;
  /** Jobs in doubt that only ran again by an operator's word. */
  readonly reruns: number;
  /** Milliseconds from the start of the process until every run was driven that needs no word. */
  readonly resumedMs: { readonly median: number; readonly most: number };
  /** The same for the first start, which finds nothing: the floor. */
  readonly emptyStartMs: number;
  /** Broken promises, in words. */
  readonly problems: readonly string[];
}

/**
 * Kills a server again and again at random moments while it runs random plans of real commands, each time on the same state directory.
 * In the end everything is brought to its rest, and what clients were told, what is found outside and what the logs say is compared.
 */
export async function killPlans(options: KillPlansOptions): Promise<KillPlansReport> {
  const { directory, kills, seed, mostMs = Number.POSITIVE_INFINITY } = options;
  const started = performance.now();
  const scene = new Scene(options);
  let kill = 0;
  for (; kill < kills && performance.now() - started < mostMs; kill += 1) {
    if (kill % KILLS_PER_KILLED_START === KILLS_PER_KILLED_START - 1) await scene.killStart();
    await scene.killUnderLoad(kill);
  }
  const problems = await scene.bringToRest();
  const effects = await effectsByRun(scene.effects);
  const judged = [];
  for (const run of scene.runs)
    judged.push(await judgeRun(run, join(directory, "state"), effects.get(run.runId) ?? []));
  const known = new Set(scene.runs.map(({ runId }) => runId));
  const foreign = [...effects.keys()].filter((runId) => !known.has(runId));
  const resumed = scene.resumedMs.toSorted((one, other) => one - other).map(Math.round);
  return {
    seed,
    kills: kill,
    killedStarts: scene.killedStarts,
    runs: scene.runs.length,
    jobs: sum(scene.runs.map(({ plan }) => plan.jobs.length)),
    ends: Object.fromEntries(
      [...Map.groupBy(judged, ({ status }) => status)].map(([status, of]) => [status, of.length]),
    ),
    eventsTold: sum(scene.runs.map(({ told }) => told.size)),
    effects: sum([...effects.values()].map(({ length }) => length)),
    inDoubt: sum(judged.map(({ inDoubt }) => inDoubt)),
    repeated: sum(judged.map(({ repeated }) => repeated)),
    reruns: sum(scene.runs.map(({ reruns }) => reruns)),
    resumedMs: { median: resumed[Math.floor(resumed.length / 2)] ?? 0, most: resumed.at(-1) ?? 0 },
    emptyStartMs: Math.round(scene.emptyStartMs),
    problems: [
      ...scene.problems,
      ...problems,
      ...judged.flatMap(({ problems: found }) => found),
      ...foreign.map((runId) => `${runId}: took effect, and nobody has asked for it`),
    ],
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The server that is killed, and all that was ever asked of it. */
class Scene {
  readonly runs: ToldRun[] = [];
  readonly resumedMs: number[] = [];
  readonly problems: string[] = [];
  readonly effects: string;
  killedStarts = 0;
  emptyStartMs = Number.NaN;
  readonly #random: () => number;
  readonly #prefix: string;
  readonly #server: Parameters<typeof startServer>[0];
  #open: ToldRun[] = [];

  constructor({ directory, seed, store = "sqlite" }: KillPlansOptions) {
    this.effects = join(directory, "effects");
    this.#random = seededRandom(seed);
    this.#prefix = `k${process.pid}x${seed}`;
    const commands = { executables: ["sh"], working_directories: [directory], kill_grace_ms: 300 };
    this.#server = {
      state: join(directory, "state"),
      entry: "serve",
      configuration: { store, steps: { "command.run": commands } },
    };
  }

  /** Kills a server while it starts: a restart, and the resumes that it makes, can be cut off too. */
  async killStart(): Promise<void> {
    const { child, ended, ready } = await launchServer(this.#server);
    await pause(this.#random() * 2000);
    child.kill("SIGKILL");
    await ended;
    await ready.catch((error: unknown) => {
      if (!(error instanceof NotStarted)) throw error;
      this.killedStarts += 1;
    });
  }

  /** Starts the server on what is there, asks for new runs, and kills it at a random moment. */
  async killUnderLoad(kill: number): Promise<void> {
    const since = performance.now();
    await using server = await startServer(this.#server);
    const client = await server.client();
    await this.#allDriven(client, since);
    const left = new Set<ToldRun>();
    for (const run of this.#open) if (!run.accepted || !(await run.tend(client))) left.add(run);
    this.#open = [...left];
    while (this.#open.length < RUNS) {
      const plan = randomPlan({ random: this.#random, effects: this.effects, mostJobs: MOST_JOBS });
      const run = new ToldRun(`${this.#prefix}-${kill}-${this.#open.length}`, plan);
      this.runs.push(run);
      this.#open.push(run);
    }
    let killed = false;
    const watched = this.#open.map(async (run) => {
      try {
        if (!run.accepted) await run.create(client); // an answer that was lost is asked for again
        await run.watch(client);
      } catch (error) {
        if (!killed) this.problems.push(`${run.runId}: ${String(error)}`);
      }
    });
    await pause(LOAD_MS.least + this.#random() * (LOAD_MS.most - LOAD_MS.least));
    killed = true;
    await server.end("SIGKILL");
    await Promise.all(watched);
    client.close();
    await this.#nothingSurvives();
  }

  async #nothingSurvives(): Promise<void> {
    const mark = `VERBATIM_JOB_ID=${this.#prefix}-`;
    await until("no process of a killed server is left", () => livingWith(mark).length === 0);
  }

  /** Waits until no run is left that a start has to go on with. */
  async #allDriven(client: VerbatimClient, since: number): Promise<void> {
    for (const run of this.#open) while (await run.isLeft(client)) await pause(LOOK_MS);
    if (this.runs.length === 0) this.emptyStartMs = performance.now() - since;
    else if (this.#open.length > 0) this.resumedMs.push(performance.now() - since);
  }

  /** Lets everything come to its rest, and stops the server. Answers what did not. */
  async bringToRest(): Promise<readonly string[]> {
    const since = performance.now();
    await using server: ServerProcess = await startServer(this.#server);
    using client = await server.client();
    await this.#allDriven(client, since);
    let open: readonly ToldRun[] = this.runs;
    while (open.length > 0 && performance.now() - since < REST_MS) {
      const left: ToldRun[] = [];
      for (const run of open) if (!(await run.tend(client))) left.push(run);
      open = left;
      await pause(LOOK_MS);
    }
    const stuck = [];
    for (const run of open) {
      const { status, reason, jobs } = (await run.look(client)) ?? {};
      stuck.push(
        `${run.runId}: comes to no rest: status ${status ?? "none"}, ${reason ?? ""}, jobs ${JSON.stringify(jobs?.map(({ key, status: of }) => `${key}:${of}`))}`,
      );
    }
    const { code } = await server.end("SIGTERM");
    await this.#nothingSurvives();
    return code === 0 ? stuck : [...stuck, `the last server ended with ${code ?? "a signal"}`];
  }
}
