import { toBinary } from "@bufbuild/protobuf";
import type { ErrorClass, ExecutionResult, Json, JsonObject, StepReference, StepResult } from "#model";
import { Fault, LIMITS } from "#model";
import type {
  ExecutionResult as ExecutionResultMessage,
  StepReference as StepReferenceMessage,
  StepResult as StepResultMessage,
} from "../gen/verbatim/executor/v1/executor_pb.ts";
import {
  ExecutionResultSchema,
  JobStatus as JobStatusValue,
  StepStatus as StepStatusValue,
} from "../gen/verbatim/executor/v1/executor_pb.ts";
import { jsonBytes, jsonOf, rfc3339, timestamp } from "./wire-values.ts";

// Messages are written as whole literals: `create` would cost more than everything else on the way of a step.

/** A step's name as a message. */
export function referenceMessage({ stepIndex, stepType, target }: StepReference): StepReferenceMessage {
  return { $typeName: "verbatim.executor.v1.StepReference", stepIndex, stepType, target };
}

/** A step's result as a message. */
export function stepResultMessage(result: StepResult): StepResultMessage {
  return {
    $typeName: "verbatim.executor.v1.StepResult",
    stepIndex: result.stepIndex,
    stepType: result.stepType,
    target: result.target,
    status: StepStatusValue[result.status],
    startedAt: timestamp(result.startedAt),
    completedAt: timestamp(result.completedAt),
    durationSeconds: result.durationSeconds,
    outputJson: jsonBytes(result.output),
    error: result.error ?? "",
    errorClass: result.errorClass ?? "",
    healthAfterJson: jsonBytes(result.healthAfter),
    healthError: result.healthError ?? "",
    late: result.late ?? "",
  };
}

/** Whether the lists of a result travel with it. */
export type ResultForm = "whole" | "without lists";

/** A job's result as a message; `without lists` leaves step results and steps not run out, and says so. */
export function resultMessage(result: ExecutionResult, form: ResultForm): ExecutionResultMessage {
  const whole = form === "whole";
  return {
    $typeName: "verbatim.executor.v1.ExecutionResult",
    jobId: result.jobId,
    contractId: result.contractId,
    executedBy: result.executedBy,
    finalStatus: JobStatusValue[result.finalStatus],
    finalReason: result.finalReason,
    stepsDeclared: result.stepsDeclared,
    stepsExecuted: result.stepsExecuted,
    stepsSucceeded: result.stepsSucceeded,
    stepsFailed: result.stepsFailed,
    stepResults: whole ? result.stepResults.map(stepResultMessage) : [],
    stepsNotRun: whole ? result.stepsNotRun.map(referenceMessage) : [],
    stepsInDoubt: result.stepsInDoubt.map(referenceMessage),
    healthBeforeJson: jsonBytes(result.healthBefore),
    healthAfterJson: jsonBytes(result.healthAfter),
    startedAt: timestamp(result.startedAt),
    completedAt: timestamp(result.completedAt),
    durationSeconds: result.durationSeconds,
    executorVersion: result.executorVersion,
    stepResultsOmitted: !whole,
  };
}

/** Bytes of a step's message beside its texts, rounded up. */
const STEP_OVERHEAD_BYTES = 128;

/** Bytes of a result beside its lists and its observations, rounded up. */
const RESULT_OVERHEAD_BYTES = 64 * 1024;

/** Room for the members of a response beside the result. */
const RESPONSE_OVERHEAD_BYTES = 1024;

/** A job's result as a message that fits one response: whole, or without its lists where the whole could be too large. */
export function fittingResultMessage(result: ExecutionResult): ExecutionResultMessage {
  const whole = resultMessage(result, "whole");
  if (resultBytes(whole) <= LIMITS.responseBytes) return whole;
  const exact = toBinary(ExecutionResultSchema, whole).length + RESPONSE_OVERHEAD_BYTES;
  return exact <= LIMITS.responseBytes ? whole : resultMessage(result, "without lists");
}

/** Bytes of a response with this result, rounded up. */
export function resultBytes(message: ExecutionResultMessage): number {
  let bytes = RESPONSE_OVERHEAD_BYTES + RESULT_OVERHEAD_BYTES;
  bytes += message.healthBeforeJson.length + message.healthAfterJson.length;
  for (const step of message.stepResults)
    bytes += stepBytes(step) + step.outputJson.length + step.healthAfterJson.length;
  for (const step of message.stepsNotRun) bytes += stepBytes(step);
  return bytes;
}

function stepBytes(step: StepReferenceMessage | StepResultMessage): number {
  let bytes = STEP_OVERHEAD_BYTES + Buffer.byteLength(step.stepType) + Buffer.byteLength(step.target);
  if ("error" in step) bytes += Buffer.byteLength(step.error) + Buffer.byteLength(step.healthError);
  return bytes;
}

const FINAL_STATUSES: ReadonlyMap<number, ExecutionResult["finalStatus"]> = new Map([
  [JobStatusValue.COMPLETED, "COMPLETED"],
  [JobStatusValue.FAILED, "FAILED"],
  [JobStatusValue.CANCELLED, "CANCELLED"],
]);

const STEP_STATUSES: ReadonlyMap<number, StepResult["status"]> = new Map([
  [StepStatusValue.COMPLETED, "COMPLETED"],
  [StepStatusValue.FAILED, "FAILED"],
]);

function known<Status>(statuses: ReadonlyMap<number, Status>, value: number): Status {
  const status = statuses.get(value);
  if (status !== undefined) return status;
  throw new Fault("INTERNAL", `The server sent the status ${value}, which this version does not know.`);
}

/** The result of a step that a message tells. @throws {Fault} INTERNAL for a status that this version does not know. */
export function stepResultOf(message: StepResultMessage): StepResult {
  const output = jsonOf(message.outputJson);
  const healthAfter = jsonOf(message.healthAfterJson);
  return {
    ...referenceOf(message),
    status: known(STEP_STATUSES, message.status),
    startedAt: rfc3339(message.startedAt),
    completedAt: rfc3339(message.completedAt),
    durationSeconds: message.durationSeconds,
    ...(output !== undefined && { output }),
    ...(message.error !== "" && { error: message.error }),
    ...(message.errorClass !== "" && { errorClass: message.errorClass as ErrorClass }), // the server's closed list
    ...(message.late !== "" && { late: message.late as "returned" | "threw" | "running" }), // the server's closed list
    ...(healthAfter !== undefined && { healthAfter: asObject(healthAfter) }),
    ...(message.healthError !== "" && { healthError: message.healthError }),
  };
}

/** The result of a job that a message tells; its lists are empty where `step_results_omitted` is set. */
export function resultOf(message: ExecutionResultMessage): ExecutionResult {
  const healthBefore = jsonOf(message.healthBeforeJson);
  const healthAfter = jsonOf(message.healthAfterJson);
  return {
    jobId: message.jobId,
    contractId: message.contractId,
    executedBy: message.executedBy,
    finalStatus: known(FINAL_STATUSES, message.finalStatus),
    finalReason: message.finalReason,
    stepsDeclared: message.stepsDeclared,
    stepsExecuted: message.stepsExecuted,
    stepsSucceeded: message.stepsSucceeded,
    stepsFailed: message.stepsFailed,
    stepResults: message.stepResults.map(stepResultOf),
    stepsNotRun: message.stepsNotRun.map(referenceOf),
    stepsInDoubt: message.stepsInDoubt.map(referenceOf),
    ...(healthBefore !== undefined && { healthBefore: asObject(healthBefore) }),
    ...(healthAfter !== undefined && { healthAfter: asObject(healthAfter) }),
    startedAt: rfc3339(message.startedAt),
    completedAt: rfc3339(message.completedAt),
    durationSeconds: message.durationSeconds,
    executorVersion: message.executorVersion,
  };
}

function referenceOf({ stepIndex, stepType, target }: StepReferenceMessage | StepResultMessage): StepReference {
  return { stepIndex, stepType, target };
}

function asObject(value: Json): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : { value }; // neither null nor a list
}
