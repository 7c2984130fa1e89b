export { createJobRunner } from "./create-job-runner.ts";
export type { JobRunnerOptions } from "./create-job-runner.ts";
export type { DeniedCall } from "./denials/counted-denials.ts";
export { DenialLog } from "./denials/denial-log.ts";
export type { DenialLogOptions } from "./denials/denial-log.ts";
export { DiskGuard } from "./disk-guard.ts";
export type { JobRunner, JobView, SubmitOptions, SubmittedJob } from "./job-runner.ts";
export { Notifier } from "./notify/notifier.ts";
export type { NotifierOptions } from "./notify/notifier.ts";
export { applyFilter } from "./hooks/apply-filter.ts";
export type { FilteredRecords } from "./hooks/apply-filter.ts";
export { effectKey, fanOut } from "./hooks/fan-out.ts";
export type { FanOutOptions, HookEffect } from "./hooks/fan-out.ts";
export { mapParameters } from "./hooks/map-parameters.ts";
export type { MappedParameters, MappedRecords } from "./hooks/map-parameters.ts";
export { matchHooks } from "./hooks/match-hooks.ts";
export type { MatchedHooks, MatchedJob, UndecidedHook } from "./hooks/match-hooks.ts";
export { needsQueries } from "./hooks/needs-queries.ts";
export type { Hop } from "./hooks/needs-queries.ts";
export { project } from "./hooks/project.ts";
export { resolveNeeds } from "./hooks/resolve-needs.ts";
export type { RecordKey, ResolvedNeeds, ResolvedRecord, ResolveNeedsOptions } from "./hooks/resolve-needs.ts";
export { conditionVariables } from "./hooks/condition-variables.ts";
export { loadExpressions } from "./hooks/load-expressions.ts";
export type { Expressions } from "./hooks/load-expressions.ts";
export { textPieces } from "./hooks/reference.ts";
export type { ReferenceRoot, TextPiece } from "./hooks/reference.ts";
export { commandWords } from "./plan/command-words.ts";
export { HandedJobs } from "./handed-jobs.ts";
export type { HandedJobsOptions } from "./handed-jobs.ts";
export { isAttemptLog } from "./run/attempt-names.ts";
export { recoverRuns } from "./recover-runs.ts";
export type { RecoveredRuns } from "./recover-runs.ts";
export { Machine } from "./machine.ts";
export type { PlanSurroundings } from "./plan/compile-plan.ts";
export { createRunRunner } from "./run/create-run-runner.ts";
export type { RunRunnerOptions } from "./run/create-run-runner.ts";
export type {
  AboutJob,
  AcceptedRun,
  Asked,
  CreateRunOptions,
  PlanReport,
  RunRunner,
  SubmittedPlan,
} from "./run/run-runner.ts";
export type { PlannedJobView, RunView } from "./run/run-view.ts";
export { scheduledRunId } from "./schedule/schedule.ts";
export type { Schedule, ScheduleNews, ScheduleView } from "./schedule/schedule.ts";
export { Scheduler } from "./schedule/scheduler.ts";
export type { JobAuthority } from "./contracts/authority.ts";
export { contractPlan } from "./contracts/contract-job.ts";
export { ContractKeeper, rolloutOf } from "./contracts/contract-keeper.ts";
export type { ContractKeeperOptions } from "./contracts/contract-keeper.ts";
export type { CarryOutNews } from "./contracts/carry-out.ts";
export type { ContractRecord, RecordedVerdict } from "./contracts/contract-state.ts";
export { explained } from "./contracts/explained.ts";
export { contractAuthority } from "./contracts/authority.ts";
export { WorkDesk } from "./work/work-desk.ts";
export type { Redriven, RedriveOrder, WatchedNumbers, WorkNumbers } from "./work/work-desk.ts";
export { Workers } from "./work/workers.ts";
export { performHookWork } from "./work/perform-hook-work.ts";
export type { WorkNews } from "./work/work-news.ts";
export { compileHooks } from "./hooks/compile-hooks.ts";
export type { CompiledHooks } from "./hooks/compile-hooks.ts";
export { OutboxRelay } from "./work/outbox-relay.ts";
export type { RelayNews, RelayNumbers } from "./work/outbox-relay.ts";
