import { describe, expect, it } from "vitest";
import { decideTransition } from "#governance";
import type { Contract, ContractState, TransitionFacts, TransitionRequest } from "#governance";
import { contractIn, EXPIRES_AT, factsAt, NOW, requestFor } from "./examples.ts";

interface Refused {
  readonly from: ContractState;
  readonly to: ContractState;
  readonly contract?: Partial<Contract>;
  readonly request?: Partial<TransitionRequest>;
  readonly facts?: TransitionFacts;
  readonly sentence: string;
}

const REFUSED: readonly Refused[] = [
  {
    from: "DRAFT",
    to: "VALIDATED",
    contract: { state: "PENDING" as ContractState }, // `as`: a contract from elsewhere
    sentence: 'The contract is in the unknown state "PENDING"; nothing can follow it.',
  },
  {
    from: "DRAFT",
    to: "VALIDATED",
    facts: factsAt("noon"),
    sentence: '`now` is "noon"; give an RFC 3339 time with an offset.',
  },
  {
    from: "DRAFT",
    to: "VALIDATED",
    contract: { expiresAt: "soon" },
    sentence: '`expiresAt` is "soon"; give an RFC 3339 time with an offset.',
  },
  {
    from: "DRAFT",
    to: "VALIDATED",
    contract: { submittedBy: "" },
    sentence: "The contract lacks a version from 1 or its submitter; nothing can be decided on it.",
  },
  {
    from: "FAILED",
    to: "ACTIVE",
    sentence: "The contract is FAILED, which is final; submit a new one.",
  },
  {
    from: "DRAFT",
    to: "VALIDATED",
    request: { actor: "" },
    sentence: "Nobody is named who makes the contract VALIDATED; give the identity of the caller.",
  },
  {
    from: "DRAFT",
    to: "VALIDATED",
    facts: { now: NOW },
    sentence: "The proposed changes have not been checked; check them against their schema first.",
  },
  {
    from: "DRAFT",
    to: "VALIDATED",
    facts: factsAt(NOW, {
      violations: [
        { field: "changes[0]", description: "a" },
        { field: "changes[1]", description: "b" },
      ],
    }),
    sentence:
      'The proposed changes have 2 problem(s), the first at "changes[0]"; correct all of them in a new request.',
  },
  {
    from: "VALIDATED",
    to: "ELIGIBLE",
    facts: { now: NOW },
    sentence: "The eligibility decision was not asked for and only MAY leads on; nobody can override it.",
  },
  {
    from: "VALIDATED",
    to: "ELIGIBLE",
    facts: factsAt(NOW, { eligibility: "MAY_NOT" }),
    sentence: 'The eligibility decision is "MAY_NOT" and only MAY leads on; nobody can override it.',
  },
  {
    from: "ELIGIBLE",
    to: "APPROVED",
    contract: { eligibility: "MAY_NOT" },
    sentence: 'The eligibility decision is "MAY_NOT", not MAY, and APPROVED cannot override it; reject the contract.',
  },
  {
    from: "APPROVED",
    to: "ACTIVE",
    facts: factsAt(NOW, { eligibility: "MAY_NOT" }),
    sentence: 'The eligibility decision is "MAY_NOT", not MAY, and ACTIVE cannot override it; reject the contract.',
  },
  {
    from: "ELIGIBLE",
    to: "APPROVED",
    request: { actor: "Ada" },
    sentence: '"Ada" submitted the contract and cannot approve it; somebody else must look at it.',
  },
  {
    from: "APPROVED",
    to: "ACTIVE",
    contract: { approvedBy: "" },
    sentence: "The contract has no approver; somebody other than its submitter must approve it.",
  },
  {
    from: "ELIGIBLE",
    to: "APPROVED",
    request: { activationWindowHours: 169 },
    sentence: "The activation window is 169 hours; give a whole number from 1 to 168.",
  },
  {
    from: "ELIGIBLE",
    to: "APPROVED",
    facts: factsAt(EXPIRES_AT),
    sentence: `The contract expired at ${EXPIRES_AT} and cannot become APPROVED; submit a new one.`,
  },
  {
    from: "ELIGIBLE",
    to: "EXPIRED",
    sentence: `The contract expires at ${EXPIRES_AT}, not before; to end it now, reject it.`,
  },
  {
    from: "APPROVED",
    to: "ACTIVE",
    facts: factsAt("2026-03-03T00:00:00Z"),
    sentence:
      'It is 2026-03-03T00:00:00Z; the contract can be activated from "2026-03-01T06:00:00.000Z" until before "2026-03-02T06:00:00.000Z". If that has passed, let it fail and submit a new one.',
  },
  {
    from: "APPROVED",
    to: "ACTIVE",
    request: { jobId: "" },
    sentence: "No job id was given; name the job that carries the contract out.",
  },
  {
    from: "ACTIVE",
    to: "COMPLETED",
    facts: { now: NOW },
    sentence: 'Completing needs an audit with PASS for job "job-1", and there is none; have that job audited.',
  },
  {
    from: "ACTIVE",
    to: "COMPLETED",
    facts: factsAt(NOW, { audit: { jobId: "job-2", verdict: "FAIL" } }),
    sentence:
      'Completing needs an audit with PASS for job "job-1", and there is "FAIL" for job "job-2"; have that job audited.',
  },
  {
    from: "ACTIVE",
    to: "FAILED",
    request: { reason: "" },
    sentence: "No reason was given; say why the contract becomes FAILED.",
  },
];

describe("the sentence of a refused transition", () => {
  it.each(REFUSED)("from $from to $to says: $sentence", ({ from, to, contract, request, facts, sentence }) => {
    const answer = decideTransition(contractIn(from, contract), requestFor(to, request), facts ?? factsAt());
    expect(answer).toMatchObject({ verdict: "REFUSED", sentence });
  });
});
