import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Job } from "#model";
import type { ExecuteJobRequest, ExecuteJobRequestSchema } from "../gen/verbatim/executor/v1/executor_pb.ts";

/** Limit on a step that declares none, in seconds. */
export const DEFAULT_STEP_TIMEOUT_SECONDS = 300;

/** Who asked, where the request does not say. */
export const DEFAULT_EXECUTED_BY = "executor";

/** The job that a request asks for, defaults filled in; nothing is checked. */
export function jobOf(request: ExecuteJobRequest): Job {
  return {
    jobId: request.jobId,
    contractId: request.contractId,
    executedBy: request.executedBy === "" ? DEFAULT_EXECUTED_BY : request.executedBy,
    steps: request.steps.map((step) => ({
      stepIndex: step.stepIndex,
      stepType: step.stepType,
      target: step.target,
      parameters: step.parameters ?? {},
      timeoutSeconds: step.timeoutSeconds ?? DEFAULT_STEP_TIMEOUT_SECONDS,
    })),
    ...(request.jobTimeoutSeconds !== undefined && { timeoutSeconds: request.jobTimeoutSeconds }),
  };
}

/** The request that asks for a job. */
export function requestOf(job: Job): MessageInitShape<typeof ExecuteJobRequestSchema> {
  return {
    jobId: job.jobId,
    contractId: job.contractId,
    executedBy: job.executedBy,
    // JSON objects of the model are read-only, those of the message are not; neither side changes them.
    steps: job.steps.map((step) => ({ ...step, parameters: step.parameters as Record<string, never> })),
    ...(job.timeoutSeconds !== undefined && { jobTimeoutSeconds: job.timeoutSeconds }),
  };
}
