import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideTransition } from "#governance";
import type { Contract, ContractState } from "#governance";
import type { Violation } from "#model";
import { CONTRACT_STATES } from "../../../src/governance/contract/contract.ts";
import { deepFreeze, isDeepFrozen } from "../support/deep-freeze.ts";
import { contractIn, EXPIRES_AT, factsAt, NOW, requestFor } from "./examples.ts";

const TERMINAL: ReadonlySet<string> = new Set(["COMPLETED", "FAILED", "REJECTED", "EXPIRED"]);

const FORWARD: Partial<Record<ContractState, ContractState>> = {
  DRAFT: "VALIDATED",
  VALIDATED: "ELIGIBLE",
  ELIGIBLE: "APPROVED",
  APPROVED: "ACTIVE",
  ACTIVE: "COMPLETED",
};

/** Four times out of five the first value, which no guard objects to: walks would end before they begin otherwise. */
function mostly<T>(good: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: fc.constant(good), weight: 4 }, { arbitrary: fc.constantFrom(...others), weight: 1 });
}

const anyTime = mostly(NOW, "2026-03-01T12:00:00.001Z", "2026-03-05T00:00:00+01:00", EXPIRES_AT, "not a time");
const anyContract = fc.constantFrom(...CONTRACT_STATES).map((state) => contractIn(state));
const anyRequest = fc
  .record(
    {
      to: fc.constantFrom(...CONTRACT_STATES),
      actor: mostly("bo", "ada", ""),
      expectedVersion: mostly(7, 6, 8),
      jobId: mostly("job-1", "job-2", ""),
      planHash: mostly("plan-1", "plan-2"),
      reason: mostly("because", ""),
      activationWindowHours: mostly(24, 0, 1, 168, 169),
    },
    { requiredKeys: ["to", "actor", "expectedVersion"] },
  )
  .map(deepFreeze);
const anyFacts = fc
  .record(
    {
      now: anyTime,
      violations: mostly<readonly Violation[]>([], [{ field: "a", description: "b" }]),
      eligibility: mostly<"MAY" | "MAY_NOT">("MAY", "MAY_NOT"),
      planHash: mostly("plan-1", "plan-2"),
      audit: fc.record({
        jobId: mostly("job-1", "job-2"),
        verdict: mostly<"PASS" | "FAIL" | "INCONCLUSIVE">("PASS", "FAIL", "INCONCLUSIVE"),
      }),
    },
    { requiredKeys: ["now"] },
  )
  .map(deepFreeze);

/** Walks a new draft to COMPLETED, one allowed transition after the other. */
function walk(): readonly Contract[] {
  const walked: Contract[] = [contractIn("DRAFT", { version: 1 })];
  for (const to of ["VALIDATED", "ELIGIBLE", "APPROVED", "ACTIVE", "COMPLETED"] as const) {
    const contract = walked.at(-1)!;
    const answer = decideTransition(contract, requestFor(to, { expectedVersion: contract.version }), factsAt());
    if (answer.verdict === "REFUSED") throw new Error(`${to}: ${answer.sentence}`);
    walked.push(answer.contract);
  }
  return walked;
}

describe("deciding a contract's transition", () => {
  it("leads a contract that passes every guard from DRAFT to COMPLETED and keeps what each guard wrote", () => {
    const walked = walk();
    expect(walked.map(({ state, version }) => `${version} ${state}`)).toEqual([
      "1 DRAFT",
      "2 VALIDATED",
      "3 ELIGIBLE",
      "4 APPROVED",
      "5 ACTIVE",
      "6 COMPLETED",
    ]);
    expect(walked.at(-1)).toEqual({
      contractId: "contract-1",
      version: 6,
      state: "COMPLETED",
      submittedBy: "ada",
      expiresAt: EXPIRES_AT,
      eligibility: "MAY",
      planHash: "plan-1",
      approvedBy: "bo",
      approvedAt: NOW,
      activationEndsAt: "2026-03-02T12:00:00.000Z", // 24 hours, by default
      jobId: "job-1",
      audit: { jobId: "job-1", verdict: "PASS" },
      changedAt: NOW,
      changedBy: "bo",
    });
  });

  it.each(["REJECTED", "FAILED"] as const)("keeps the reason and the hand of a contract that becomes %s", (to) => {
    const from = to === "REJECTED" ? "VALIDATED" : "ACTIVE";
    const answer = decideTransition(contractIn(from), requestFor(to, { reason: "too late" }), factsAt());
    expect(answer).toMatchObject({ contract: { state: to, reason: "too late", changedBy: "bo" } });
  });

  it("adds nothing to a contract that is validated or expires but the change itself", () => {
    const [draft, change] = [contractIn("DRAFT"), { version: 8, changedBy: "bo" }];
    expect(decideTransition(draft, requestFor("VALIDATED"), factsAt())).toEqual({
      verdict: "ALLOWED",
      contract: { ...draft, ...change, state: "VALIDATED", changedAt: NOW },
    });
    expect(decideTransition(draft, requestFor("EXPIRED"), factsAt(EXPIRES_AT))).toEqual({
      verdict: "ALLOWED",
      contract: { ...draft, ...change, state: "EXPIRED", changedAt: EXPIRES_AT },
    });
  });

  it("counts the activation window from now in the hours that the approver gives", () => {
    const answer = decideTransition(
      contractIn("ELIGIBLE"),
      requestFor("APPROVED", { activationWindowHours: 168 }),
      factsAt("2026-03-01T13:00:00.5+01:00"),
    );
    expect(answer).toMatchObject({ contract: { activationEndsAt: "2026-03-08T12:00:00.500Z" } });
  });

  it("answers a stale version before anything else of the request", () => {
    const answer = decideTransition(contractIn("COMPLETED"), requestFor("DRAFT", { expectedVersion: 6 }), factsAt());
    expect(answer).toEqual({
      verdict: "REFUSED",
      code: "VERSION_CONFLICT",
      sentence: "The contract is at version 7, not 6; read it again and decide anew.",
    });
  });

  it.each([
    "",
    "2026-03-01",
    "2026-03-01T12:00:00", // no offset: its meaning would depend on where it is read
    "2026-02-30T12:00:00Z",
    "2026-03-01T25:00:00Z",
    "2026-03-01T12:00:00Z[u-ca=hebrew]",
    "+002026-03-01T12:00:00Z",
    "1772366400000",
    "now",
  ])("refuses to decide at the unreadable time %j", (now) => {
    const answer = decideTransition(contractIn("ELIGIBLE"), requestFor("REJECTED"), factsAt(now));
    expect(answer).toMatchObject({ verdict: "REFUSED", code: "UNREADABLE" });
  });

  it.each<[string, Partial<Contract>]>([
    ["an unreadable expiry", { expiresAt: "soon" }],
    ["version 0", { version: 0 }],
    ["a fractional version", { version: 1.5 }],
    ["a version that cannot be counted on", { version: Number.MAX_SAFE_INTEGER }],
    ["no submitter", { submittedBy: " " }],
    ["an unknown state", { state: "PENDING" as Contract["state"] }], // `as`: a contract from elsewhere
    ["a state that is a member of every object", { state: "toString" as Contract["state"] }], // `as`: the same
  ])("refuses a contract with %s whatever is asked", (_title, changes) => {
    const contract = contractIn("ELIGIBLE", changes);
    const request = requestFor("REJECTED", { expectedVersion: contract.version });
    expect(decideTransition(contract, request, factsAt())).toMatchObject({ verdict: "REFUSED", code: "UNREADABLE" });
  });

  it("gives the same answer to the same question, byte for byte, and writes on nothing it was given", () => {
    fc.assert(
      fc.property(anyContract, anyRequest, anyFacts, (contract, request, facts) => {
        const before = JSON.stringify([contract, request, facts]);
        const answer = JSON.stringify(decideTransition(contract, request, facts));
        const again = JSON.stringify(
          decideTransition(structuredClone(contract), structuredClone(request), structuredClone(facts)),
        );
        expect(again).toBe(answer);
        expect(JSON.stringify([contract, request, facts])).toBe(before);
      }),
      { numRuns: 2_000 },
    );
  });

  it("freezes every answer, and allows only what lifts the version by one and leaves identity alone", () => {
    let allowed = 0;
    fc.assert(
      fc.property(anyContract, anyRequest, anyFacts, (contract, request, facts) => {
        const answer = decideTransition(contract, request, facts);
        expect(isDeepFrozen(answer)).toBe(true);
        if (answer.verdict === "REFUSED") return;
        allowed += 1;
        expect(TERMINAL.has(contract.state)).toBe(false);
        expect(answer.contract).toMatchObject({
          contractId: contract.contractId,
          submittedBy: contract.submittedBy,
          expiresAt: contract.expiresAt,
          version: contract.version + 1,
          state: request.to,
        });
      }),
      { numRuns: 5_000 },
    );
    expect(allowed).toBeGreaterThan(50);
  });

  it("lets no sequence of requests complete a contract without an approver, a job and its audit", () => {
    const reached = new Set<string>();
    const path = fc.array(fc.tuple(anyRequest, anyFacts, mostly(true, false)), { minLength: 5, maxLength: 60 });
    fc.assert(
      fc.property(path, (asked) => {
        let contract = contractIn("DRAFT");
        for (const [request, facts, onward] of asked) {
          const to = onward ? FORWARD[contract.state] : undefined;
          const current = { ...request, expectedVersion: contract.version, ...(to ? { to } : {}) };
          const answer = decideTransition(contract, current, facts);
          if (answer.verdict === "ALLOWED") contract = answer.contract;
        }
        reached.add(contract.state);
        if (["APPROVED", "ACTIVE", "COMPLETED"].includes(contract.state)) {
          expect(contract).toMatchObject({ approvedBy: "bo", eligibility: "MAY" });
        }
        if (contract.state === "COMPLETED") expect(contract.audit).toEqual({ jobId: contract.jobId, verdict: "PASS" });
      }),
      { numRuns: 3_000 },
    );
    expect([...reached]).toEqual(expect.arrayContaining(["COMPLETED", "FAILED", "REJECTED", "EXPIRED"]));
  });
});
