import type { VerbatimClient } from "#api";
import { Fault } from "#model";
import type { EffectsFile } from "./effects-file.ts";
import type { KilledJob, KilledJobs } from "./killed-jobs.ts";
import { mirrorOnce } from "./mirror-once.ts";
import { judge } from "./told-and-done.ts";

const STREAMS = 8;
const STEPS = 12;

/** What a load is made of. */
export interface LoadOptions {
  readonly jobs: KilledJobs;
  readonly effects: EffectsFile;
  readonly name: string;
}

/** What became of a load. */
export interface Refused {
  readonly asked: readonly KilledJob[];
  /** How each stream ended. */
  readonly faults: readonly Fault[];
}

/** Streams jobs whose steps append to the effects file, eight at a time, until the server takes no more. */
export async function loadUntilRefused(client: VerbatimClient, { jobs, effects, name }: LoadOptions): Promise<Refused> {
  const asked: KilledJob[] = [];
  const stream = async (worker: number): Promise<Fault> => {
    for (let count = 0; ; count += 1) {
      const waits = Array.from({ length: STEPS }, () => 0);
      const job = jobs.add({ jobId: `${name}-${worker}-${count}`, file: effects.path, waits });
      asked.push(job);
      try {
        for await (const { events } of client.executor.executeJobStream({ job: job.request })) {
          for (const event of events) job.told.set(Number(event.seq), event.hash);
        }
      } catch (error) {
        if (error instanceof Fault) return error;
        throw error;
      }
    }
  };
  const faults = await Promise.all(Array.from({ length: STREAMS }, (_, worker) => stream(worker)));
  return { asked, faults };
}

/** Holds what was told and done of these jobs against what a server says now that all of them are closed. */
export async function judgeAll(
  asked: readonly KilledJob[],
  {
    client,
    effects,
    state,
  }: { readonly client: VerbatimClient; readonly effects: EffectsFile; readonly state: string },
): Promise<readonly string[]> {
  await effects.read();
  const problems: string[] = [];
  for (const job of asked) {
    const { jobId, told } = job;
    const lines = await job.readLog(client);
    const seen = effects.of(jobId);
    if (lines === undefined) {
      if (told.size + seen.size > 0) problems.push(`${jobId}: was told or took effect, and is not in the store`);
      continue;
    }
    const mirror = await mirrorOnce(state, jobId, lines);
    problems.push(...(await judge({ jobId, told, effects: seen, lines, mirror })).problems);
  }
  return problems;
}

/** Told events that the log of a server that has halted does not have, in words. */
export async function lostEvents(asked: readonly KilledJob[], client: VerbatimClient): Promise<readonly string[]> {
  const lost: string[] = [];
  for (const job of asked) {
    const lines = (await job.readLog(client)) ?? [];
    for (const [seq, hash] of job.told) {
      if (lines[seq]?.endsWith(`"hash":"${hash}"}`) !== true) lost.push(`${job.jobId} event ${seq}`);
    }
  }
  return lost;
}
