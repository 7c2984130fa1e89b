export { createDefaultExecutor, FailingHandler, NoOpHandler } from "./default-handlers.ts";
export type { ExecuteOptions, Execution } from "./execute-job.ts";
export { frozenJson } from "./untrusted.ts";
export { EXECUTOR_VERSION, JobExecutor } from "./job-executor.ts";
