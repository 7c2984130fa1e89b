import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideEligibility, explainEligibility } from "#governance";
import type { EligibilityFacts } from "#governance";
import { isDeepFrozen } from "../support/deep-freeze.ts";
import { factsWith } from "./examples.ts";

describe("explaining eligibility", () => {
  it("tells of every rule the fact, the threshold and why it holds", () => {
    expect(explainEligibility(factsWith()).map(({ rule, fact, threshold }) => [rule, fact, threshold])).toEqual([
      ["E-104", 'health "HEALTHY"', "HEALTHY"],
      ["E-100", "confidence 0.9", "at least 0.3"],
      [
        "E-101",
        'severity "medium", recommendation "create_contract"',
        "high, medium or low; critical only with the recommendation escalate",
      ],
      ["E-102", 'capabilities: "http.post"; frozen: "email.send"', "no capability of the request is frozen"],
      [
        "E-103",
        'capabilities: "http.post"; SYSTEM was not approved beforehand',
        "without SYSTEM, unless that was approved beforehand",
      ],
      ["E-001", "confidence 0.9", "from 0.7 to 1"],
      [
        "E-002",
        'capabilities: "http.post"; known: "http.post", "command.run", "SYSTEM"',
        "at least one capability, and each of them known",
      ],
      ["E-003", "signals that block: none", "no signal that blocks"],
      ["E-004", 'issue type "capability_request"', "capability_request or configuration_change"],
      ["E-005", 'source "support_ticket"', "crm_feedback or support_ticket or ops_alert"],
      [
        "E-006",
        'capabilities: "http.post"; other contracts: none',
        "no contract of the last 24 hours on the same capabilities",
      ],
      ["V-001", 'recommendation "create_contract"', "create_contract or escalate"],
    ]);
    expect(explainEligibility(factsWith())[0]?.sentence).toBe(
      'It holds: seen is health "HEALTHY"; expected is HEALTHY.',
    );
  });

  it("tells of facts that cannot be read that they cannot", () => {
    const explained = explainEligibility(null as unknown as EligibilityFacts); // `as`: this is the point
    expect(explained.map(({ rule, fact, holds }) => [rule, fact, holds])).toEqual([
      ["E-104", "health nothing", false],
      ["E-100", "confidence NaN", false],
      ["E-101", "severity nothing, recommendation nothing", false],
      ["E-102", "capabilities: unreadable; frozen: unreadable", false],
      ["E-103", "capabilities: unreadable; SYSTEM was not approved beforehand", false],
      ["E-001", "confidence NaN", false],
      ["E-002", "capabilities: unreadable; known: unreadable", false],
      ["E-003", "signals that block: unreadable", false],
      ["E-004", "issue type nothing", false],
      ["E-005", "source nothing", false],
      ["E-006", "capabilities: unreadable; other contracts: unreadable", false],
      ["V-001", "recommendation nothing", false],
    ]);
  });

  it("agrees with the decision in every rule and sentence, whatever JSON a member is, and changes nothing", () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(factsWith())), fc.jsonValue(), (member, json) => {
        const facts = factsWith({ [member]: json });
        const [verdict, explained] = [decideEligibility(facts), explainEligibility(facts)];
        expect(explained.map(({ rule, holds }) => ({ rule, holds }))).toEqual(verdict.rulesEvaluated);
        const failing = explained.filter(({ holds }) => !holds).map(({ rule, sentence }) => ({ rule, sentence }));
        expect(failing).toEqual(verdict.missingPrerequisites);
        expect(isDeepFrozen(explained)).toBe(true);
        expect(JSON.stringify(explainEligibility(structuredClone(facts)))).toBe(JSON.stringify(explained));
      }),
      { numRuns: 1_000 },
    );
  });
});
