import type { EligibilityFacts } from "./facts.ts";
import { readFacts } from "./read-facts.ts";
import { RULES, RULES_VERSION } from "./rules.ts";
import type { EligibilityVerdict, MissingPrerequisite, RuleOutcome } from "./verdict.ts";

/**
 * Decides whether a request may become a contract. All rules are evaluated; the first that fails, in their order,
 * gives the reason. A pure function: the moment is `facts.now`, nothing else is read, and it answers MAY_NOT, never
 * throws, on JSON that is not facts at all.
 */
export function decideEligibility(facts: EligibilityFacts): EligibilityVerdict {
  const read = readFacts(facts);
  const rulesEvaluated: RuleOutcome[] = [];
  const missingPrerequisites: MissingPrerequisite[] = [];
  for (const { id, missing } of RULES) {
    const sentence = missing(read);
    rulesEvaluated.push(Object.freeze({ rule: id, holds: sentence === undefined }));
    if (sentence !== undefined) missingPrerequisites.push(Object.freeze({ rule: id, sentence }));
  }
  const [first] = missingPrerequisites;
  return Object.freeze({
    decision: first === undefined ? "MAY" : "MAY_NOT",
    reason: first === undefined ? `All ${RULES.length} rules hold.` : `${first.rule}: ${first.sentence}`,
    rulesEvaluated: Object.freeze(rulesEvaluated),
    ...(first === undefined ? {} : { firstFailingRule: first.rule }),
    missingPrerequisites: Object.freeze(missingPrerequisites),
    rulesVersion: RULES_VERSION,
  });
}
