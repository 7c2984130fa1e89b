export { createJobRunner } from "./create-job-runner.ts";
export type { JobRunnerOptions } from "./create-job-runner.ts";
export { DiskGuard } from "./disk-guard.ts";
export type { JobRunner, JobView, SubmittedJob } from "./job-runner.ts";
export { recoverRuns } from "./recover-runs.ts";
