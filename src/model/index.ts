export type { Json, JsonObject } from "./json.ts";
export type { ErrorClass, JobStep, StepReference, StepResult, StepStatus } from "./step.ts";
export type { AdmittedJob, Cancellation, ExecutionResult, Job, JobStatus } from "./job.ts";
export type {
  Concurrency,
  Gate,
  NotificationCause,
  NotificationWay,
  Plan,
  PlannedJob,
  PlannedJobStatus,
  PlannedNotification,
  PlannedStep,
  Recovery,
  RetryPolicy,
  RunStatus,
} from "./plan.ts";
export { PLANNED_JOB_STATUS_AFTER } from "./plan.ts";
export type { JobDeclaration, NotificationDeclaration, PlanDeclaration, StepDeclaration } from "./plan-declaration.ts";
export type { Clock } from "./clock.ts";
export type { FaultCode, Violation } from "./fault.ts";
export { Fault, FAULTS } from "./fault.ts";
export { assert, AssertionFailure } from "./assert.ts";
export { jobViolations } from "./check-job.ts";
export { LIMITS } from "./limits.ts";
