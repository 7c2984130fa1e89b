import type { EvidenceStore } from "#evidence";
import { contractPlan, rollbackPlan } from "./contract-job.ts";
import type { ContractPlan } from "./contract-job.ts";
import type { ContractRecord } from "./contract-state.ts";
import { performedSteps } from "./performed-steps.ts";

/** What undoes a contract's job, by what its log says was performed; undefined = nothing is to be undone. */
export async function undoingPlan(
  { contract, request }: ContractRecord,
  runStore: EvidenceStore,
): Promise<ContractPlan | undefined> {
  const plan = contractPlan(contract.contractId, request);
  return rollbackPlan(plan, await performedSteps(runStore, plan.job.jobId));
}
