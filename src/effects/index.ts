export type { ExecutionContext, StepHandler, StepOutput } from "./step-handler.ts";
export type { StepType } from "./step-type.ts";
export { createCommandRun } from "./step-handlers/command-run.ts";
export type { CommandRun } from "./step-handlers/command-run.ts";
export type { CommandRunOptions } from "./step-handlers/command-run/policy.ts";
export type { EnvironmentPolicy } from "./step-handlers/command-run/environment.ts";
