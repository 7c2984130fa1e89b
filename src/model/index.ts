export type { Json, JsonObject } from "./json.ts";
export type { ErrorClass, JobStep, StepReference, StepResult, StepStatus } from "./step.ts";
export { ERROR_CLASSES } from "./step.ts";
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
export type { Platform, PlatformCapability, PlatformChange, PlatformChangeQuery, PlatformValue } from "./platform.ts";
export type {
  HealthReport,
  HealthSignal,
  HealthSignals,
  HealthState,
  HealthStatus,
  HealthView,
  PastSignal,
} from "./health.ts";
export { isCapabilityName, resourceKey, SYSTEM_CAPABILITY, SYSTEM_SCOPE } from "./resource-key.ts";
export type { ResourceKey } from "./resource-key.ts";
export { HOOK_LIMITS } from "./hook-limits.ts";
export type {
  ChangeOperation,
  CommittedChange,
  Entity,
  EntityRecord,
  FieldType,
  Hook,
  HookJob,
  HookSet,
  Relation,
} from "./hooks.ts";
export type {
  AttemptEnd,
  CapabilityStats,
  Claim,
  DeadLetterQuery,
  NewWork,
  Work,
  WorkError,
  WorkState,
  WatchedState,
  WatchedStats,
  WorkStats,
} from "./work.ts";
