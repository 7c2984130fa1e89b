import { auditJob } from "./audit/audit-job.ts";
import type { AuditFacts } from "./audit/audit-facts.ts";
import type { AuditVerdict } from "./audit/audit-verdict.ts";
import { decideEligibility } from "./eligibility/decide-eligibility.ts";
import type { EligibilityFacts } from "./eligibility/facts.ts";
import type { EligibilityVerdict } from "./eligibility/verdict.ts";
import type { ChangeRequest } from "./request/change-request.ts";
import { validateRequest } from "./validator/validate-request.ts";
import type { ValidatorVerdict } from "./validator/validator-verdict.ts";

/** The deciders whose verdicts are recorded, each with what it answers. */
export interface RecordedVerdicts {
  readonly validator: ValidatorVerdict;
  readonly eligibility: EligibilityVerdict;
  readonly audit: AuditVerdict;
}

/** The name of a decider, as it stands in a record. */
export type Decider = keyof RecordedVerdicts;

/** Each decider answers whatever JSON it is given: what is recorded is not believed to be facts. */
const DECIDERS: { readonly [D in Decider]: (facts: unknown) => RecordedVerdicts[D] } = {
  validator: (facts) => validateRequest(facts as ChangeRequest), // `as`: it reads what it is given with distrust
  eligibility: (facts) => decideEligibility(facts as EligibilityFacts), // `as`: likewise
  audit: (facts) => auditJob(facts as AuditFacts), // `as`: likewise
};

/**
 * Recomputes a verdict from the facts that were recorded with it. The facts of the validator are the request. Compare
 * its JSON with the recorded one only if both have the same `rulesVersion`. Undefined for a name that is no decider's.
 */
export function replayVerdict<D extends Decider>(decider: D, facts: unknown): RecordedVerdicts[D] | undefined {
  return Object.hasOwn(DECIDERS, decider) ? DECIDERS[decider](facts) : undefined;
}
