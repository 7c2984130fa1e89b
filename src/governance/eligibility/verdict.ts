/** The rules by id: E- are those of eligibility, V- are further ones. */
export type RuleId =
  | "E-104"
  | "E-100"
  | "E-101"
  | "E-102"
  | "E-103"
  | "E-001"
  | "E-002"
  | "E-003"
  | "E-004"
  | "E-005"
  | "E-006"
  | "V-001";

/** Whether a request may become a contract. There is no third answer. */
export type EligibilityDecision = "MAY" | "MAY_NOT";

/** What one rule said. */
export interface RuleOutcome {
  readonly rule: RuleId;
  readonly holds: boolean;
}

/** Something that would have to hold for the answer to be MAY. */
export interface MissingPrerequisite {
  readonly rule: RuleId;
  /** One sentence: what was seen and what was expected. */
  readonly sentence: string;
}

/** The answer of the eligibility rules. It is frozen, and the same facts always give the same JSON. */
export interface EligibilityVerdict {
  readonly decision: EligibilityDecision;
  /** One sentence: that all rules hold, or what the first failing rule says. */
  readonly reason: string;
  /** Every rule, in the order of their rank. */
  readonly rulesEvaluated: readonly RuleOutcome[];
  /** Absent exactly if `decision` is MAY. */
  readonly firstFailingRule?: RuleId;
  /** One for each rule that does not hold, in the same order; empty exactly if `decision` is MAY. */
  readonly missingPrerequisites: readonly MissingPrerequisite[];
  /** Which version of the rules decided. */
  readonly rulesVersion: string;
}
