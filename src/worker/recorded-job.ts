import { setImmediate as turn } from "node:timers/promises";
import { interruptedResult, isBlobReference, replayJob } from "#evidence";
import type { EvidenceRecord, EvidenceStore, JobReplay } from "#evidence";
import type { ExecutionResult, Json, StepReference } from "#model";
import { assert, Fault, LIMITS } from "#model";

const PAGE = 256;

/** The first record of a run, if there is such a run. */
export async function firstRecord(store: EvidenceStore, runId: string): Promise<EvidenceRecord | undefined> {
  return (await store.read(runId, -1, 1))[0]?.record;
}

/** Reads a run's whole log and says what became of its job. @throws {Fault} RUN_NOT_FOUND */
export async function recordedJob(store: EvidenceStore, runId: string): Promise<JobReplay> {
  const records = await wholeLog(store, runId);
  return replayJob(records, await declaredSteps(store, records));
}

/** Reads a run's whole log and says what is known of its job, given that nobody drives it any more; `doubtKey` is the idempotency key of the last step that was begun. */
export async function interruptedJob(
  store: EvidenceStore,
  runId: string,
  at: string,
): Promise<{ readonly result: ExecutionResult; readonly doubtKey: string | undefined }> {
  const records = await wholeLog(store, runId);
  const result = interruptedResult(records, { steps: await declaredSteps(store, records), at });
  const begun = records.findLast(({ event_type: type }) => type === "step.started");
  return { result, doubtKey: begun?.idempotency_key };
}

/** All records; of outputs only as many as one answer can carry: what is longer is told without them. */
async function wholeLog(store: EvidenceStore, runId: string): Promise<readonly EvidenceRecord[]> {
  const records: EvidenceRecord[] = [];
  let outputs = 0;
  for (;;) {
    const page = await store.read(runId, records.length - 1, PAGE);
    for (const { record } of page) {
      records.push(outputs > LIMITS.responseBytes ? { ...record, output: undefined } : record);
      if (record.output !== undefined) outputs += JSON.stringify(record.output).length;
    }
    if (records[0] !== undefined && records[0].run_id !== runId) {
      throw new Fault("EVIDENCE_BROKEN", `The log of run ${runId} is that of another run: verify it.`);
    }
    if (page.length === 0) return records;
    await turn(); // for everybody else
  }
}

interface PlannedStep {
  readonly step_index: number;
  readonly step_type: string;
  readonly target: string;
}

async function declaredSteps(
  store: EvidenceStore,
  records: readonly EvidenceRecord[],
): Promise<readonly StepReference[]> {
  const created = records[0];
  if (created === undefined) throw new Fault("RUN_NOT_FOUND", "There is no such run.");
  const plan = isBlobReference(created.plan) ? await readPlan(store, created.plan.$blob) : created.plan;
  const { steps } = plan as unknown as { readonly steps: readonly PlannedStep[] }; // written by declarePlan
  assert(steps.length === created.steps_declared, "the plan has the declared number of steps");
  return steps.map((step) => ({ stepIndex: step.step_index, stepType: step.step_type, target: step.target }));
}

async function readPlan(store: EvidenceStore, digest: string): Promise<Json> {
  const bytes = await store.getBlob(digest);
  if (bytes === undefined) throw new Fault("EVIDENCE_BROKEN", `The plan ${digest} is missing beside the log.`);
  return JSON.parse(Buffer.from(bytes).toString("utf8")) as Json; // JSON.parse gives JSON
}
