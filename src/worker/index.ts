export { closeInterruptedRun } from "./close-interrupted-run.ts";
export type { DisclosureKeeper } from "./conceal-output.ts";
export { declarePlan, invalidRequest } from "./declare-plan.ts";
export { executorOf } from "./executor-of.ts";
export { openingRecords } from "./job-records.ts";
export { firstRecord, recordedJob } from "./recorded-job.ts";
export { perform, runJob } from "./run-job.ts";
export { spilledText } from "./spill-output.ts";
