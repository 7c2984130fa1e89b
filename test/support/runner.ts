import type { StepHandler, StepType } from "#effects";
import type { EvidenceStore } from "#evidence";
import { createJobRunner } from "#orchestration";
import type { JobRunner } from "#orchestration";
import { ManualClock } from "./clock.ts";

function stepType(name: string, handler: StepHandler): StepType {
  return { name, handler, checkParameters: () => [], parametersSchema: { type: "object" } };
}

/** A runner that performs the type `act` with this handler. */
export function runnerOver(store: EvidenceStore, handler: StepHandler, clock = new ManualClock()): JobRunner {
  return createJobRunner({ store, clock, stepTypes: [stepType("act", handler)], maxActiveJobs: 10 });
}
