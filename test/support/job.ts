import type { AdmittedJob, Job, JobStep } from "#model";

/** A step at a position, with what a test cares about replaced. */
export function stepAt(stepIndex: number, changes: Partial<JobStep> = {}): JobStep {
  return { stepIndex, stepType: "act", target: `target-${stepIndex}`, parameters: {}, timeoutSeconds: 300, ...changes };
}

/** A job of the given steps, with what a test cares about replaced; a number stands for so many plain steps. */
export function jobOf(steps: number | readonly Partial<JobStep>[], changes: Partial<Job> = {}): Job {
  const list = typeof steps === "number" ? Array.from({ length: steps }, () => ({})) : steps;
  return {
    jobId: "job-1",
    contractId: "contract-1",
    executedBy: "tester",
    steps: list.map((step, position) => stepAt(position, step)),
    ...changes,
  };
}

/** The job as the machine takes it. Governance freezes what it admits; a test also wants to hand over what it would not. */
export function admitted(job: Job): AdmittedJob {
  return job as AdmittedJob; // stands in for governance
}
