export type { JobRunner, JobView, SubmittedJob } from "./job-runner.ts";
