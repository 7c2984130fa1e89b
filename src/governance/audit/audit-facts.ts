import type { Json } from "#model";

/** A step as it was approved. */
export interface ApprovedStep {
  /** 0-based, equal to its position in the list. */
  readonly stepIndex: number;
  readonly stepType: string;
  /** The resource key. */
  readonly target: string;
  /** The digest of the parameters, in the form in which the log has it. */
  readonly inputsHash: string;
  /** What the journal must show at `target` after the step; null = nothing stands there. Must be present. */
  readonly after: Json;
}

/** What was approved. */
export interface ApprovedWork {
  readonly contractId: string;
  /** The job that the contract was activated with. */
  readonly jobId: string;
  readonly steps: readonly ApprovedStep[];
  /** The resource keys that the job may touch. */
  readonly scope: readonly string[];
  /** When the contract became ACTIVE, RFC 3339: nothing may start earlier. */
  readonly activatedAt: string;
  /** The first moment outside the activation window, RFC 3339. */
  readonly activationEndsAt: string;
}

/** A step as the log proves it. */
export interface LoggedStep {
  readonly stepIndex: number;
  readonly stepType: string;
  readonly target: string;
  readonly status: "succeeded" | "failed" | "in_doubt";
  readonly inputsHash: string;
  /** RFC 3339. */
  readonly startedAt: string;
  /** RFC 3339; absent if it has no known end. */
  readonly endedAt?: string;
}

/** What the log of the job's execution proves. Without a whole chain it proves nothing, whatever else stands here. */
export interface LoggedWork {
  /** Whether the chain of hashes, with its seal and checkpoints, holds. */
  readonly chain: "whole" | "broken" | "unreadable";
  readonly jobId?: string;
  readonly contractId?: string;
  /** Whether the log says that the job ended. */
  readonly ended?: boolean;
  /** COMPLETED, FAILED or CANCELLED. */
  readonly finalStatus?: string;
  /** In the order performed. */
  readonly steps?: readonly LoggedStep[];
  /** RFC 3339. */
  readonly startedAt?: string;
  /** RFC 3339. */
  readonly endedAt?: string;
}

/** A signal that was raised or withdrawn between the job's start and its end. */
export interface AuditSignal {
  /** Who gave it. */
  readonly source: string;
  /** What it says from then on: HEALTHY (also for a withdrawn one), DEGRADED, BLOCKED or UNKNOWN. */
  readonly status: string;
  /** The capability's name that it is about; `SYSTEM` = the whole platform; `configuration` = all configuration. */
  readonly scope: string;
}

/** An entry of the platform's journal. Both `before` and `after` must be present: null = nothing stood there. */
export interface JournalEntry {
  /** From 1, each one more than the last: a gap means that an entry is missing. */
  readonly seq: number;
  /** The resource key. */
  readonly key: string;
  readonly before: Json;
  readonly after: Json;
  /** `<jobId>/<stepIndex>` of a step, `person:<name>` of a person, null = nobody is named. */
  readonly by: string | null;
  /** RFC 3339. */
  readonly at: string;
  /**
   * Whether `by` is an approved step of another contract's job, or a person who is known. It is not asked for the
   * entries of the audited job, which its plan authorises or does not, and cannot authorise nobody.
   */
  readonly authorised: boolean;
}

/** What stands at a resource key at the time of the audit; null = nothing. */
export interface StandingValue {
  readonly key: string;
  readonly value: Json;
}

/**
 * All that an audit looks at, looked up by somebody else and stored beside the verdict: plain JSON. What could not be
 * read is left out, and every check that needs it is INCONCLUSIVE.
 */
export interface AuditFacts {
  readonly approved: ApprovedWork;
  readonly log: LoggedWork;
  /** HEALTHY, DEGRADED, BLOCKED or UNKNOWN, before the job. */
  readonly healthBefore?: string;
  /** The same, after it. */
  readonly healthAfter?: string;
  /** Absent = unreadable. */
  readonly signals?: readonly AuditSignal[];
  /** All entries, whoever made them, from the job's start to the audit, in their order. Absent = unreadable. */
  readonly journal?: readonly JournalEntry[];
  /** At least for every key that an approved step leaves without an entry. Absent = unreadable. */
  readonly standing?: readonly StandingValue[];
}
