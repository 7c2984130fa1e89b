import type { StepHandler } from "#effects";
import type { AdmittedJob, Job, JobStep, JsonObject } from "#model";
import { reference } from "./conclusion.ts";
import { executeJob } from "./execute-job.ts";
import type { ExecuteOptions, Execution } from "./execute-job.ts";
import { capturedError, frozenJson } from "./untrusted.ts";

/** Version of the machine, written into every result. Changes when what is executed or recorded changes. */
export const EXECUTOR_VERSION = "1.0.0";

/** A machine that performs declared steps. It decides, retries and interprets nothing. */
export class JobExecutor {
  readonly version: string;
  readonly #handlers: Map<string, StepHandler>;

  /** `handlers` by step type; `version` is written into results. */
  constructor(handlers: Iterable<readonly [string, StepHandler]> = [], version: string = EXECUTOR_VERSION) {
    this.#handlers = new Map(handlers);
    this.version = version;
  }

  /** Registers the handler of a step type, for jobs that start from now on; replaces the one before. */
  registerHandler(stepType: string, handler: StepHandler): void {
    this.#handlers.set(stepType, handler);
  }

  /**
   * Executes a job. Yields batches of records; ask for the next when the last one is durable, for asking is the
   * permission to go on. Returns the result. Outcomes are never thrown.
   */
  executeJob(job: AdmittedJob, options: ExecuteOptions): Execution {
    const { steps, problem } = frozenSteps(job);
    const machine = { ...options, handlers: new Map(this.#handlers), version: this.version, problem };
    return executeJob({ ...job, steps }, machine);
  }
}

/** The steps as they are now: what a caller or a handler does to theirs later changes nothing. Or why they cannot be had. */
export function frozenSteps({ steps }: Job): Pick<Job, "steps"> & { readonly problem?: string } {
  try {
    return { steps: steps.map(frozenStep) };
  } catch (thrown) {
    return { steps: [...steps], problem: capturedError(thrown) };
  }
}

function frozenStep(step: JobStep, position: number): JobStep {
  if (step.stepIndex !== position) throw new Error(`step_index ${step.stepIndex} stands at position ${position}`);
  const parameters = frozenJson(step.parameters) as JsonObject; // the copy of an object is an object
  return Object.freeze({ ...reference(step), parameters, timeoutSeconds: step.timeoutSeconds });
}
