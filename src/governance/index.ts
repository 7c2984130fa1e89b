export type { Contract, ContractState } from "./contract/contract.ts";
export type { TransitionFacts, TransitionRequest, TransitionVerdict } from "./contract/transition.ts";
export { decideTransition } from "./contract/decide-transition.ts";
export type { EligibilityFacts } from "./eligibility/facts.ts";
export type { EligibilityVerdict } from "./eligibility/verdict.ts";
export { decideEligibility } from "./eligibility/decide-eligibility.ts";
export type { AdmissionFacts, AdmissionVerdict } from "./admission/admit-job.ts";
export { admitJob } from "./admission/admit-job.ts";
