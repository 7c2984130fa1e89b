/** The checks of an audit, in their order. */
export const AUDIT_CHECKS = ["A-001", "A-002", "A-003", "A-004", "A-005", "A-006", "A-007"] as const;

/** One of {@link AUDIT_CHECKS}: scope, health, fidelity, window, rollback, signals, no unauthorised mutation. */
export type AuditCheckId = (typeof AUDIT_CHECKS)[number];

/** What a check, or the audit, says. */
export type AuditDecision = "PASS" | "FAIL" | "INCONCLUSIVE";

/** What one check said. */
export interface AuditCheckOutcome {
  readonly check: AuditCheckId;
  readonly outcome: AuditDecision;
  /** One sentence: what was seen and, unless it passed, what was expected. */
  readonly sentence: string;
}

/** What a person said about an audit that could not tell. */
export interface AuditResolution {
  readonly actor: string;
  readonly reason: string;
}

/** The answer of an audit. It is frozen and never changed; the same facts always give the same JSON. */
export interface AuditVerdict {
  /** FAIL if any check is, else INCONCLUSIVE if any is, else PASS; a resolution turns INCONCLUSIVE into one of the two. */
  readonly verdict: AuditDecision;
  /** Always all seven, in their order. */
  readonly checks: readonly AuditCheckOutcome[];
  /** The approved job that was audited; empty if the facts do not name it. */
  readonly jobId: string;
  /** Which version of the checks decided. */
  readonly rulesVersion: string;
  /** Present exactly if a person resolved an INCONCLUSIVE audit. */
  readonly resolution?: AuditResolution;
}
