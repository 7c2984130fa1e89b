export type { ExecutionContext, StepHandler, StepOutput } from "./step-handler.ts";
export type { StepType } from "./step-type.ts";
