import type { Contract } from "../contract/contract.ts";
import type { RolloutStage } from "./stage.ts";

/** A question to the rollout, with all that was looked up for it. */
export interface AdvanceFacts {
  readonly contract: Contract;
  /** The stage at which the contract stands. */
  readonly stage: RolloutStage;
  /** The stage that is asked for. */
  readonly to: RolloutStage;
  /** When the present stage began, or the contract completed if none has yet; RFC 3339. Absent = not stable. */
  readonly stageSince?: string;
  /** HEALTHY, DEGRADED, BLOCKED or UNKNOWN; only HEALTHY is good. */
  readonly health: string;
  /** The moment of the decision, RFC 3339. */
  readonly now: string;
  /** Who asks, from the credential. */
  readonly actor: string;
  /** Hours that a stage has to stand before the next; default 24, more than 0, at most 8,760. */
  readonly stabilisationHours?: number;
}

/** Why a stage was not reached: the closed list. */
export type AdvanceRefusalCode =
  | "UNREADABLE"
  | "ACTOR_REQUIRED"
  | "FINAL"
  | "NOT_NEXT"
  | "NOT_COMPLETED"
  | "AUDIT_REQUIRED"
  | "STABILISATION_OUT_OF_BOUNDS"
  | "NOT_STABLE"
  | "NOT_HEALTHY";

/** The next stage, or why there is none. */
export type AdvanceVerdict =
  | {
      readonly verdict: "ALLOWED";
      readonly from: RolloutStage;
      readonly stage: RolloutStage;
      /** Who advanced it, and when: `actor` and `now` of the facts. */
      readonly changedBy: string;
      readonly changedAt: string;
    }
  | { readonly verdict: "REFUSED"; readonly code: AdvanceRefusalCode; readonly sentence: string };

/** Decides whether a rollout goes on by one stage. The first reason against it is told. Never throws. */
export function decideAdvance(facts: AdvanceFacts): AdvanceVerdict {
  void facts;
  return Object.freeze({ verdict: "REFUSED", code: "UNREADABLE", sentence: "" });
}
