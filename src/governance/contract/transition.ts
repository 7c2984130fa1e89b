import type { Violation } from "#model";
import type { EligibilityDecision } from "../eligibility/verdict.ts";
import type { AuditOutcome, Contract, ContractState } from "./contract.ts";

/** What is asked of a contract. */
export interface TransitionRequest {
  readonly to: ContractState;
  /** Who asks, from the credential; for APPROVED this is the approver. */
  readonly actor: string;
  /** The version the asker has seen: another one means somebody was faster. */
  readonly expectedVersion: number;
  /** For ACTIVE: the job that carries the contract out. */
  readonly jobId?: string;
  /** For APPROVED: hash of the plan that the approver has looked at. */
  readonly planHash?: string;
  /** For REJECTED and FAILED: why. */
  readonly reason?: string;
  /** For APPROVED: length of the activation window in whole hours, 1..168, counted from now; default 24. */
  readonly activationWindowHours?: number;
}

/** What was looked up for the decision. It is stored with the verdict, so that the verdict can be recomputed. */
export interface TransitionFacts {
  /** The moment of the decision, RFC 3339. */
  readonly now: string;
  /** For VALIDATED: what the schema check of the proposed changes found; absent = not checked. */
  readonly violations?: readonly Violation[];
  /** For ELIGIBLE: the decision of the eligibility rules. MAY_NOT stops APPROVED and ACTIVE as well. */
  readonly eligibility?: EligibilityDecision;
  /** For ELIGIBLE and ACTIVE: hash of the job that the proposed changes make. */
  readonly planHash?: string;
  /** For COMPLETED: what the audit of the job said. */
  readonly audit?: AuditOutcome;
}

/** Why a transition was refused: the closed list. */
export type TransitionRefusalCode =
  | "UNREADABLE"
  | "VERSION_CONFLICT"
  | "TERMINAL"
  | "NOT_IN_TABLE"
  | "ACTOR_REQUIRED"
  | "NOT_VALID"
  | "NOT_ELIGIBLE"
  | "APPROVER_REQUIRED"
  | "FOUR_EYES"
  | "WINDOW_OUT_OF_BOUNDS"
  | "OUTSIDE_WINDOW"
  | "PLAN_REQUIRED"
  | "PLAN_MISMATCH"
  | "JOB_ID_REQUIRED"
  | "AUDIT_REQUIRED"
  | "REASON_REQUIRED"
  | "EXPIRED"
  | "NOT_YET_EXPIRED";

/** A refused transition. */
export interface TransitionRefusal {
  readonly verdict: "REFUSED";
  readonly code: TransitionRefusalCode;
  /** One sentence: what was seen, what was expected, what to do. */
  readonly sentence: string;
}

/** Governance's answer: the next contract, or why there is none. */
export type TransitionVerdict = { readonly verdict: "ALLOWED"; readonly contract: Contract } | TransitionRefusal;

/** Makes a refusal. */
export function refuse(code: TransitionRefusalCode, sentence: string): TransitionRefusal {
  return Object.freeze({ verdict: "REFUSED", code, sentence });
}
