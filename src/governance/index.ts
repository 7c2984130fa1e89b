export type { Contract, ContractState } from "./contract/contract.ts";
export type { TransitionFacts, TransitionRequest, TransitionVerdict } from "./contract/transition.ts";
export { decideTransition } from "./contract/decide-transition.ts";
export type { EligibilityFacts } from "./eligibility/facts.ts";
export type { EligibilityVerdict } from "./eligibility/verdict.ts";
export { decideEligibility } from "./eligibility/decide-eligibility.ts";
export type { RuleExplanation } from "./eligibility/explain-eligibility.ts";
export { explainEligibility } from "./eligibility/explain-eligibility.ts";
export type { AdmissionFacts, AdmissionVerdict } from "./admission/admit-job.ts";
export { admitJob } from "./admission/admit-job.ts";
export type { ChangeRequest, ProposedChange } from "./request/change-request.ts";
export type { RequestReading } from "./request/check-request.ts";
export { checkRequest } from "./request/check-request.ts";
export { resourceKeyOf } from "./request/resource-key.ts";
export type { ValidatorVerdict } from "./validator/validator-verdict.ts";
export { validateRequest } from "./validator/validate-request.ts";
export type { ChangePlan } from "./change-plan/plan-of-changes.ts";
export { planOfChanges } from "./change-plan/plan-of-changes.ts";
export type { PerformedJob } from "./change-plan/plan-rollback.ts";
export { planRollback } from "./change-plan/plan-rollback.ts";
export type {
  ApprovedStep,
  ApprovedWork,
  AuditFacts,
  AuditSignal,
  JournalEntry,
  LoggedStep,
  LoggedWork,
  StandingValue,
} from "./audit/audit-facts.ts";
export type { AuditCheckOutcome, AuditVerdict } from "./audit/audit-verdict.ts";
export { auditJob } from "./audit/audit-job.ts";
export type { ResolutionVerdict, ResolutionWord } from "./audit/resolve-inconclusive.ts";
export { resolveInconclusive } from "./audit/resolve-inconclusive.ts";
export type { RolloutStage } from "./rollout/stage.ts";
export { stageOf } from "./rollout/stage.ts";
export type { AdvanceFacts, AdvanceVerdict } from "./rollout/decide-advance.ts";
export { decideAdvance } from "./rollout/decide-advance.ts";
export type { Decider, RecordedVerdicts } from "./replay-verdict.ts";
export { replayVerdict } from "./replay-verdict.ts";
