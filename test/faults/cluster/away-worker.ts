import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import type { VerbatimClient } from "#api";
import { resultOf } from "#api";
import { verifyLines } from "#evidence";
import type { EvidenceRecord } from "#evidence";
import { lives, pidsIn } from "../../effects/support/processes.ts";
import { until } from "../../effects/support/until.ts";
import { commandJob, EFFECT, linesOver, recordsIn } from "./command-job.ts";
import type { LinedWorker } from "./shared-cluster.ts";

/** Two workers, and who gives them jobs. */
export interface AwayBench {
  readonly client: VerbatimClient;
  readonly workers: readonly [LinedWorker, LinedWorker];
  /** What every path of the jobs begins with. */
  readonly files: string;
  /** Every effect that there may be so far, in its order. */
  readonly expected: string[];
}

/** How a worker is kept from the others for longer than its lease. Answers how it comes back. */
export type Away = (worker: LinedWorker) => () => void;

/** What is done once. */
export interface AwayRound {
  readonly jobId: string;
  readonly away: Away;
  /** Whether what the worker was doing ends well meanwhile, so that its next step would be due when it is back. */
  readonly ends: boolean;
}

/** A command with a child, which ends well when the file that is its second argument comes. Its third is told who they are. */
const WAITS = `${EFFECT}; sleep 900 & echo $$ $! | tr ' ' '\\n' >> "$3"
while [ ! -e "$2" ]; do sleep 0.05; done; kill $!; wait; exit 0`;

/** What was done outside, each `JOB/STEP EPOCH`. */
export function effectsOf({ files }: AwayBench): readonly string[] {
  try {
    const lines = readFileSync(`${files}effects`, "latin1").split("\n").slice(0, -1);
    return lines.map((line) => line.trimEnd());
  } catch {
    return []; // nothing was done yet
  }
}

/** One job whose worker is away in its second step, until another worker has closed it and the first one knows. */
export async function beAway(bench: AwayBench, { jobId, away, ends }: AwayRound): Promise<void> {
  const { client, files } = bench;
  const pids = `${files}pids-${jobId}`;
  const living = (): number => pidsIn(pids).filter(lives).length;
  const asked = client.executor.executeJob(gatedJob(bench, jobId));
  await until(`the second step of ${jobId} runs`, () => pidsIn(pids).length === 2);
  const claimed = await claimOf(client, jobId);
  const first = bench.workers.find(({ name }) => name === claimed.actor);
  if (first === undefined) throw new Error(`${jobId} is performed by ${claimed.actor ?? "nobody"}`);
  const back = away(first);
  const { result } = await asked; // another one has ended it
  expect(result === undefined ? [] : resultOf(result).stepsInDoubt).toMatchObject([{ stepIndex: 1 }]);
  const lines = (await linesOver(client, jobId)) ?? [];
  if (ends) {
    writeFileSync(`${files}gate-${jobId}`, "");
    await until(`the command of ${jobId} has ended`, () => living() === 0);
  }
  back();
  await until(`${first.name} knows that ${jobId} is another's`, () => knowsOfFence(first, jobId));
  await until(`nothing of ${jobId} is left`, () => living() === 0);
  expect(await linesOver(client, jobId)).toEqual(lines);
  const epochs = await requireBothEpochs(lines, { jobId, claimed });
  bench.expected.push(`${jobId}/0`, `${jobId}/1`);
  expect(namesOf(effectsOf(bench))).toEqual(bench.expected);
  requireEarlier(effectsOf(bench), jobId, epochs);
}

/** What was done, without the epochs under which it was. */
export function namesOf(effects: readonly string[]): readonly string[] {
  return effects.map((effect) => effect.split(" ")[0] ?? "");
}

/** A worker that is slow renews its lease under a new epoch; whatever it does is done before the epoch of whoever takes over. */
function requireEarlier(effects: readonly string[], jobId: string, { before, after }: Epochs): void {
  for (const effect of effects.filter((line) => line.startsWith(`${jobId}/`))) {
    const epoch = BigInt(effect.split(" ")[1] ?? "0");
    expect(epoch).toBeGreaterThanOrEqual(before);
    expect(epoch).toBeLessThan(after);
  }
}

interface Epochs {
  readonly before: bigint;
  readonly after: bigint;
}

function gatedJob({ files }: AwayBench, jobId: string): ReturnType<typeof commandJob> {
  const effects = `${files}effects`;
  return commandJob(jobId, [
    [EFFECT, "sh", effects],
    [WAITS, "sh", effects, `${files}gate-${jobId}`, `${files}pids-${jobId}`],
    [EFFECT, "sh", effects],
  ]);
}

async function claimOf(client: VerbatimClient, jobId: string): Promise<EvidenceRecord> {
  const records = recordsIn((await linesOver(client, jobId)) ?? []);
  const claimed = records.find(({ event_type: type }) => type === "run.claimed");
  if (claimed === undefined) throw new Error(`nobody has claimed ${jobId}`);
  return claimed;
}

/** The log tells who had the job and under which epoch, of each step what became of it, and nothing else. Answers both. */
async function requireBothEpochs(
  lines: readonly string[],
  { jobId, claimed }: { readonly jobId: string; readonly claimed: EvidenceRecord },
): Promise<Epochs> {
  expect(await verifyLines(lines, { runId: jobId })).toMatchObject({ ok: true, complete: true });
  const records = recordsIn(lines);
  const recovered = records.find(({ event_type: type }) => type === "log.recovered");
  expect(claimed.data).toMatchObject({ worker: claimed.actor });
  expect(recovered?.data).toMatchObject({ worker: recovered?.actor });
  expect(recovered?.actor).not.toBe(claimed.actor);
  const [before = 0n, after = 0n] = [claimed, recovered].map(epochIn);
  expect(after).toBeGreaterThan(before);
  const steps = records.filter(({ event_type: type }) => type.startsWith("step."));
  expect(steps.map(({ event_type: type, step_index: index }) => `${type} ${index}`)).toEqual([
    "step.started 0",
    "step.succeeded 0",
    "step.started 1",
    "step.in_doubt 1",
  ]);
  return { before, after };
}

function epochIn(record: EvidenceRecord | undefined): bigint {
  const epoch = record?.data?.["epoch"];
  if (typeof epoch !== "string") throw new Error(`${record?.event_type ?? "no record"} names no epoch`);
  return BigInt(epoch);
}

function knowsOfFence(worker: LinedWorker, jobId: string): boolean {
  const lines = worker.log().split("\n");
  return lines.some((line) => line.includes('"run.fenced"') && line.includes(jobId));
}
