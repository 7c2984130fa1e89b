import type { EligibilityFacts } from "#governance";
import { deepFreeze } from "../support/deep-freeze.ts";

export const NOW = "2026-03-01T12:00:00.000Z";

/** Facts under which every rule holds, with changes: `undefined` takes a member away, any value is let through. */
export function factsWith(changes: Readonly<Record<string, unknown>> = {}): EligibilityFacts {
  const facts: Readonly<Record<string, unknown>> = {
    now: NOW,
    health: "HEALTHY",
    confidence: 0.9,
    severity: "medium",
    recommendation: "create_contract",
    issueType: "capability_request",
    source: "support_ticket",
    capabilities: ["http.post"],
    knownCapabilities: ["http.post", "command.run", "SYSTEM"],
    frozenCapabilities: ["email.send"],
    systemPreApproved: false,
    signals: [],
    contracts: [],
    ...changes,
  };
  // `as`: the tests also say what no typed caller could
  return deepFreeze(structuredClone(facts)) as unknown as EligibilityFacts;
}
