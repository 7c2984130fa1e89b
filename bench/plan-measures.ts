import { spawn } from "node:child_process";
import { once } from "node:events";
import { randomUUIDv7 } from "node:crypto";
import { rmSync } from "node:fs";
import { createSqliteStore, verifyLines } from "#evidence";
import type { EvidenceStore } from "#evidence";
import { NoOpHandler } from "#executor";
import type { JobDeclaration, PlanDeclaration } from "#model";
import { createRunRunner, Machine } from "#orchestration";
import type { RunRunner } from "#orchestration";
import { connectClient } from "../src/api/index.ts";
import { systemClock } from "../src/main/system-clock.ts";
import { freshDirectory, startServer } from "./child.ts";
import type { Measure, Sample } from "./measures.ts";

const WORKERS = 2;

/** Seconds for so many commands `true` in a plan, two at a time, everything recorded, beside a loop that only spawns them. */
export function commandsOfPlan({ rounds, commands }: { readonly rounds: number; readonly commands: number }): Measure {
  async function* samples(): AsyncGenerator<Sample> {
    await using server = await startServer("sqlite");
    using client = connectClient({ address: server.address });
    const jobs = Array.from({ length: commands }, (_none, at) => `  j${at}: {command: ["true"]}`);
    const text = `name: bench\nmax_workers: ${WORKERS}\njobs:\n${jobs.join("\n")}\n`;
    const run = async (): Promise<number> => {
      const start = performance.now();
      const { runId } = await client.runs.createRun({ plan: { text }, actor: "bench", reason: "" });
      let last = "";
      for await (const { events } of client.runs.watchRun({ runId })) last = events.at(-1)?.status ?? "";
      if (last !== "succeeded") throw new Error(`the run ended ${last}`);
      return (performance.now() - start) / 1000;
    };
    await run(); // starts what the first command starts
    for (let round = 0; round < rounds; round += 1) {
      const floor = await spawnLoop(commands);
      yield { ours: await run(), floor };
    }
  }
  return {
    name: `${commands} commands in a plan, ${WORKERS} workers`,
    unit: "s",
    floor: "a bare spawn loop",
    aim: "<= 2 (1.5)",
    samples: samples(),
  };
}

async function spawnLoop(commands: number): Promise<number> {
  const start = performance.now();
  let left = commands;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await once(spawn("true", { stdio: ["ignore", "pipe", "pipe"] }), "close");
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
  return (performance.now() - start) / 1000;
}

/** Microseconds a job of a plan of no-ops with three needs each, beside a plan of a quarter of its size: 1 = linear. */
export function linearPlans({ rounds, jobs }: { readonly rounds: number; readonly jobs: number }): Measure {
  async function* samples(): AsyncGenerator<Sample> {
    for (let round = 0; round < rounds; round += 1)
      yield { ours: await microsecondsAJob(jobs), floor: await microsecondsAJob(jobs / 4) };
  }
  return {
    name: `a plan of ${jobs} no-op jobs`,
    unit: "us a job",
    floor: `a plan of ${jobs / 4}`,
    aim: "about 1",
    samples: samples(),
  };
}

async function microsecondsAJob(count: number): Promise<number> {
  const directory = freshDirectory();
  const store = createSqliteStore(directory, { newEventId: randomUUIDv7 });
  const runner = runnerOn(store);
  const start = performance.now();
  await untilEnded(store, await accepted(runner, plan(latticeJobs(count))));
  const spent = performance.now() - start;
  await store.close();
  rmSync(directory, { recursive: true });
  return (spent * 1000) / count;
}

/** Seconds until a run of so many records goes on in a new process, beside reading and verifying its log. */
export function resumption({ rounds, records }: { readonly rounds: number; readonly records: number }): Measure {
  async function* samples(): AsyncGenerator<Sample> {
    const directory = freshDirectory();
    const store = createSqliteStore(directory, { newEventId: randomUUIDv7 });
    const runner = runnerOn(store);
    const steps = Array.from({ length: 10_000 }, () => ({ stepType: "no_op" }));
    const done = Array.from({ length: Math.ceil(records / 20_002) }, (_none, at) => job(`j${at}`, { steps }));
    const gated = job("last", { needs: done.map(({ key }) => key), gate: "manual" });
    for (let round = 0; round < rounds; round += 1) {
      const runId = await accepted(runner, plan([...done, gated]));
      await untilBlocked(store, runId);
      const floor = await readAndVerify(store, runId);
      const start = performance.now();
      await runner.approve({ runId, jobKey: "last", actor: "other", reason: "bench" });
      yield { ours: (performance.now() - start) / 1000, floor };
      await untilEnded(store, runId);
    }
    await store.close();
    rmSync(directory, { recursive: true });
  }
  return {
    name: `going on after ${records} records`,
    unit: "s",
    floor: "reading and verifying them",
    aim: "<= 2",
    samples: samples(),
  };
}

async function readAndVerify(store: EvidenceStore, runId: string): Promise<number> {
  const start = performance.now();
  async function* lines(): AsyncGenerator<string> {
    for (let last = -1; ;) {
      const page = await store.read(runId, last, 512);
      if (page.length === 0) return;
      last += page.length;
      for (const { line } of page) yield line;
    }
  }
  const { ok } = await verifyLines(lines(), { runId });
  if (!ok) throw new Error("the log does not verify");
  return (performance.now() - start) / 1000;
}

function runnerOn(store: EvidenceStore): RunRunner {
  const noOp = { name: "no_op", handler: new NoOpHandler(), checkParameters: () => [], parametersSchema: {} };
  const machine = new Machine({ store, stepTypes: [noOp] });
  return createRunRunner({
    store,
    machine,
    clock: systemClock,
    newRunId: randomUUIDv7,
    chance: Math.random,
    drivesOn: true,
  });
}

async function accepted(runner: RunRunner, declaration: PlanDeclaration): Promise<string> {
  const submitted = { declaration, surroundings: { inherited: {}, overrides: {} } };
  return (await runner.create(submitted, { actor: "bench", reason: "" })).runId;
}

async function untilEnded(store: EvidenceStore, runId: string): Promise<void> {
  const tail = store.tail(runId, -1);
  while ((await tail.next()).done !== true);
  if ((await store.head(runId))?.completed !== true) throw new Error("the run did not end");
}

async function untilBlocked(store: EvidenceStore, runId: string): Promise<void> {
  for await (const records of store.tail(runId, -1)) if (records.at(-1)?.record.status === "blocked") return;
  throw new Error("the run was not blocked");
}

function plan(jobs: readonly JobDeclaration[]): PlanDeclaration {
  return {
    name: "bench",
    maxWorkers: 8,
    environment: {},
    inheritEnvironment: [],
    allowShell: false,
    defaults: {},
    jobs,
  };
}

function latticeJobs(count: number): readonly JobDeclaration[] {
  return Array.from({ length: count }, (_none, at) =>
    job(`j${at}`, { needs: at < 10 ? [] : [`j${at - 10}`, `j${at - 7}`, `j${(at * 7) % (at - 1)}`] }),
  );
}

function job(key: string, rest: Partial<JobDeclaration>): JobDeclaration {
  const none = { needs: [], preChecks: [], postChecks: [], compensate: [], probe: [], artifacts: [], environment: {} };
  return { key, steps: [{ stepType: "no_op" }], ...none, ...rest };
}
