import { canonicalJson } from "#evidence";
import { explainEligibility, replayVerdict } from "#governance";
import type { EligibilityFacts, RuleExplanation } from "#governance";
import type { Json } from "#model";
import type { ContractRecord } from "./contract-state.ts";

/** Why eligibility answered as it did, and whether the recorded verdicts can be computed again. */
export interface Explanation {
  readonly rules: readonly RuleExplanation[];
  readonly decision: string;
  readonly rulesVersion: string;
  /** Whether every recorded verdict comes out again from its recorded facts. */
  readonly replayed: boolean;
  /** Deciders whose verdict comes out differently. */
  readonly differing: string[];
}

/** Explains a contract from its records alone. A person's word about an audit is no verdict of a machine. */
export function explained({ verdicts, foundAudit }: ContractRecord): Explanation {
  const { validator, eligibility } = verdicts;
  const machines = [validator, eligibility, foundAudit].filter((said) => said !== undefined);
  const differing = machines.flatMap(({ decider, facts, verdict }) => {
    const again = replayVerdict(decider, facts) as unknown as Json; // verdicts are JSON
    return canonicalJson(again) === canonicalJson(verdict) ? [] : [decider];
  });
  return {
    rules: eligibility === undefined ? [] : explainEligibility(eligibility.facts as unknown as EligibilityFacts), // read as any JSON is
    decision: eligibility?.decision ?? "",
    rulesVersion: eligibility?.rulesVersion ?? "",
    replayed: differing.length === 0,
    differing,
  };
}
