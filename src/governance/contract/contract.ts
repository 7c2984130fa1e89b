import type { EligibilityDecision } from "../eligibility/verdict.ts";

/** Every state a contract can be in. The last four are terminal. */
export const CONTRACT_STATES = [
  "DRAFT",
  "VALIDATED",
  "ELIGIBLE",
  "APPROVED",
  "ACTIVE",
  "COMPLETED",
  "FAILED",
  "REJECTED",
  "EXPIRED",
] as const;

/** Where a contract stands. */
export type ContractState = (typeof CONTRACT_STATES)[number];

/** What an audit of a finished job said; the audit reads the evidence, never the handler's word. */
export interface AuditOutcome {
  /** The job whose log was read. */
  readonly jobId: string;
  readonly verdict: "PASS" | "FAIL" | "INCONCLUSIVE";
}

/** The governance state object. A transition never changes one, it makes the next. All times are RFC 3339. */
export interface Contract {
  readonly contractId: string;
  /** 1 for a new draft, one more for each transition; at most 2^53 - 2. */
  readonly version: number;
  readonly state: ContractState;
  /** Who asked. This identity can never approve. */
  readonly submittedBy: string;
  /** From this moment on the contract can no longer go forward towards approval; it can only be rejected or expire. */
  readonly expiresAt: string;
  /** When and by whom the last transition was made; absent on a new draft. */
  readonly changedAt?: string;
  readonly changedBy?: string;
  /** Why it was rejected or has failed. */
  readonly reason?: string;
  /** The recorded eligibility decision; present from ELIGIBLE on. */
  readonly eligibility?: EligibilityDecision;
  /** Hash of the job that the changes make: what is approved, and the only thing that may run. Present from ELIGIBLE on. */
  readonly planHash?: string;
  /** Present from APPROVED on. */
  readonly approvedBy?: string;
  /** The activation window opens here; present from APPROVED on. */
  readonly approvedAt?: string;
  /** The first moment outside the activation window; present from APPROVED on. */
  readonly activationEndsAt?: string;
  /** The job that carries the contract out; present from ACTIVE on. */
  readonly jobId?: string;
  /** The audit that let it complete; present on COMPLETED. */
  readonly audit?: AuditOutcome;
}
