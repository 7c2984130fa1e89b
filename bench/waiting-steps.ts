import { setTimeout as pause } from "node:timers/promises";
import type { StepType } from "#effects";

/** What a step waits, as it would for an answer from the network. */
export const WAIT_MS = 20;

/** Served by one worker alone. */
export const BY_ONE = "wait_by_one";
/** Served by all workers. */
export const BY_ALL = "wait_by_all";

/** Steps that do nothing but wait. */
export function waitingSteps(onStep: () => void): readonly StepType[] {
  return [BY_ONE, BY_ALL].map((name) => ({
    name,
    checkParameters: () => [],
    parametersSchema: {},
    handler: {
      async execute() {
        await pause(WAIT_MS);
        onStep();
        return { success: true, output: null };
      },
    },
  }));
}
