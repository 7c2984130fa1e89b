import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startServer } from "../support/server-process.ts";
import { EffectsFile } from "./effects-file.ts";
import { KilledJob } from "./killed-jobs.ts";
import { mirrorOnce } from "./mirror-once.ts";
import { judge } from "./told-and-done.ts";

const KILL_AT = pathToFileURL(join(import.meta.dirname, "kill-at.ts")).href;
const started = (index: number): readonly string[] => ['"event_type":"step.started"', `"step_index":${index}`];
const succeeded = (index: number): readonly string[] => ['"event_type":"step.succeeded"', `"step_index":${index}`];

interface Point {
  /** Where the process is killed: a word on a line that is about to be stored, or the step that kills it. */
  readonly at?: readonly string[];
  readonly step?: "before" | "after";
  /** What took effect, counted outside: how often, by step. */
  readonly effects: readonly number[];
  /** What the restart says: the step in doubt, and how many results are recorded. */
  readonly inDoubt?: number;
  readonly recorded: number;
}

const POINTS: Readonly<Record<string, Point>> = {
  "before the start of a later step is stored": { at: started(1), effects: [1, 0], inDoubt: 0, recorded: 0 },
  "after the start of a step is stored": { step: "before", effects: [0, 0], inDoubt: 0, recorded: 0 },
  "in the effect of a step": { step: "after", effects: [1, 0], inDoubt: 0, recorded: 0 },
  "before the result of a step is stored": { at: succeeded(0), effects: [1, 0], inDoubt: 0, recorded: 0 },
  "before the last result is stored": { at: succeeded(1), effects: [1, 1], inDoubt: 1, recorded: 1 },
  "before the seal is there": { at: ["seal"], effects: [1, 1], recorded: 2 },
};

function jobOver(effects: EffectsFile, point: Pick<Point, "step">): KilledJob {
  const job = new KilledJob({ jobId: "killed", file: effects.path, waits: [0, 0] });
  const [first, second] = job.request.steps;
  if (first === undefined || second === undefined) throw new Error("the job has two steps");
  const parameters = { ...first.parameters, ...(point.step !== undefined && { kill: point.step }) };
  Object.assign(job.request, { steps: [{ ...first, parameters }, second] });
  return job;
}

/** Runs the job until its server is killed. */
async function runUntilKilled(job: KilledJob, options: Parameters<typeof startServer>[0]): Promise<void> {
  await using server = await startServer(options);
  using client = await server.client();
  const reading = (async () => {
    for await (const { events } of client.executor.executeJobStream({ job: job.request }))
      for (const { seq, hash } of events) job.told.set(Number(seq), hash);
  })();
  await Promise.allSettled([reading]);
  expect(await server.ended).toEqual({ code: null, signal: "SIGKILL" });
}

function place(state: string, store: string, at: readonly string[]) {
  const environment = { NODE_OPTIONS: `--import ${KILL_AT}`, VERBATIM_KILL_AT: JSON.stringify(at) };
  return { state, configuration: { store }, environment };
}

describe.each(["sqlite", "jsonl"])("P1 P2 a server that is killed with %s", (store) => {
  it.each(Object.entries(POINTS))("%s leaves what is documented, and the restart seals it", async (_where, point) => {
    await using directory = await scratchDirectory();
    const state = join(directory.path, "state");
    const effects = new EffectsFile(join(directory.path, "effects"));
    const job = jobOver(effects, point);
    await runUntilKilled(job, place(state, store, point.at ?? []));
    const seal = join(state, "runs", job.jobId, "seal.dsse.json");
    expect(existsSync(seal)).toBe(false);

    await using server = await startServer({ state, configuration: { store } });
    using client = await server.client();
    await effects.read();
    const seen = effects.of(job.jobId);
    expect([seen.get(0) ?? 0, seen.get(1) ?? 0]).toEqual(point.effects);
    const lines = (await job.readLog(client)) ?? [];
    const mirror = await mirrorOnce(state, job.jobId, lines);
    const verdict = await judge({ jobId: job.jobId, told: job.told, effects: seen, lines, mirror });
    expect(verdict).toEqual({ problems: [], inDoubt: point.inDoubt, recorded: point.recorded });
    expect(existsSync(seal)).toBe(true);
    expect(server.log()).toContain('"run.sealed"');

    // Whoever asks again is told the same, and nothing happens again.
    if (point.inDoubt !== undefined) expect(await job.askAgain(client, point.inDoubt)).toEqual([]);
    else expect(await client.executor.executeJob(job.request)).toMatchObject({ attached: true });
    await effects.read();
    expect([seen.get(0) ?? 0, seen.get(1) ?? 0]).toEqual(point.effects);
  });

  it("before the start of the first step is stored has accepted nothing: the same job is taken anew, once", async () => {
    await using directory = await scratchDirectory();
    const state = join(directory.path, "state");
    const effects = new EffectsFile(join(directory.path, "effects"));
    const job = jobOver(effects, {});
    await runUntilKilled(job, place(state, store, started(0)));
    expect(job.told.size).toBe(0);

    await using server = await startServer({ state, configuration: { store } });
    using client = await server.client();
    await effects.read();
    expect(effects.of(job.jobId).size).toBe(0);
    expect(await job.readLog(client)).toBeUndefined();
    expect(await client.executor.executeJob(job.request)).toMatchObject({ attached: false });
    await effects.read();
    expect([...effects.of(job.jobId)]).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });
});
