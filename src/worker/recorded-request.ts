import { canonicalJson, digest, isBlobReference } from "#evidence";
import type { EvidenceRecord, EvidenceStore } from "#evidence";
import type { Job, JobStep, Json, JsonObject } from "#model";
import { Fault } from "#model";

/** A plan document, as `planDocument` makes it. */
interface RecordedPlan {
  readonly attempt_of?: string;
  readonly contract_id: string;
  readonly executed_by: string;
  readonly job_id: string;
  readonly job_timeout_seconds?: number;
  readonly steps: readonly {
    readonly inputs_hash: string;
    readonly step_index: number;
    readonly step_type: string;
    readonly target: string;
    readonly timeout_seconds: number;
  }[];
}

/** Whether the log that a record opens is that of a job which is handed over to workers. */
export function isForWorkers({ data }: EvidenceRecord): boolean {
  return data?.["parameters"] !== undefined;
}

/**
 * The job that a log was opened for, as it was asked for: by its first record, whose plan has the hashes of everything.
 * @throws {Fault} EVIDENCE_BROKEN if what is recorded does not fit its hashes.
 */
export async function recordedRequest(store: EvidenceStore, created: EvidenceRecord): Promise<Job> {
  const plan = await recordedPlan(store, created);
  const parameters = await wholeJson(store, created.data?.["parameters"]);
  if (!Array.isArray(parameters) || parameters.length !== plan.steps.length)
    throw broken(created, "the parameters of its steps are not there");
  const steps = plan.steps.map((step, place): JobStep => {
    const given = (parameters as readonly Json[])[place]; // looked at next
    if (given === undefined || digest(canonicalJson(given)) !== step.inputs_hash)
      throw broken(created, `the parameters of step ${place} are not those that were admitted`);
    return {
      stepIndex: step.step_index,
      stepType: step.step_type,
      target: step.target,
      parameters: given as JsonObject, // by their hash
      timeoutSeconds: step.timeout_seconds,
    };
  });
  const { attempt_of: attemptOf, job_timeout_seconds: timeoutSeconds } = plan;
  return {
    jobId: plan.job_id,
    contractId: plan.contract_id,
    executedBy: plan.executed_by,
    steps,
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    ...(attemptOf !== undefined && { attemptOf }),
  };
}

/** The step types that a worker has to serve for the job of a log, each once. @throws {Fault} EVIDENCE_BROKEN */
export async function recordedNeeds(store: EvidenceStore, created: EvidenceRecord): Promise<readonly string[]> {
  const { steps } = await recordedPlan(store, created);
  return [...new Set(steps.map((step) => step.step_type))];
}

async function recordedPlan(store: EvidenceStore, created: EvidenceRecord): Promise<RecordedPlan> {
  const plan = await wholeJson(store, created.plan);
  if (plan === undefined || digest(canonicalJson(plan)) !== created.plan_hash)
    throw broken(created, "its plan is not the one that its hash names");
  return plan as unknown as RecordedPlan; // by its hash
}

/** Undefined for what is not there, or is no JSON. */
async function wholeJson(store: EvidenceStore, value: Json | undefined): Promise<Json | undefined> {
  if (!isBlobReference(value)) return value;
  const bytes = await store.getBlob(value.$blob);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as Json; // JSON.parse gives JSON
  } catch {
    return undefined;
  }
}

function broken({ run_id: runId }: EvidenceRecord, what: string): Fault {
  return new Fault(
    "EVIDENCE_BROKEN",
    `The log ${runId} does not hold: ${what}. Nothing is performed by it: verify it.`,
  );
}
