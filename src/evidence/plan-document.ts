import type { Job } from "#model";
import { digest } from "./canonical-json.ts";

/** What a job declares, without its parameters: they are told by their hashes. */
export interface PlanDocument {
  /** Canonical JSON, so that its digest names the request. */
  readonly text: string;
  readonly hash: string;
}

/** The plan document of a job; `inputsHashes` are the digests of its steps' parameters as canonical JSON. */
export function planDocument(job: Job, inputsHashes: readonly string[]): PlanDocument {
  // Members are written in RFC 8785 order, so that plain serialisation is canonical; a test holds it to that.
  const { attemptOf, contractId, executedBy, jobId, timeoutSeconds } = job;
  const text = JSON.stringify({
    attempt_of: attemptOf,
    contract_id: contractId,
    executed_by: executedBy,
    job_id: jobId,
    job_timeout_seconds: timeoutSeconds,
    steps: job.steps.map((step, position) => ({
      inputs_hash: inputsHashes[position],
      step_index: step.stepIndex,
      step_type: step.stepType,
      target: step.target,
      timeout_seconds: step.timeoutSeconds,
    })),
  });
  return { text, hash: digest(text) };
}
