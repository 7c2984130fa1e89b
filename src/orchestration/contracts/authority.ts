import type { EvidenceStore } from "#evidence";
import type { Job, Violation } from "#model";
import type { ContractPlan } from "./contract-job.ts";
import { contractPlan } from "./contract-job.ts";
import { ContractLog } from "./contract-log.ts";
import type { ContractRecord } from "./contract-state.ts";
import { undoingPlan } from "./undoing-plan.ts";

/** What lets a job start: which handlers it gets, or every reason why it may not. */
export type Grant =
  | { readonly verdict: "GRANTED"; readonly stepTypes: readonly string[] }
  | { readonly verdict: "REFUSED"; readonly reasons: readonly Violation[] };

/** Asked before a new job starts: whether its contract lets this very plan run under this very id. */
export interface JobAuthority {
  grant(job: Job, planHash: string): Promise<Grant>;
}

/** The authority of contracts: only the job of an ACTIVE one, as approved, or what undoes it. */
export function contractAuthority(store: EvidenceStore, runStore: EvidenceStore): JobAuthority {
  const log = new ContractLog(store);
  return {
    async grant({ jobId, contractId }, planHash) {
      const record = await log.find(contractId);
      if (record === undefined) return refused("contract_id", `is ${contractId}, and there is no such contract`);
      const { state } = record.contract;
      if (state !== "ACTIVE") {
        return refused("contract_id", `is of a contract that is ${state}; only an ACTIVE one lets a job run`);
      }
      const plan =
        record.rollback?.status === "RUNNING"
          ? await undoingPlan(record, runStore)
          : contractPlan(contractId, record.request);
      const expected = plan?.job.jobId ?? record.contract.jobId;
      if (jobId !== expected) return refused("job_id", `is ${jobId}; the contract's job is ${expected}`);
      if (plan === undefined || planHash !== plan.planHash || !isApproved(record, plan)) {
        return refused(
          "steps",
          `are not the approved ones: their hash is ${planHash}, approved is ${record.contract.planHash}`,
        );
      }
      return { verdict: "GRANTED", stepTypes: plan.stepTypes };
    },
  };
}

/** What undoes a change needs no approval of its own: it is a function of what was approved, and of what ran. */
function isApproved({ contract, rollback }: ContractRecord, plan: ContractPlan): boolean {
  return rollback !== undefined || plan.planHash === contract.planHash;
}

function refused(field: string, description: string): Grant {
  return { verdict: "REFUSED", reasons: [{ field, description }] };
}
