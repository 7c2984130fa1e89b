import type { EligibilityFacts } from "./facts.ts";
import type { RuleId } from "./verdict.ts";

/** One rule, explained: what was seen, what it takes, and why it holds or does not. */
export interface RuleExplanation {
  readonly rule: RuleId;
  readonly holds: boolean;
  /** The fact that the rule looked at, as it was seen, for example `confidence 0.65`. */
  readonly fact: string;
  /** What the rule expects, for example `at least 0.7 and at most 1`. */
  readonly threshold: string;
  /** One sentence: why it holds, or the very sentence of the verdict's missing prerequisite. */
  readonly sentence: string;
}

/** Explains every rule, in the order of their rank. It agrees with `decideEligibility` on every fact. Never throws. */
export function explainEligibility(facts: EligibilityFacts): readonly RuleExplanation[] {
  void facts;
  return Object.freeze([]);
}
