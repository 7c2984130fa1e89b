/** A signal about the platform or a capability, as it was recorded. */
export interface BlockingSignal {
  /** Only a plain `false` does not block. */
  readonly blocking: boolean;
  /** What kind of signal; a block without a type still blocks. */
  readonly type?: string;
}

/** A contract that exists already, in whatever state. */
export interface ExistingContract {
  readonly contractId: string;
  readonly capabilities: readonly string[];
  /** RFC 3339. */
  readonly createdAt: string;
}

/**
 * All that the rules look at: plain JSON, so that it can be stored beside the verdict. A member that is missing or
 * is not what it must be makes its rule fail: what is unknown is never in favour.
 */
export interface EligibilityFacts {
  /** The moment of the decision, RFC 3339. */
  readonly now: string;
  /** HEALTHY, DEGRADED, BLOCKED or UNKNOWN; only HEALTHY is good. */
  readonly health: string;
  /** The validator's confidence, 0..1. */
  readonly confidence: number;
  /** critical, high, medium or low. */
  readonly severity: string;
  /** What the validator recommends: create_contract, defer, reject or escalate. */
  readonly recommendation: string;
  /** capability_request, bug_report, configuration_change, escalation or unknown. */
  readonly issueType: string;
  /** Where the request came from. */
  readonly source: string;
  /** What the request touches; SYSTEM stands for the platform itself. An empty list grants nothing. */
  readonly capabilities: readonly string[];
  /** Every capability there is. */
  readonly knownCapabilities: readonly string[];
  /** Those that nothing may touch at present. */
  readonly frozenCapabilities: readonly string[];
  /** Whether a person approved a change of SYSTEM beforehand. */
  readonly systemPreApproved: boolean;
  readonly signals: readonly BlockingSignal[];
  /** Other contracts; at least all those of the last 24 hours. */
  readonly contracts: readonly ExistingContract[];
}
