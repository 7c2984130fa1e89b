import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  auditJob,
  checkRequest,
  decideAdvance,
  decideEligibility,
  decideTransition,
  planOfChanges,
  resolveInconclusive,
  stageOf,
  validateRequest,
} from "#governance";
import type { AuditVerdict, Contract, ContractState, EligibilityVerdict, RolloutStage } from "#governance";
import { auditFactsWith } from "./audit/examples.ts";
import type { AuditChange } from "./audit/examples.ts";
import { contractIn, EXPIRES_AT, NOW } from "./contract/examples.ts";
import { factsWith } from "./eligibility/examples.ts";
import { requestWith } from "./request/examples.ts";

const FORWARD: Readonly<Partial<Record<ContractState, ContractState>>> = {
  DRAFT: "VALIDATED",
  VALIDATED: "ELIGIBLE",
  ELIGIBLE: "APPROVED",
  APPROVED: "ACTIVE",
  ACTIVE: "COMPLETED",
};
const STATES = [
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
const NEXT_STAGE: Readonly<Partial<Record<RolloutStage, RolloutStage>>> = {
  PLANNED: "INTERNAL",
  INTERNAL: "LIMITED",
  LIMITED: "GENERAL",
};

/** What happens to a job before it is audited: mostly nothing. */
const DEEDS: readonly AuditChange[] = [
  () => undefined,
  (facts) => void facts.journal.pop(),
  (facts) => void (facts.healthAfter = "UNKNOWN"),
  (facts) => void (facts.log["finalStatus"] = "FAILED"),
  (facts) => void Object.assign(facts.journal[0] ?? {}, { key: "capability/other" }),
  (facts) => void (facts["signals"] = undefined as never), // `as`: facts that lack a member
];

/** What anybody may try at any time. */
interface Attempt {
  readonly what: "judge" | "transition" | "audit" | "resolve" | "advance";
  /** Goes on to the next state or stage, not to `to`. */
  readonly onward: boolean;
  readonly to: ContractState;
  readonly stage: RolloutStage;
  readonly actor: string;
  readonly jobId: string;
  /** Hash of the plan that is asked about, and of the one that the changes make now. */
  readonly asked: string;
  readonly made: string;
  readonly now: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly health: string;
  readonly deed: number;
  readonly pass: boolean;
  /** Facts of a transition that nobody has decided; absent = those that the deciders gave. */
  readonly lie?: { readonly eligibility: "MAY" | "MAY_NOT"; readonly audit: AuditVerdict["verdict"] };
}

function mostly<T>(good: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: fc.constant(good), weight: 8 }, { arbitrary: fc.constantFrom(...others), weight: 2 });
}

const anyAttempt: fc.Arbitrary<Attempt> = fc.record({
  what: fc.constantFrom("transition", "transition", "transition", "judge", "audit", "resolve", "advance"),
  onward: mostly(true, false),
  to: fc.constantFrom(...STATES),
  stage: fc.constantFrom("NOT_VISIBLE", "PLANNED", "INTERNAL", "LIMITED", "GENERAL"),
  actor: fc.constantFrom("bo", "bo", "cy", "ada", " ＡＤＡ", ""),
  jobId: mostly("job-1", "job-2", ""),
  asked: mostly("plan-1", "plan-2"),
  made: mostly("plan-1", "plan-2"),
  now: mostly(NOW, EXPIRES_AT, "soon"),
  request: mostly<Readonly<Record<string, unknown>>>(
    {},
    { title: "Enable it" },
    { urgency: "critical" },
    { changes: [] },
  ),
  health: mostly("HEALTHY", "BLOCKED", "UNKNOWN"),
  deed: fc.nat(DEEDS.length * 2).map((deed) => (deed < DEEDS.length ? deed : 0)),
  pass: fc.boolean(),
  lie: fc.record({
    eligibility: fc.constantFrom("MAY", "MAY_NOT"),
    audit: fc.constantFrom("PASS", "FAIL", "INCONCLUSIVE"),
  }),
});

/** The platform of one run: it asks the deciders and keeps what they said, and what it was told besides. */
class Chain {
  contract: Contract = contractIn("DRAFT", { version: 1 });
  stage: RolloutStage | undefined;
  lied = false;
  /** What was said for the transitions that were allowed. */
  toldMay = false;
  approvedPlan: string | undefined;
  activatedPlan: string | undefined;
  toldPassFor: string | undefined;
  readable = false;
  #eligibility: EligibilityVerdict | undefined;
  #audit: AuditVerdict | undefined;
  /** The jobs of which an audit passed by itself or by the word of somebody else than the submitter. */
  readonly passed = new Set<string>();

  attempt(attempt: Attempt): void {
    this[attempt.what](attempt);
  }

  judge({ request: changes, health }: Attempt): void {
    const read = checkRequest(requestWith(changes));
    this.readable = read.verdict === "READABLE";
    if (read.verdict === "REFUSED") return;
    expect(planOfChanges(read.request).verdict).toBe("PLANNED");
    const { confidence, severity, recommendation, issueType } = validateRequest(read.request);
    this.#eligibility = decideEligibility(factsWith({ confidence, severity, recommendation, issueType, health }));
  }

  transition({ onward, to, actor, jobId, asked, made, now, lie }: Attempt): void {
    const { state, version } = this.contract;
    const target = (onward ? FORWARD[state] : undefined) ?? to;
    const eligibility = lie === undefined ? this.#eligibility?.decision : lie.eligibility;
    const audit = lie === undefined ? this.#audit : { jobId, verdict: lie.audit };
    const answer = decideTransition(
      this.contract,
      { to: target, actor, expectedVersion: version, jobId, planHash: asked, reason: "because" },
      {
        now,
        planHash: made,
        ...(this.readable || lie !== undefined ? { violations: [] } : {}),
        ...(eligibility === undefined ? {} : { eligibility }),
        ...(audit === undefined ? {} : { audit }),
      },
    );
    if (answer.verdict === "REFUSED") return;
    if (lie !== undefined) this.lied = true;
    if (answer.contract.state === "ELIGIBLE") this.toldMay = eligibility === "MAY";
    if (answer.contract.state === "APPROVED") this.approvedPlan = asked;
    if (answer.contract.state === "ACTIVE") this.activatedPlan = made;
    if (answer.contract.state === "COMPLETED") {
      this.toldPassFor = audit?.verdict === "PASS" ? audit.jobId : undefined;
    }
    this.contract = answer.contract;
  }

  audit({ deed, jobId }: Attempt): void {
    this.#audit = auditJob(
      auditFactsWith((facts) => {
        DEEDS[deed]?.(facts);
        facts.approved["jobId"] = jobId;
        facts.log["jobId"] = jobId;
        for (const entry of facts.journal) entry["by"] = String(entry["by"]).replace("job-1", jobId);
      }),
    );
    if (this.#audit.verdict === "PASS") this.passed.add(this.#audit.jobId);
  }

  resolve({ actor, pass }: Attempt): void {
    if (this.#audit === undefined) return;
    const { verdict } = this.#audit;
    const { submittedBy } = this.contract;
    const answer = resolveInconclusive(this.#audit, { actor, pass, reason: "I looked", submittedBy });
    if (answer.verdict === "REFUSED") return;
    expect(verdict).toBe("INCONCLUSIVE");
    expect(["bo", "cy"]).toContain(actor);
    this.#audit = answer.audit;
    if (answer.audit.verdict === "PASS") this.passed.add(answer.audit.jobId);
  }

  advance({ onward, stage: wish, actor, health, now }: Attempt): void {
    const { contract } = this;
    const stage = stageOf(contract.state, this.stage);
    const to = (onward ? NEXT_STAGE[stage] : undefined) ?? wish;
    const stageSince = "2026-01-01T00:00:00Z";
    const answer = decideAdvance({ contract, stage, to, stageSince, health, now, actor });
    if (answer.verdict === "REFUSED") return;
    expect(contract.state).toBe("COMPLETED");
    this.stage = answer.stage;
  }
}

describe("the chain of authority as a whole", () => {
  it("completes nothing without MAY, a second person and an audit PASS of that very job, whoever tries what in any order", () => {
    const reached = new Map<string, number>();
    fc.assert(
      fc.property(
        fc.array(anyAttempt, { minLength: 8, maxLength: 40, size: "max" }),
        fc.boolean(),
        (attempts, liars) => {
          const chain = new Chain();
          for (const { lie, ...honest } of attempts) {
            const attempt = liars && lie !== undefined ? { ...honest, lie } : honest;
            const before = chain.contract;
            chain.attempt(attempt);
            if (before !== chain.contract) expect(chain.contract.version).toBe(before.version + 1);
          }
          const { contract } = chain;
          const mark = `${contract.state}${chain.lied ? " by a lie" : ""}`;
          reached.set(mark, (reached.get(mark) ?? 0) + 1);
          if (chain.stage !== undefined) {
            expect(contract.state).toBe("COMPLETED");
            reached.set(chain.stage, (reached.get(chain.stage) ?? 0) + 1);
          }
          if (contract.state !== "COMPLETED") return;
          expect(chain.toldMay).toBe(true);
          expect(["bo", "cy"]).toContain(contract.approvedBy);
          expect(contract.jobId).not.toBe(undefined);
          expect(contract.planHash).toMatch(/^plan-/);
          expect([chain.approvedPlan, chain.activatedPlan]).toEqual([contract.planHash, contract.planHash]);
          expect(chain.toldPassFor).toBe(contract.jobId);
          expect(contract.audit).toEqual({ jobId: contract.jobId, verdict: "PASS" });
          if (chain.lied) return;
          expect([...chain.passed]).toContain(contract.jobId);
        },
      ),
      { numRuns: 10_000 },
    );
    const marks = ["COMPLETED", "COMPLETED by a lie", "FAILED", "REJECTED", "EXPIRED", "INTERNAL", "LIMITED"];
    expect([...reached.keys()]).toEqual(expect.arrayContaining(marks));
    expect(reached.get("COMPLETED")).toBeGreaterThan(100);
  }, 120_000);
});
