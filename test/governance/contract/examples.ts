import type { Contract, ContractState, TransitionFacts, TransitionRequest } from "#governance";
import { deepFreeze } from "../support/deep-freeze.ts";

export const NOW = "2026-03-01T12:00:00.000Z";
export const APPROVED_AT = "2026-03-01T06:00:00.000Z";
export const ACTIVATION_ENDS_AT = "2026-03-02T06:00:00.000Z";
export const EXPIRES_AT = "2026-03-10T00:00:00.000Z";

const APPROVED_MEMBERS = {
  eligibility: "MAY",
  planHash: "plan-1",
  approvedBy: "bo",
  approvedAt: APPROVED_AT,
  activationEndsAt: ACTIVATION_ENDS_AT,
} as const;

const MEMBERS: Readonly<Record<ContractState, Partial<Contract>>> = {
  DRAFT: {},
  VALIDATED: {},
  ELIGIBLE: { eligibility: "MAY", planHash: "plan-1" },
  APPROVED: APPROVED_MEMBERS,
  ACTIVE: { ...APPROVED_MEMBERS, jobId: "job-1" },
  COMPLETED: { ...APPROVED_MEMBERS, jobId: "job-1", audit: { jobId: "job-1", verdict: "PASS" } },
  FAILED: { ...APPROVED_MEMBERS, reason: "the window passed" },
  REJECTED: { reason: "not now" },
  EXPIRED: {},
};

/** A contract as it truly looks in that state. */
export function contractIn(state: ContractState, changes: Partial<Contract> = {}): Contract {
  return deepFreeze({
    contractId: "contract-1",
    version: 7,
    state,
    submittedBy: "ada",
    expiresAt: EXPIRES_AT,
    ...MEMBERS[state],
    ...changes,
  });
}

/** A request to which no guard can object. */
export function requestFor(to: ContractState, changes: Partial<TransitionRequest> = {}): TransitionRequest {
  return deepFreeze({
    to,
    actor: "bo",
    expectedVersion: 7,
    planHash: "plan-1",
    jobId: "job-1",
    reason: "because",
    ...changes,
  });
}

/** Facts to which no guard can object, save that of EXPIRED, which needs {@link EXPIRES_AT} to have come. */
export function factsAt(now: string = NOW, changes: Partial<TransitionFacts> = {}): TransitionFacts {
  return deepFreeze({
    now,
    violations: [],
    eligibility: "MAY",
    planHash: "plan-1",
    audit: { jobId: "job-1", verdict: "PASS" },
    ...changes,
  });
}
