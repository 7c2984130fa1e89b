import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideEligibility } from "#governance";
import type { EligibilityFacts } from "#governance";
import { isDeepFrozen } from "../support/deep-freeze.ts";
import { factsWith, NOW } from "./examples.ts";

const NAMES = ["http.post", "command.run", "SYSTEM", "email.send", "rocket.launch"];

/** Mostly what holds, sometimes what does not, sometimes anything: so that MAY is seen as well as MAY_NOT. */
function mostly(good: fc.Arbitrary<unknown>, other: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof(
    { arbitrary: good, weight: 12 },
    { arbitrary: other, weight: 2 },
    { arbitrary: fc.jsonValue(), weight: 1 },
  );
}

const anyFacts = fc
  .record({
    now: mostly(fc.constant(NOW), fc.constant("now")),
    health: mostly(fc.constant("HEALTHY"), fc.constantFrom("DEGRADED", "BLOCKED", "UNKNOWN")),
    confidence: mostly(fc.double({ min: 0.7, max: 1, noNaN: true }), fc.double()),
    severity: mostly(fc.constantFrom("high", "medium", "low"), fc.constant("critical")),
    recommendation: mostly(fc.constantFrom("create_contract", "escalate"), fc.constantFrom("defer", "reject")),
    issueType: mostly(fc.constantFrom("capability_request", "configuration_change"), fc.constant("bug_report")),
    source: mostly(fc.constantFrom("crm_feedback", "support_ticket", "ops_alert"), fc.string()),
    capabilities: mostly(fc.constantFrom(["http.post"], ["command.run"]), fc.array(fc.constantFrom(...NAMES))),
    knownCapabilities: mostly(fc.constant(NAMES.slice(0, 3)), fc.array(fc.constantFrom(...NAMES))),
    frozenCapabilities: mostly(fc.constant(["email.send"]), fc.array(fc.constantFrom(...NAMES))),
    systemPreApproved: fc.boolean(),
    signals: mostly(
      fc.constant([]),
      fc.array(fc.record({ blocking: fc.boolean(), type: fc.string() }), { maxLength: 2 }),
    ),
    contracts: mostly(
      fc.constant([]),
      fc.array(
        fc.record({
          capabilities: fc.constant(["http.post"]),
          createdAt: fc.constantFrom(NOW, "2026-01-01T00:00:00Z"),
        }),
        {
          maxLength: 2,
        },
      ),
    ),
  })
  .map(factsWith);

/** The rules once more, written in another way: what must be true of facts that MAY. */
function everyRuleHolds(facts: EligibilityFacts): boolean {
  const { capabilities, confidence, contracts, signals } = facts;
  const day = 24 * 60 * 60 * 1000;
  return [
    facts.health === "HEALTHY",
    !(confidence < 0.3),
    facts.severity !== "critical" || facts.recommendation === "escalate",
    !capabilities.some((name) => facts.frozenCapabilities.includes(name)),
    !capabilities.includes("SYSTEM") || facts.systemPreApproved,
    confidence >= 0.7 && confidence <= 1,
    capabilities.length > 0 && capabilities.every((name) => facts.knownCapabilities.includes(name)),
    !signals.some((signal) => signal.blocking),
    ["capability_request", "configuration_change"].includes(facts.issueType),
    ["crm_feedback", "support_ticket", "ops_alert"].includes(facts.source),
    contracts.every(
      (other) =>
        !other.capabilities.some((name) => capabilities.includes(name)) ||
        Date.parse(facts.now) - Date.parse(other.createdAt) > day,
    ),
    facts.recommendation !== "defer" && facts.recommendation !== "reject",
  ].every(Boolean);
}

describe("deciding eligibility", () => {
  it("says MAY only if every rule holds, by a second reading of the rules, and says so in every member", () => {
    let may = 0;
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const verdict = decideEligibility(facts);
        const failing = verdict.rulesEvaluated.filter(({ holds }) => !holds).map(({ rule }) => rule);
        expect(verdict.decision).toBe(failing.length === 0 ? "MAY" : "MAY_NOT");
        expect(verdict.missingPrerequisites.map(({ rule }) => rule)).toEqual(failing);
        expect(verdict.firstFailingRule).toBe(failing[0]);
        expect("firstFailingRule" in verdict).toBe(failing.length > 0);
        if (verdict.decision === "MAY") {
          may += 1;
          expect(everyRuleHolds(facts)).toBe(true);
        }
      }),
      { numRuns: 3_000 },
    );
    expect(may).toBeGreaterThan(100);
  });

  it("gives the same facts the same bytes, whatever stands between two calls, and writes on none of them", () => {
    fc.assert(
      fc.property(anyFacts, anyFacts, (facts, others) => {
        const before = JSON.stringify(facts);
        const first = JSON.stringify(decideEligibility(facts));
        decideEligibility(others);
        expect(JSON.stringify(decideEligibility(structuredClone(facts)))).toBe(first);
        expect(JSON.stringify(facts)).toBe(before);
      }),
      { numRuns: 1_000 },
    );
  });

  it("never throws on any JSON, answers MAY_NOT to what is not facts, and freezes its answer", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (json) => {
        const verdict = decideEligibility(json as unknown as EligibilityFacts); // `as`: this is the point
        expect(verdict.decision).toBe("MAY_NOT");
        expect(isDeepFrozen(verdict)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("never throws on facts of which any one member is any JSON", () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(factsWith())), fc.jsonValue(), (member, json) => {
        expect(["MAY", "MAY_NOT"]).toContain(decideEligibility(factsWith({ [member]: json })).decision);
      }),
      { numRuns: 2_000 },
    );
  });

  it("answers facts that JSON carried as it answers the facts themselves", () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const carried = JSON.parse(JSON.stringify(facts)) as EligibilityFacts; // `as`: the same facts, read back
        expect(decideEligibility(carried).decision).toBe(decideEligibility(facts).decision);
      }),
      { numRuns: 500 },
    );
  });

  it("keeps its sentences short and well-formed however long and broken a name is", () => {
    const broken = "\ud800".repeat(100_000);
    const { reason } = decideEligibility(factsWith({ capabilities: Array.from({ length: 50 }, () => broken) }));
    expect(reason.isWellFormed()).toBe(true);
    expect(reason.length).toBeLessThan(20 * 140 + 100);
  });
});
