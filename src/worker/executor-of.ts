import type { ExecutionContext, StepHandler, StepType } from "#effects";
import type { EvidenceStore } from "#evidence";
import { JobExecutor } from "#executor";
import type { JobStep } from "#model";
import { concealOutput } from "./conceal-output.ts";
import type { DisclosureKeeper } from "./conceal-output.ts";
import { spillOutput } from "./spill-output.ts";

/** What the handlers keep things in that do not stand in a line. */
export interface ExecutorPlaces {
  readonly store: EvidenceStore;
  /** For step types with sensitive fields; without it such a step fails. */
  readonly disclosures?: DisclosureKeeper | undefined;
  /** The run whose log the records of a job go to; default: the first part of its id, as of `RUN/JOB/ATTEMPT`. */
  readonly runOf?: (jobId: string) => string;
}

/**
 * The executor with a handler for each of the step types: it is told under which claim the run is held, its large outputs are spilled,
 * its sensitive fields concealed.
 */
export function executorOf(stepTypes: readonly StepType[], places: ExecutorPlaces): JobExecutor {
  const { store, disclosures, runOf = runOfAttempt } = places;
  const epochOf = (jobId: string): string | undefined => store.epochOf(runOf(jobId));
  const handlerOf = (type: StepType): StepHandler =>
    tellEpoch(spillOutput(concealOutput(type, disclosures), store), epochOf);
  return new JobExecutor(stepTypes.map((type) => [type.name, handlerOf(type)]));
}

/** Neither a run's id nor that of a direct job has a slash. */
function runOfAttempt(jobId: string): string {
  return jobId.split("/", 1)[0] ?? jobId;
}

/** The same handler, which is told the epoch as it is when it is called. */
function tellEpoch(handler: StepHandler, epochOf: (jobId: string) => string | undefined): StepHandler {
  return {
    execute(step: JobStep, context: ExecutionContext, options: { readonly signal: AbortSignal }) {
      const epoch = epochOf(context.jobId);
      return handler.execute(step, epoch === undefined ? context : Object.freeze({ ...context, epoch }), options);
    },
  };
}
