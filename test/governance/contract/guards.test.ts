import { describe, expect, it } from "vitest";
import { decideTransition } from "#governance";
import type { Contract, TransitionFacts, TransitionRequest } from "#governance";
import { ACTIVATION_ENDS_AT, APPROVED_AT, contractIn, EXPIRES_AT, factsAt, NOW, requestFor } from "./examples.ts";

interface Case {
  readonly title: string;
  readonly contract: Contract;
  readonly request: TransitionRequest;
  readonly facts: TransitionFacts;
  /** ALLOWED or the code of the refusal. */
  readonly expected: string;
}

const withoutFacts = (now: string): TransitionFacts => ({ now });
const bare = (to: TransitionRequest["to"], actor = "bo"): TransitionRequest => ({ to, actor, expectedVersion: 7 });
const lie = (value: unknown): never => value as never; // `as`: what a caller without types could send

const approval = (title: string, expected: string, changes: Partial<TransitionRequest>): Case => ({
  title,
  expected,
  contract: contractIn("ELIGIBLE"),
  request: requestFor("APPROVED", changes),
  facts: factsAt(),
});

const activation = (
  title: string,
  expected: string,
  { now = NOW, ...contract }: Partial<Contract> & { now?: string },
): Case => ({
  title,
  expected,
  contract: contractIn("APPROVED", contract),
  request: requestFor("ACTIVE"),
  facts: factsAt(now),
});

const completion = (title: string, expected: string, facts: Partial<TransitionFacts>): Case => ({
  title,
  expected,
  contract: contractIn("ACTIVE"),
  request: requestFor("COMPLETED"),
  facts: lie({ ...factsAt(), ...facts }),
});

const JUST_BEFORE = {
  expiry: "2026-03-09T23:59:59.999Z",
  window: "2026-03-01T05:59:59.999Z",
  end: "2026-03-02T05:59:59.999Z",
};

const CASES: readonly Case[] = [
  {
    title: "a draft whose changes were not checked is not validated",
    contract: contractIn("DRAFT"),
    request: requestFor("VALIDATED"),
    facts: withoutFacts(NOW),
    expected: "NOT_VALID",
  },
  {
    title: "a draft whose changes have a problem is not validated",
    contract: contractIn("DRAFT"),
    request: requestFor("VALIDATED"),
    facts: factsAt(NOW, { violations: [{ field: "changes[0].type", description: "unknown" }] }),
    expected: "NOT_VALID",
  },
  {
    title: "a contract without an eligibility decision is not eligible",
    contract: contractIn("VALIDATED"),
    request: requestFor("ELIGIBLE"),
    facts: withoutFacts(NOW),
    expected: "NOT_ELIGIBLE",
  },
  {
    title: "a contract with MAY_NOT is not eligible",
    contract: contractIn("VALIDATED"),
    request: requestFor("ELIGIBLE"),
    facts: factsAt(NOW, { eligibility: "MAY_NOT" }),
    expected: "NOT_ELIGIBLE",
  },
  {
    title: "an override flag in the request does not turn MAY_NOT around",
    contract: contractIn("VALIDATED"),
    request: lie({ ...requestFor("ELIGIBLE"), override: true, force: true }),
    facts: factsAt(NOW, { eligibility: "MAY_NOT" }),
    expected: "NOT_ELIGIBLE",
  },
  {
    title: "an approver cannot override a MAY_NOT on the contract",
    contract: contractIn("ELIGIBLE", { eligibility: "MAY_NOT" }),
    request: requestFor("APPROVED"),
    facts: factsAt(),
    expected: "NOT_ELIGIBLE",
  },
  {
    title: "an approver cannot override a MAY_NOT known only now",
    contract: contractIn("ELIGIBLE"),
    request: requestFor("APPROVED"),
    facts: factsAt(NOW, { eligibility: "MAY_NOT" }),
    expected: "NOT_ELIGIBLE",
  },
  {
    title: "an activation cannot override a MAY_NOT known only now",
    contract: contractIn("APPROVED"),
    request: requestFor("ACTIVE"),
    facts: factsAt(NOW, { eligibility: "MAY_NOT" }),
    expected: "NOT_ELIGIBLE",
  },
  {
    title: "an approval without a new decision rests on the recorded one",
    contract: contractIn("ELIGIBLE"),
    request: requestFor("APPROVED"),
    facts: withoutFacts(NOW),
    expected: "ALLOWED",
  },
  {
    title: "a contract whose changes make no plan is not eligible",
    contract: contractIn("VALIDATED"),
    request: requestFor("ELIGIBLE"),
    facts: factsAt(NOW, { planHash: "" }),
    expected: "PLAN_REQUIRED",
  },
  approval("an approval that names no plan is refused", "PLAN_MISMATCH", { planHash: lie(undefined) }),
  approval("an approval of another plan is refused", "PLAN_MISMATCH", { planHash: "plan-2" }),
  {
    title: "an approval of nothing is refused although the contract has no plan either",
    contract: contractIn("ELIGIBLE", { planHash: lie(undefined) }),
    request: requestFor("APPROVED", { planHash: lie(undefined) }),
    facts: factsAt(),
    expected: "PLAN_MISMATCH",
  },
  activation("an activation of a contract with another plan is refused", "PLAN_MISMATCH", { planHash: "plan-2" }),
  approval("an approval without an approver is refused", "APPROVER_REQUIRED", { actor: "" }),
  approval("an approval by nobody but blanks is refused", "APPROVER_REQUIRED", { actor: " \t" }),
  approval("an approval by the submitter is refused", "FOUR_EYES", { actor: "ada" }),
  approval("an approval by the submitter in capitals is refused", "FOUR_EYES", { actor: "ADA" }),
  approval("an approval by the submitter with blanks around is refused", "FOUR_EYES", { actor: " ada " }),
  approval("an approval by the submitter in wide letters is refused", "FOUR_EYES", { actor: "\uff41\uff44\uff41" }),
  approval("an approval with the shortest window is allowed", "ALLOWED", { activationWindowHours: 1 }),
  approval("an approval with the longest window is allowed", "ALLOWED", { activationWindowHours: 168 }),
  ...[0, 169, -1, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(
    (activationWindowHours) =>
      approval(`an approval with a window of ${activationWindowHours} hours is refused`, "WINDOW_OUT_OF_BOUNDS", {
        activationWindowHours,
      }),
  ),
  approval(
    "an approval with a window that is a text is refused",
    "WINDOW_OUT_OF_BOUNDS",
    lie({ activationWindowHours: "24" }),
  ),
  {
    title: "an approval in the last moment before expiry is allowed",
    contract: contractIn("ELIGIBLE"),
    request: requestFor("APPROVED"),
    facts: factsAt(JUST_BEFORE.expiry),
    expected: "ALLOWED",
  },
  ...(["VALIDATED", "ELIGIBLE", "APPROVED"] as const).map((to, index) => ({
    title: `at the moment of expiry a contract can no longer become ${to}`,
    contract: contractIn((["DRAFT", "VALIDATED", "ELIGIBLE"] as const)[index] ?? "DRAFT"),
    request: requestFor(to),
    facts: factsAt(EXPIRES_AT),
    expected: "EXPIRED",
  })),
  {
    title: "a contract does not expire before its time",
    contract: contractIn("DRAFT"),
    request: requestFor("EXPIRED"),
    facts: factsAt(JUST_BEFORE.expiry),
    expected: "NOT_YET_EXPIRED",
  },
  {
    title: "an expired contract can still be rejected with a reason",
    contract: contractIn("ELIGIBLE"),
    request: requestFor("REJECTED"),
    facts: factsAt(EXPIRES_AT),
    expected: "ALLOWED",
  },
  activation("an activation at the window's first moment is allowed", "ALLOWED", { now: APPROVED_AT }),
  activation("an activation in the window's last moment is allowed", "ALLOWED", { now: JUST_BEFORE.end }),
  activation("an activation before the window is refused", "OUTSIDE_WINDOW", { now: JUST_BEFORE.window }),
  activation("an activation at the window's end is refused", "OUTSIDE_WINDOW", { now: ACTIVATION_ENDS_AT }),
  activation("an activation written in another offset is the same moment", "OUTSIDE_WINDOW", {
    now: "2026-03-02T08:00:00+02:00",
  }),
  activation("an activation without a recorded window is refused", "OUTSIDE_WINDOW", {
    activationEndsAt: lie(undefined),
  }),
  activation("an activation with an unreadable window is refused", "OUTSIDE_WINDOW", { approvedAt: "yesterday" }),
  activation("an activation without a recorded approver is refused", "APPROVER_REQUIRED", {
    approvedBy: lie(undefined),
  }),
  activation("an activation approved by the submitter is refused", "FOUR_EYES", { approvedBy: "Ada" }),
  {
    title: "an activation without a job id is refused",
    contract: contractIn("APPROVED"),
    request: bare("ACTIVE"),
    facts: factsAt(),
    expected: "JOB_ID_REQUIRED",
  },
  {
    title: "an activation with a blank job id is refused",
    contract: contractIn("APPROVED"),
    request: requestFor("ACTIVE", { jobId: " " }),
    facts: factsAt(),
    expected: "JOB_ID_REQUIRED",
  },
  completion("a completion without an audit is refused", "AUDIT_REQUIRED", { audit: lie(undefined) }),
  completion("a completion after an audit with FAIL is refused", "AUDIT_REQUIRED", {
    audit: { jobId: "job-1", verdict: "FAIL" },
  }),
  completion("a completion after an inconclusive audit is refused", "AUDIT_REQUIRED", {
    audit: { jobId: "job-1", verdict: "INCONCLUSIVE" },
  }),
  completion("a completion after the audit of another job is refused", "AUDIT_REQUIRED", {
    audit: { jobId: "job-2", verdict: "PASS" },
  }),
  {
    title: "a completion of a contract without a job is refused even if the audit names none either",
    contract: contractIn("ACTIVE", { jobId: lie(undefined) }),
    request: requestFor("COMPLETED"),
    facts: factsAt(NOW, { audit: lie({ verdict: "PASS" }) }),
    expected: "AUDIT_REQUIRED",
  },
  ...(["DRAFT", "VALIDATED", "ELIGIBLE"] as const).map((state) => ({
    title: `a rejection of a contract in ${state} without a reason is refused`,
    contract: contractIn(state),
    request: bare("REJECTED"),
    facts: factsAt(),
    expected: "REASON_REQUIRED",
  })),
  ...(["APPROVED", "ACTIVE"] as const).map((state) => ({
    title: `a failure of a contract in ${state} with a blank reason is refused`,
    contract: contractIn(state),
    request: requestFor("FAILED", { reason: "\n" }),
    facts: factsAt(),
    expected: "REASON_REQUIRED",
  })),
  {
    title: "a submitter may reject the own contract",
    contract: contractIn("ELIGIBLE"),
    request: requestFor("REJECTED", { actor: "ada" }),
    facts: factsAt(),
    expected: "ALLOWED",
  },
  {
    title: "a transition by nobody is refused",
    contract: contractIn("DRAFT"),
    request: bare("VALIDATED", ""),
    facts: factsAt(),
    expected: "ACTOR_REQUIRED",
  },
];

describe("the guards of the contract's transitions", () => {
  it.each(CASES)("hold that $title", ({ contract, request, facts, expected }) => {
    const answer = decideTransition(contract, request, facts);
    expect(answer.verdict === "ALLOWED" ? answer.verdict : answer.code).toBe(expected);
  });

  it("give every refusal one sentence that ends and says something", () => {
    const sentences = CASES.map(({ contract, request, facts }) => decideTransition(contract, request, facts)).flatMap(
      (answer) => (answer.verdict === "REFUSED" ? [answer.sentence] : []),
    );
    expect(sentences.length).toBeGreaterThan(40);
    for (const sentence of sentences) expect(sentence).toMatch(/^.{20,}\.$/u);
  });
});
