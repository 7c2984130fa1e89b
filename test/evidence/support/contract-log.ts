import type { JsonObject } from "#model";
import type { RecordDraft } from "#evidence";
import { draft } from "./drafts.ts";
import { canonical, sha256 } from "./reference-format.ts";

/** The contract that all logs here are of. */
export const CONTRACT = "contract-1";
/** The job that carries it out. */
export const CONTRACT_JOB = "contract-1.job";

/** What was asked for. */
export const REQUEST: JsonObject = {
  source: "support_ticket",
  reference: "ticket-7",
  submitted_by: "ada",
  title: "Switch the search on",
  description: "",
  urgency: "normal",
  changes: [{ type: "capability_enable", capability: "search" }],
  capabilities: ["search"],
};

/** Hash of what the job will do, as approved. */
export const CONTRACT_PLAN_HASH = sha256("the plan of the job");

/** The record that opens the log of a contract. */
export function submitted(members: Partial<RecordDraft> = {}): RecordDraft {
  return draft("contract.submitted", {
    actor: "ada",
    contract_id: CONTRACT,
    status: "DRAFT",
    schema: "evidence/v1",
    data: { request: REQUEST, request_hash: sha256(canonical(REQUEST)), expires_at: "2026-11-28T00:00:00.000Z" },
    ...members,
  });
}

/** A decision. */
export function verdict(decider: string, status: string, members: Partial<RecordDraft> = {}): RecordDraft {
  const data = { decider, rules_version: "1", facts: { seen: true }, verdict: { decision: status } };
  return draft("contract.verdict", { actor: "verbatim", contract_id: CONTRACT, status, data, ...members });
}

/** A transition: the versions before it are counted from 1. */
export function transitioned(
  from: string,
  status: string,
  { version, ...members }: Partial<RecordDraft> & { readonly version: number },
): RecordDraft {
  const data = { version, from, contract: { contract_id: CONTRACT, state: status } };
  return draft("contract.transitioned", { actor: "verbatim", contract_id: CONTRACT, status, data, ...members });
}

/** Validated, found eligible, approved by a second person and activated: version 5. */
export function activated(): readonly RecordDraft[] {
  return [
    submitted(),
    verdict("validator", "create_contract"),
    transitioned("DRAFT", "VALIDATED", { version: 2 }),
    verdict("eligibility", "MAY"),
    transitioned("VALIDATED", "ELIGIBLE", { version: 3 }),
    transitioned("ELIGIBLE", "APPROVED", { version: 4, actor: "grace", plan_hash: CONTRACT_PLAN_HASH }),
    transitioned("APPROVED", "ACTIVE", { version: 5, actor: "grace", job_id: CONTRACT_JOB }),
  ];
}

/** Carried out, audited and completed. */
export function completedContract(): readonly RecordDraft[] {
  return [
    ...activated(),
    verdict("audit", "PASS", { job_id: CONTRACT_JOB }),
    transitioned("ACTIVE", "COMPLETED", { version: 6, job_id: CONTRACT_JOB }),
  ];
}

/** Carried out, and not as declared. */
export function failedContract(): readonly RecordDraft[] {
  return [
    ...activated(),
    verdict("audit", "FAIL", { job_id: CONTRACT_JOB }),
    transitioned("ACTIVE", "FAILED", { version: 6, job_id: CONTRACT_JOB, reason: "A-003: another target was changed" }),
  ];
}

/** Something that was told of the rollback. */
export function rollback(status: string, members: Partial<RecordDraft> = {}): RecordDraft {
  return draft("contract.rollback", {
    contract_id: CONTRACT,
    status,
    job_id: `${CONTRACT_JOB}:rollback`,
    reason: "The audit has failed.",
    ...members,
  });
}

/** How far the change is rolled out. */
export function rollout(status: string, members: Partial<RecordDraft> = {}): RecordDraft {
  return draft("contract.rollout", { contract_id: CONTRACT, status, data: { stage: status }, ...members });
}
