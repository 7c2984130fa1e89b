import { setTimeout as pause } from "node:timers/promises";
import type { EvidenceRecord, EvidenceStore } from "#evidence";
import type { Job, JsonObject } from "#model";
import { declarePlan, openingOf } from "#worker";
import { machineClock } from "../../support/machine-clock.ts";

const PATIENCE_MS = 20_000;
const LOOK_AGAIN_MS = 10;

/** A job of such steps: each a type and its parameters. */
export function jobWith(jobId: string, steps: readonly (readonly [string, JsonObject])[]): Job {
  return {
    jobId,
    contractId: "direct",
    executedBy: "tester",
    steps: steps.map(([stepType, parameters], stepIndex) => ({
      stepIndex,
      stepType,
      target: "t",
      parameters,
      timeoutSeconds: 60,
    })),
  };
}

/** What a server writes when it accepts a job that workers are to perform; not handed over yet. */
export async function accept(store: EvidenceStore, job: Job, logId = job.jobId): Promise<void> {
  const common = { store, clock: machineClock, executorVersion: "test", admission: "open", handedOver: true } as const;
  await store.append(logId, 0, await openingOf(job, { ...common, plan: declarePlan(job) }));
}

/** The same, and hands it over. */
export async function handOver(store: EvidenceStore, job: Job): Promise<void> {
  await accept(store, job);
  await store.handOver(job.jobId, [...new Set(job.steps.map(({ stepType }) => stepType))]);
}

/** The whole log of a run. */
export async function recordsOf(store: EvidenceStore, runId: string): Promise<readonly EvidenceRecord[]> {
  return (await store.read(runId, -1, 1000)).map(({ record }) => record);
}

/** The whole log of a run as soon as it fits. */
export async function recordsOnce(
  store: EvidenceStore,
  runId: string,
  fits: (records: readonly EvidenceRecord[]) => boolean,
): Promise<readonly EvidenceRecord[]> {
  for (const endMs = performance.now() + PATIENCE_MS; ; await pause(LOOK_AGAIN_MS)) {
    const records = await recordsOf(store, runId);
    if (fits(records)) return records;
    const seen = records.map(({ event_type: type }) => type).join(", ");
    if (performance.now() > endMs) throw new Error(`run ${runId} stays as it is: ${seen}`);
  }
}

/** The whole log of a run when it has ended. */
export async function ended(store: EvidenceStore, runId: string): Promise<readonly EvidenceRecord[]> {
  return await recordsOnce(store, runId, (records) => records.at(-1)?.event_type === "run.completed");
}
