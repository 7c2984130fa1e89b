import { describe, expect, it } from "vitest";
import { stageOf } from "#governance";
import type { ContractState, RolloutStage } from "#governance";

const STAGES = [undefined, "NOT_VISIBLE", "PLANNED", "INTERNAL", "LIMITED", "GENERAL", "EVERYWHERE"] as const;

/** For each state of a contract the stage that is shown, for each recorded one in the order of STAGES: by its first letter. */
const TABLE: Readonly<Record<ContractState, string>> = {
  DRAFT: "NNNNNNN",
  VALIDATED: "NNNNNNN",
  ELIGIBLE: "NNNNNNN",
  APPROVED: "PPPPPPP",
  ACTIVE: "PPPPPPP",
  COMPLETED: "PPPILGP",
  FAILED: "NNNNNNN",
  REJECTED: "NNNNNNN",
  EXPIRED: "NNNNNNN",
};
const CASES = Object.entries(TABLE).flatMap(([state, row]) =>
  STAGES.map((recorded, column) => ({ state, recorded, letter: row[column] })),
);

describe("the stage of a contract's rollout", () => {
  it.each(CASES)("for $state with $recorded recorded begins with $letter", ({ state, recorded, letter }) => {
    // `as`: the last recorded stage is one that nobody knows
    expect(stageOf(state as ContractState, recorded as RolloutStage | undefined)[0]).toBe(letter);
  });

  it("is hidden for a state that nobody has ever heard of", () => {
    expect(stageOf("DONE" as ContractState, "GENERAL")).toBe("NOT_VISIBLE"); // `as`: a caller that lies
  });
});
