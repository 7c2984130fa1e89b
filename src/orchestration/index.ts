export { createJobRunner } from "./create-job-runner.ts";
export type { JobRunnerOptions } from "./create-job-runner.ts";
export { DiskGuard } from "./disk-guard.ts";
export type { JobRunner, JobView, SubmittedJob } from "./job-runner.ts";
export { commandWords } from "./plan/command-words.ts";
export { recoverRuns } from "./recover-runs.ts";
