import { resultOf } from "#api";
import type { VerbatimClient } from "#api";
import { isBlobReference, replayJob } from "#evidence";
import type { EvidenceRecord, JobReplay } from "#evidence";
import type { ExecutionResult, Json, StepReference } from "#model";
import { Fault } from "#model";
import { wholeBlob } from "./blob.ts";
import type { LogHead } from "./views/run-view.ts";

/** Largest plan that is read, in bytes: what a request of 1 MiB can declare, with its hashes. */
const PLAN_BYTES = 16 * 1024 * 1024;

/** A run as its evidence tells it. */
export type RecordedRun = { readonly log: LogHead } & (
  | { readonly ended: true; readonly result: ExecutionResult }
  | {
      readonly ended: false;
      readonly replay: JobReplay;
      readonly declared: readonly StepReference[];
      readonly createdAt: string;
    }
);

/** Asks for a run; its log is read where the answer cannot hold it all. @throws {Fault} RUN_NOT_FOUND */
export async function recordedRun(client: VerbatimClient, runId: string): Promise<RecordedRun> {
  const { result, logSize, logHead } = await client.executor.getJob({ jobId: runId });
  const log = { records: Number(logSize), head: logHead };
  if (result !== undefined && !result.stepResultsOmitted) return { ended: true, result: resultOf(result), log };
  const records: EvidenceRecord[] = [];
  for await (const record of recordsOf(client, runId)) {
    records.push(record);
    if (records.length === log.records) break; // what came since is left out, so that all of this is one moment
  }
  const [created] = records;
  if (created === undefined) throw new Fault("EVIDENCE_BROKEN", `The log of run ${runId} is empty.`);
  const declared = await declaredSteps(client, created);
  const replay = replayJob(records, declared);
  if (replay.result !== undefined) return { ended: true, result: replay.result, log };
  return { ended: false, replay, declared, createdAt: created.timestamp_utc, log };
}

/** The records of a log, in order. */
export async function* recordsOf(
  { evidence }: VerbatimClient,
  runId: string,
): AsyncGenerator<EvidenceRecord, void, void> {
  for await (const { lines } of evidence.readLog({ runId })) {
    for (const { line } of lines) yield JSON.parse(Buffer.from(line).toString("utf8")) as EvidenceRecord; // the server's lines
  }
}

interface PlannedStep {
  readonly step_index: number;
  readonly step_type: string;
  readonly target: string;
}

async function declaredSteps(client: VerbatimClient, created: EvidenceRecord): Promise<readonly StepReference[]> {
  const { plan, run_id: runId } = created;
  const read = isBlobReference(plan)
    ? (JSON.parse((await wholeBlob(client, { runId, reference: plan }, PLAN_BYTES)).toString("utf8")) as Json) // JSON it is
    : plan;
  const { steps } = read as unknown as { readonly steps: readonly PlannedStep[] }; // the form of every plan
  return steps.map((step) => ({ stepIndex: step.step_index, stepType: step.step_type, target: step.target }));
}
