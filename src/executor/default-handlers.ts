import type { StepHandler, StepOutput } from "#effects";
import { JobExecutor } from "./job-executor.ts";

const DEFAULT_STEP_TYPES = ["capability_enable", "capability_disable", "configuration_update", "parameter_change"];

/** Always succeeds and does nothing: a double for tests and measures. */
export class NoOpHandler implements StepHandler {
  execute(): StepOutput {
    return { success: true, output: { no_op: true } };
  }
}

/** Always fails with the given error: a double for tests. */
export class FailingHandler implements StepHandler {
  readonly #message: string;

  constructor(message = "Intentional failure") {
    this.#message = message;
  }

  execute(): StepOutput {
    return { success: false, output: null, error: this.#message };
  }
}

/**
 * A machine whose four step types (`capability_enable`, `capability_disable`, `configuration_update`,
 * `parameter_change`) are no-ops: for tests and first steps. Their outputs say `no_op: true`. An unknown type has no handler.
 */
export function createDefaultExecutor(): JobExecutor {
  return new JobExecutor(DEFAULT_STEP_TYPES.map((stepType) => [stepType, new NoOpHandler()]));
}
