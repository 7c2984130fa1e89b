import type { StepType } from "#effects";
import type { EvidenceStore } from "#evidence";
import { JobExecutor } from "#executor";
import { concealOutput } from "./conceal-output.ts";
import type { DisclosureKeeper } from "./conceal-output.ts";
import { spillOutput } from "./spill-output.ts";

/** What the handlers keep things in that do not stand in a line. */
export interface ExecutorPlaces {
  readonly store: EvidenceStore;
  /** For step types with sensitive fields; without it such a step fails. */
  readonly disclosures?: DisclosureKeeper;
}

/** The executor with a handler for each of the step types: large outputs are spilled, sensitive fields are concealed. */
export function executorOf(stepTypes: readonly StepType[], { store, disclosures }: ExecutorPlaces): JobExecutor {
  return new JobExecutor(stepTypes.map((type) => [type.name, spillOutput(concealOutput(type, disclosures), store)]));
}
