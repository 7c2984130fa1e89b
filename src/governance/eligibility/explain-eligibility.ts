import type { EligibilityFacts } from "./facts.ts";
import { readFacts } from "./read-facts.ts";
import { RULES } from "./rules.ts";
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
  const read = readFacts(facts);
  const explained = RULES.map(({ id, threshold, fact, missing }) => {
    const [sentence, seenFact] = [missing(read), fact(read)];
    return Object.freeze({
      rule: id,
      holds: sentence === undefined,
      fact: seenFact,
      threshold,
      sentence: sentence ?? `It holds: seen is ${seenFact}; expected is ${threshold}.`,
    });
  });
  return Object.freeze(explained);
}
