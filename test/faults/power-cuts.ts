import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { seededRandom } from "../support/random.ts";
import type { VerbatimClient } from "#api";
import { NotStarted, startServer } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { CutDisk } from "./cut-disk.ts";
import { EffectsFile } from "./effects-file.ts";
import type { KilledJob } from "./killed-jobs.ts";
import { KilledJobs } from "./killed-jobs.ts";
import { judgeAll, loadUntilRefused, lostEvents } from "./until-refused.ts";

/** Events that are told between a start and the next cut, about. */
const TOLD = { least: 8, most: 150 };

/** What to do, and where. */
export interface PowerCutOptions {
  /** Where the disk's file is made, and the effects are counted. */
  readonly directory: string;
  readonly store: "sqlite" | "jsonl";
  readonly cuts: number;
  readonly seed: number;
  /** Another tree than this one to take the server from. */
  readonly tree?: string;
  /** Whether each cut meets a state directory of its own; else all meet the same. */
  readonly afresh?: boolean;
}

/** What was seen. */
export interface PowerCutReport {
  readonly seed: number;
  readonly cuts: number;
  readonly jobs: number;
  /** Events that clients were told before the power was cut. */
  readonly eventsTold: number;
  /** Cuts after which something that was told was gone. */
  readonly cutsWithLoss: number;
  /** Broken promises, in words. */
  readonly problems: readonly string[];
}

/**
 * Cuts the power of the machine under a server again and again while clients stream jobs, and holds after every restart what
 * they were told before, and what took effect on another disk, against the log.
 */
export async function powerCuts(options: PowerCutOptions): Promise<PowerCutReport> {
  const { directory, cuts, seed, afresh = false } = options;
  const scratch = mkdtempSync(join(directory, "cuts-"));
  using disk = new CutDisk(scratch);
  const jobs = new KilledJobs();
  const effects = new EffectsFile(join(scratch, "effects"));
  const world = { ...options, disk, jobs, effects, random: seededRandom(seed) };
  const seen = { cutsWithLoss: 0, problems: [] as string[] };
  const look = async (asked: readonly KilledJob[], load?: string): Promise<readonly KilledJob[]> => {
    const state = join(disk.path, afresh ? (asked[0]?.jobId ?? `${load}-0-0`) : "state");
    const found = await serveOnce(state, { ...world, asked, load });
    if (found.lost) seen.cutsWithLoss += 1;
    seen.problems.push(...found.problems);
    return found.askedNow;
  };
  let asked: readonly KilledJob[] = [];
  for (let cut = 0; cut < cuts; cut += 1) {
    asked = await look(asked, `cut${cut}`);
    if (afresh) asked = await look(asked);
  }
  if (!afresh) await look(asked);
  return { seed, cuts, jobs: jobs.size, eventsTold: jobs.eventsTold, ...seen };
}

interface Visit extends PowerCutOptions {
  readonly disk: CutDisk;
  readonly jobs: KilledJobs;
  readonly effects: EffectsFile;
  readonly random: () => number;
  /** Jobs that were asked for before the last cut. */
  readonly asked: readonly KilledJob[];
  /** Name of the jobs that are streamed until the next cut; absent = there is none. */
  readonly load: string | undefined;
}

interface Found {
  readonly lost: boolean;
  readonly problems: readonly string[];
  readonly askedNow: readonly KilledJob[];
}

/** Starts a server, looks at what it found, and streams jobs until the next cut. */
async function serveOnce(state: string, visit: Visit): Promise<Found> {
  const { store, tree, asked, effects, load } = visit;
  try {
    await using server = await startServer({ state, configuration: { store }, ...(tree !== undefined && { tree }) });
    using client = await server.client();
    const lost = await lostEvents(asked, client);
    const problems = await judgeAll(asked, { client, effects, state });
    const askedNow = load === undefined ? [] : await loadAndCut({ ...visit, load }, { server, client });
    if (load === undefined) await server.end("SIGTERM");
    else visit.disk.restore();
    return { lost: lost.length > 0, problems: [...lost.map((event) => `${event} is gone`), ...problems], askedNow };
  } catch (error) {
    if (!(error instanceof NotStarted)) throw error;
    return { lost: true, problems: [error.message], askedNow: [] };
  }
}

/**
 * Streams jobs, and cuts the power of process and disk together. The process goes first, by some microseconds: a disk without
 * power would say yes to a sync that was on its way, which no machine without power lives to hear.
 */
async function loadAndCut(
  { disk, jobs, effects, load, random }: Visit & { readonly load: string },
  { server, client }: { readonly server: ServerProcess; readonly client: VerbatimClient },
): Promise<readonly KilledJob[]> {
  const enough = jobs.eventsTold + Math.ceil(TOLD.least + random() * (TOLD.most - TOLD.least));
  const loading = loadUntilRefused(client, { jobs, effects, name: load });
  while (jobs.eventsTold < enough) await Promise.race([pause(1), loading]);
  const ended = server.end("SIGKILL");
  disk.cut();
  await ended;
  return (await loading).asked;
}
