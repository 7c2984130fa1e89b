import { describe, expect, it } from "vitest";
import { decideTransition } from "#governance";
import type { ContractState } from "#governance";
import { CONTRACT_STATES } from "../../../src/governance/contract/contract.ts";
import { contractIn, EXPIRES_AT, factsAt, NOW, requestFor } from "./examples.ts";

// Written out by hand, not read from the product: rows are from, columns are to, in the order of COLUMNS.
const COLUMNS = [
  "DRAFT",
  "VALIDATED",
  "ELIGIBLE",
  "APPROVED",
  "ACTIVE",
  "COMPLETED",
  "FAILED",
  "REJECTED",
  "EXPIRED",
] as const;
const TABLE: Readonly<Record<ContractState, string>> = {
  DRAFT: "-+-----++",
  VALIDATED: "--+----++",
  ELIGIBLE: "---+---++",
  APPROVED: "----+-+--",
  ACTIVE: "-----++--",
  COMPLETED: "TTTTTTTTT",
  FAILED: "TTTTTTTTT",
  REJECTED: "TTTTTTTTT",
  EXPIRED: "TTTTTTTTT",
};
const PAIRS = COLUMNS.flatMap((from) => COLUMNS.map((to, column) => ({ from, to, cell: TABLE[from][column] })));

describe("the contract's transition table", () => {
  it("covers every pair of the nine states exactly once", () => {
    expect([...CONTRACT_STATES]).toEqual([...COLUMNS]);
    expect(PAIRS.length).toBe(81);
    expect(PAIRS.filter(({ cell }) => cell === "+").length).toBe(13);
  });

  it.each(PAIRS)("answers the step from $from to $to as the table says: $cell", ({ from, to, cell }) => {
    const contract = contractIn(from);
    const now = to === "EXPIRED" ? EXPIRES_AT : NOW;
    const answer = decideTransition(contract, requestFor(to), factsAt(now));
    if (cell === "+") {
      expect(answer).toMatchObject({
        verdict: "ALLOWED",
        contract: { contractId: "contract-1", state: to, version: 8, changedAt: now, changedBy: "bo" },
      });
    } else {
      const code = cell === "T" ? "TERMINAL" : "NOT_IN_TABLE";
      expect(answer).toMatchObject({ verdict: "REFUSED", code });
    }
  });

  it("tells what a state can become when a pair is not in the table", () => {
    const answer = decideTransition(contractIn("DRAFT"), requestFor("ACTIVE"), factsAt());
    expect(answer).toEqual({
      verdict: "REFUSED",
      code: "NOT_IN_TABLE",
      sentence: 'DRAFT cannot become "ACTIVE"; it can become "VALIDATED", "REJECTED", "EXPIRED".',
    });
  });

  it("refuses a target state that nobody has ever heard of", () => {
    const request = { ...requestFor("ACTIVE"), to: "constructor" as ContractState }; // `as`: a caller that lies
    expect(decideTransition(contractIn("DRAFT"), request, factsAt())).toMatchObject({ code: "NOT_IN_TABLE" });
  });
});
