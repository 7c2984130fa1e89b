/** What kind of issue a request is about. */
export type IssueType = "capability_request" | "bug_report" | "configuration_change" | "escalation" | "unknown";

/** How grave it is. */
export type Severity = "critical" | "high" | "medium" | "low";

/** What the validator would do with it. */
export type Recommendation = "create_contract" | "defer" | "reject" | "escalate";

/** The validator's advice. It grants nothing: eligibility decides. Frozen; the same request always gives the same JSON. */
export interface ValidatorVerdict {
  readonly issueType: IssueType;
  readonly severity: Severity;
  readonly recommendation: Recommendation;
  /** How surely the request is what `issueType` says: 0..1 in hundredths, never NaN. */
  readonly confidence: number;
  /** Which keyword of which rule was found where and what it counted, one sentence each; never empty. */
  readonly explanations: readonly string[];
  /** Which version of the rules advised. */
  readonly rulesVersion: string;
}
