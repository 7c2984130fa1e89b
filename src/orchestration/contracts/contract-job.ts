import { planOfChanges, planRollback } from "#governance";
import type { ChangeRequest } from "#governance";
import type { Job, JobStep } from "#model";
import { assert } from "#model";
import { declarePlan } from "#worker";
import { MACHINE } from "./contract-records.ts";

/** What a contract's changes make: the job that is approved, and nothing else may run. */
export interface ContractPlan {
  readonly job: Job;
  readonly planHash: string;
  /** Resource keys that it may change. */
  readonly scope: readonly string[];
  /** The handlers that the executor gets for it. */
  readonly stepTypes: readonly string[];
}

/** The plan of a request under a contract's id: a function of both. */
export function contractPlan(contractId: string, request: ChangeRequest): ContractPlan {
  const plan = planOfChanges(request);
  assert(plan.verdict === "PLANNED", "a request that was read can be planned");
  const job = jobOf(`${contractId}.job`, contractId, plan.steps);
  return { job, planHash: declarePlan(job).hash, scope: plan.scope, stepTypes: plan.stepTypes };
}

/**
 * What undoes the steps of a contract's job that were performed, or may have been; undefined = nothing is to be undone. `attempt`
 * counts from 1: each is a job of its own.
 */
export function rollbackPlan(
  plan: ContractPlan,
  performed: readonly number[],
  attempt: number,
): ContractPlan | undefined {
  const { jobId, contractId, steps } = plan.job;
  const undoing = planRollback({ jobId, steps, performed });
  if (undoing.length === 0) return undefined;
  const job = jobOf(`${contractId}.rollback${attempt === 1 ? "" : `-${attempt}`}`, contractId, undoing);
  const stepTypes = [...new Set(undoing.map(({ stepType }) => stepType))];
  return { job, planHash: declarePlan(job).hash, scope: plan.scope, stepTypes };
}

function jobOf(jobId: string, contractId: string, steps: readonly JobStep[]): Job {
  return { jobId, contractId, executedBy: MACHINE, steps };
}
