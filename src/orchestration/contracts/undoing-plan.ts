import type { EvidenceRecord, EvidenceStore } from "#evidence";
import { contractPlan, rollbackPlan } from "./contract-job.ts";
import type { ContractPlan } from "./contract-job.ts";
import type { ContractRecord } from "./contract-state.ts";
import { jobRecords, performedSteps } from "./performed-steps.ts";

/** Processes that may die while they undo one contract, before a person has to look. */
const ATTEMPTS_AT_MOST = 10;

/**
 * What undoes a contract's job, by what the logs say was performed; undefined = nothing is to be undone. An attempt that was cut
 * off, because its process died or was stopped, is followed by another one over the steps that it is not known to have undone.
 */
export async function undoingPlan(
  { contract, request }: ContractRecord,
  runStore: EvidenceStore,
): Promise<ContractPlan | undefined> {
  const plan = contractPlan(contract.contractId, request);
  let left = await performedSteps(runStore, plan.job.jobId);
  let due = rollbackPlan(plan, left, 1);
  for (let attempt = 2; due !== undefined && attempt <= ATTEMPTS_AT_MOST; attempt += 1) {
    const records = await jobRecords(runStore, due.job.jobId);
    if (!records.some(isCutOff)) return due;
    const undone = undoneSteps(due, records);
    left = left.filter((index) => !undone.has(index));
    const next = rollbackPlan(plan, left, attempt);
    if (next === undefined) return due; // it was cut off behind its last step
    due = next;
  }
  return due;
}

function isCutOff({ event_type: type, status }: EvidenceRecord): boolean {
  return type === "log.recovered" || (type === "job.failed" && status === "CANCELLED");
}

/** The steps of the contract's job that an attempt has certainly undone. */
function undoneSteps({ job }: ContractPlan, records: readonly EvidenceRecord[]): ReadonlySet<unknown> {
  const succeeded = records.filter(({ event_type: type }) => type === "step.succeeded");
  return new Set(succeeded.map(({ step_index: index = -1 }) => job.steps[index]?.parameters["step_index"]));
}
