import { canonicalJson } from "#evidence";
import type { BlobReference, EvidenceStore } from "#evidence";
import type { Job, JobStep, Json, JsonObject } from "#model";

/**
 * Keeps a whole job beside the log, so that another process can perform it: the log has its parameters by their hashes alone.
 * Durable when it resolves. The reference goes into `data.job` of the first record; nobody is given it over the wire.
 */
export async function keepJob(job: Job, store: EvidenceStore): Promise<BlobReference> {
  const bytes = Buffer.from(canonicalJson(jobJson(job)));
  return { $blob: await store.putBlob(bytes), size: bytes.length };
}

function jobJson({ jobId, contractId, executedBy, timeoutSeconds, attemptOf, steps }: Job): JsonObject {
  return {
    ...(attemptOf !== undefined && { attempt_of: attemptOf }),
    contract_id: contractId,
    executed_by: executedBy,
    job_id: jobId,
    ...(timeoutSeconds !== undefined && { job_timeout_seconds: timeoutSeconds }),
    steps: steps.map(({ stepIndex, stepType, target, parameters, timeoutSeconds: limit }) => ({
      parameters,
      step_index: stepIndex,
      step_type: stepType,
      target,
      timeout_seconds: limit,
    })),
  };
}

interface KeptStep {
  readonly parameters: JsonObject;
  readonly step_index: number;
  readonly step_type: string;
  readonly target: string;
  readonly timeout_seconds: number;
}

interface KeptJob {
  readonly attempt_of?: string;
  readonly contract_id: string;
  readonly executed_by: string;
  readonly job_id: string;
  readonly job_timeout_seconds?: number;
  readonly steps: readonly KeptStep[];
}

/** The job that {@link keepJob} has kept. Its form is not looked at: whoever uses it compares its hash. */
export function keptJob(value: Json): Job {
  const kept = value as unknown as KeptJob; // written by jobJson, if its hash is right
  return {
    jobId: kept.job_id,
    contractId: kept.contract_id,
    executedBy: kept.executed_by,
    steps: kept.steps.map(keptStep),
    ...(kept.job_timeout_seconds !== undefined && { timeoutSeconds: kept.job_timeout_seconds }),
    ...(kept.attempt_of !== undefined && { attemptOf: kept.attempt_of }),
  };
}

function keptStep(step: KeptStep): JobStep {
  return {
    stepIndex: step.step_index,
    stepType: step.step_type,
    target: step.target,
    parameters: step.parameters,
    timeoutSeconds: step.timeout_seconds,
  };
}
