import type { StepType } from "#effects";
import type { EvidenceStore } from "#evidence";
import type { JobExecutor } from "#executor";
import { admitJob } from "#governance";
import type { AdmittedJob, Job, Violation } from "#model";
import { Fault } from "#model";
import { executorOf, invalidRequest } from "#worker";
import type { DisclosureKeeper } from "#worker";

/** What a machine is made of. */
export interface MachineOptions {
  readonly store: EvidenceStore;
  readonly stepTypes: readonly StepType[];
  /** For step types with sensitive fields; without it such a step fails. */
  readonly disclosures?: DisclosureKeeper;
  /** Told of refusals, for the log of the process. */
  readonly onRefused?: (jobId: string, reasons: readonly Violation[]) => void;
}

/** Whoever reaches the server may execute: roles come from the credential, above. */
const SCOPES: ReadonlySet<string> = new Set(["execute"]);

/** The executor with its handlers, and the way into it: governance's admission. */
export class Machine {
  readonly executor: JobExecutor;
  /** Sorted by name. */
  readonly stepTypes: readonly StepType[];
  readonly types: ReadonlyMap<string, StepType>;
  readonly #typeNames: ReadonlySet<string>;
  readonly #options: MachineOptions;

  constructor(options: MachineOptions) {
    const { store, stepTypes, disclosures } = options;
    this.#options = options;
    this.stepTypes = stepTypes.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    this.types = new Map(this.stepTypes.map((type) => [type.name, type]));
    this.#typeNames = new Set(this.types.keys());
    this.executor = executorOf(this.stepTypes, disclosures === undefined ? { store } : { store, disclosures });
  }

  /** A machine with no other handlers than those of `stepTypes`. */
  only(stepTypes: ReadonlySet<string>): Machine {
    const granted = this.#options.stepTypes.filter(({ name }) => stepTypes.has(name));
    return new Machine({ ...this.#options, stepTypes: granted });
  }

  /**
   * Asks governance, and each step's type for its parameters.
   * @throws {Fault} ADMISSION_REFUSED, INVALID_REQUEST: with every reason.
   */
  admit(job: Job): AdmittedJob {
    const verdict = admitJob(job, { knownStepTypes: this.#typeNames, scopes: SCOPES });
    if (verdict.verdict === "REFUSED") {
      this.#options.onRefused?.(job.jobId, verdict.reasons);
      throw notAdmitted(verdict.reasons);
    }
    const violations = job.steps.flatMap((step) =>
      (this.types.get(step.stepType)?.checkParameters(step.parameters) ?? []).map(({ field, description }) => ({
        field: field === "" ? `steps[${step.stepIndex}].parameters` : `steps[${step.stepIndex}].parameters.${field}`,
        description,
      })),
    );
    if (violations.length > 0) throw invalidRequest(violations);
    return verdict.job;
  }
}

/** The fault that names every reason why a job is not admitted. */
export function notAdmitted(violations: readonly Violation[]): Fault {
  const reasons = violations.map(({ field, description }) => `${field} ${description}`).join("; ");
  return new Fault("ADMISSION_REFUSED", `The job is not admitted: ${reasons}.`, { violations });
}
