import { Fault } from "#model";
import type { PlanRun } from "./plan-run.ts";
import type { AboutJob } from "./run-runner.ts";
import type { JobState } from "./job-state.ts";

/** @throws {Fault} INVALID_REQUEST if the run's plan has no such job; PLAN_CHANGED if the word is about another plan. */
function jobOf(run: PlanRun, { jobKey, planHash }: AboutJob): JobState {
  if (planHash !== undefined && planHash !== run.planHash)
    throw new Fault(
      "PLAN_CHANGED",
      `Run ${run.runId} runs the plan ${run.planHash}, and the word is about ${planHash}: look at the run again.`,
    );
  const job = run.state.jobs.get(jobKey);
  if (job !== undefined) return job;
  const description = `is ${JSON.stringify(jobKey)}, and the plan ${run.state.plan.name} has no such job`;
  throw new Fault("INVALID_REQUEST", `Run ${run.runId} has no job ${jobKey}.`, {
    violations: [{ field: "job_key", description }],
  });
}

/** @throws {Fault} GATE_CLOSED if nobody is asked for a word; APPROVER_IS_SUBMITTER */
export function requireGate(run: PlanRun, about: AboutJob): void {
  const job = jobOf(run, about);
  if (!run.state.openGates.has(about.jobKey)) {
    const why = job.approved ? "its gate was passed already" : `it is ${job.status}, and no gate of it waits`;
    throw new Fault("GATE_CLOSED", `Job ${about.jobKey} of run ${run.runId} needs no approval now: ${why}.`);
  }
  if (about.actor === run.state.submittedBy)
    throw new Fault(
      "APPROVER_IS_SUBMITTER",
      `${about.actor} has started run ${run.runId}, and whoever has asked for a thing does not approve it: ask somebody else.`,
    );
}

/** @throws {Fault} RUN_ENDED, RUN_ACTIVE, GATE_CLOSED */
export function requireMarkable(run: PlanRun, about: AboutJob): void {
  const job = jobOf(run, about);
  const { status } = run.state;
  if (status === "succeeded" || status === "cancelled" || status === "rolled_back" || status === "rolling_back")
    throw new Fault("RUN_ENDED", `Run ${run.runId} is ${status}: nothing can be said of its jobs any more.`);
  if (job.status === "running")
    throw new Fault("RUN_ACTIVE", `Job ${about.jobKey} runs: cancel it, or wait for its end.`);
  if (job.status === "succeeded")
    throw new Fault("GATE_CLOSED", `Job ${about.jobKey} has succeeded: there is nothing to be said.`);
}

/** @throws {Fault} GATE_CLOSED unless the job's hard gate has failed the run */
export function requireOverridable(run: PlanRun, about: AboutJob): void {
  const job = jobOf(run, about);
  if (run.state.status !== "failed" || job.job.gate !== "hard" || job.status !== "failed")
    throw new Fault(
      "GATE_CLOSED",
      `There is no failed hard gate to override: job ${about.jobKey} is ${job.status}${job.job.gate === "hard" ? "" : " and has no hard gate"}, run ${run.runId} is ${run.state.status}.`,
    );
}

/** @throws {Fault} RUN_NOT_RESUMABLE unless the run has failed */
export function requireRollback(run: PlanRun): void {
  const { status, jobs } = run.state;
  if (status !== "failed")
    throw new Fault("RUN_NOT_RESUMABLE", `Run ${run.runId} is ${status}; only a run that has failed is rolled back.`);
  for (const job of jobs.values()) if (job.status === "succeeded" && job.job.compensate.length > 0) return;
  throw new Fault(
    "RUN_NOT_RESUMABLE",
    `Run ${run.runId} has no job that succeeded and declares how it is undone (compensate).`,
  );
}
