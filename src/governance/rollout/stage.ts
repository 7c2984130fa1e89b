import type { ContractState } from "../contract/contract.ts";

/** The stages of a rollout, from the narrowest. */
export const ROLLOUT_STAGES = ["NOT_VISIBLE", "PLANNED", "INTERNAL", "LIMITED", "GENERAL"] as const;

/** One of {@link ROLLOUT_STAGES}. */
export type RolloutStage = (typeof ROLLOUT_STAGES)[number];

const HIDDEN = "NOT_VISIBLE";
const PLANNED = "PLANNED";

/**
 * The stage of a contract: NOT_VISIBLE until it is approved and when it has come to nothing, PLANNED while it is
 * APPROVED or ACTIVE, and from COMPLETED on the stage that was recorded last, PLANNED if none was that is one.
 */
export function stageOf(state: ContractState, recorded?: RolloutStage): RolloutStage {
  if (state === "APPROVED" || state === "ACTIVE") return PLANNED;
  if (state !== "COMPLETED") return HIDDEN;
  const stage = ROLLOUT_STAGES.find((known) => known === recorded);
  return stage === undefined || stage === HIDDEN ? PLANNED : stage;
}
