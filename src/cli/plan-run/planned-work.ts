import { gateWord } from "#api";
import type { VerbatimClient } from "#api";
import type { Violation } from "#model";

/** What a server says of a plan. */
type Answer = Awaited<ReturnType<VerbatimClient["runs"]["validatePlan"]>>;

/** A step of a plan, as far as it is told. */
export interface PlannedStepView {
  readonly stepType: string;
  readonly target: string;
  readonly timeoutSeconds: number;
}

/** A job of a plan, as far as it is told. */
export interface PlannedJobView {
  readonly key: string;
  readonly needs: readonly string[];
  readonly gate?: "hard" | "manual";
  readonly maxAttempts: number;
  readonly steps: readonly PlannedStepView[];
  readonly compensate: readonly PlannedStepView[];
}

/** What a plan would do. */
export interface PlannedWork {
  readonly name: string;
  /** Empty if there are violations. */
  readonly planHash: string;
  readonly violations: readonly Violation[];
  /** Keys in an order in which the jobs could run one at a time. */
  readonly order: readonly string[];
  /** Jobs that could run at the same time, level by level. */
  readonly widths: readonly number[];
  readonly maxWorkers: number;
  /** In the order of the plan. */
  readonly jobs: readonly PlannedJobView[];
}

/** The same in the words of the model. */
export function plannedWork({ name, planHash, violations, order, widths, maxWorkers, jobs }: Answer): PlannedWork {
  return {
    name,
    planHash,
    violations: violations.map(({ field, description }) => ({ field, description })),
    order,
    widths,
    maxWorkers,
    jobs: jobs.map((job) => {
      const gate = gateWord(job.gate);
      const { key, needs, maxAttempts } = job;
      const [steps, compensate] = [job.steps.map(stepView), job.compensate.map(stepView)];
      return { key, needs, maxAttempts, steps, compensate, ...(gate !== undefined && { gate }) };
    }),
  };
}

function stepView({ stepType, target, timeoutSeconds }: PlannedStepView): PlannedStepView {
  return { stepType, target, timeoutSeconds };
}
