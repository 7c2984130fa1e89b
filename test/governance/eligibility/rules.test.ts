import { describe, expect, it } from "vitest";
import { decideEligibility } from "#governance";
import { factsWith } from "./examples.ts";

const ORDER = [
  "E-104",
  "E-100",
  "E-101",
  "E-102",
  "E-103",
  "E-001",
  "E-002",
  "E-003",
  "E-004",
  "E-005",
  "E-006",
  "V-001",
] as const;

type Change = Readonly<Record<string, unknown>>;

const contract = (createdAt: unknown, capabilities: unknown = ["http.post"]): Change => ({
  contracts: [{ contractId: "c-9", capabilities, createdAt }],
});

/** What is changed in facts under which all rules hold, and the first rule that then fails; undefined = MAY. */
const CASES: readonly (readonly [title: string, change: Change, firstFailing: string | undefined])[] = [
  ["nothing at all", {}, undefined],

  ["health DEGRADED", { health: "DEGRADED" }, "E-104"],
  ["health BLOCKED", { health: "BLOCKED" }, "E-104"],
  ["health UNKNOWN", { health: "UNKNOWN" }, "E-104"],
  ["a health that is no word of the vocabulary", { health: "FINE" }, "E-104"],
  ["healthy in small letters", { health: "healthy" }, "E-104"],
  ["no health", { health: undefined }, "E-104"],

  ["confidence just below 0.30", { confidence: 0.3 - Number.EPSILON }, "E-100"],
  ["confidence of exactly 0.30, which only the later rule refuses", { confidence: 0.3 }, "E-001"],
  ["confidence just below 0.70", { confidence: 0.7 - Number.EPSILON }, "E-001"],
  ["confidence of exactly 0.70", { confidence: 0.7 }, undefined],
  ["confidence of exactly 1", { confidence: 1 }, undefined],
  ["confidence just above 1", { confidence: 1 + Number.EPSILON }, "E-001"],
  ["confidence 0", { confidence: 0 }, "E-100"],
  ["confidence -0", { confidence: -0 }, "E-100"],
  ["confidence -1", { confidence: -1 }, "E-100"],
  ["confidence NaN", { confidence: Number.NaN }, "E-100"],
  ["confidence Infinity", { confidence: Number.POSITIVE_INFINITY }, "E-001"],
  ["confidence -Infinity", { confidence: Number.NEGATIVE_INFINITY }, "E-100"],
  ["confidence as a text", { confidence: "0.9" }, "E-100"],
  ["confidence null, which is what JSON makes of NaN", { confidence: null }, "E-100"],
  ["no confidence", { confidence: undefined }, "E-100"],

  ["critical severity that is not escalated", { severity: "critical" }, "E-101"],
  ["critical severity that is escalated", { severity: "critical", recommendation: "escalate" }, undefined],
  ["critical severity that is deferred", { severity: "critical", recommendation: "defer" }, "E-101"],
  ["high severity", { severity: "high" }, undefined],
  ["low severity", { severity: "low" }, undefined],
  ["an unknown severity", { severity: "CRITICAL" }, "E-101"],
  ["no severity", { severity: undefined }, "E-101"],

  ["a frozen capability", { frozenCapabilities: ["http.post"] }, "E-102"],
  [
    "one frozen capability of two",
    { capabilities: ["command.run", "http.post"], frozenCapabilities: ["http.post"] },
    "E-102",
  ],
  ["no list of the frozen capabilities", { frozenCapabilities: undefined }, "E-102"],
  ["a list of frozen capabilities that holds a number", { frozenCapabilities: [7] }, "E-102"],
  ["no capabilities member", { capabilities: undefined }, "E-102"],
  ["capabilities as a text that contains a known name", { capabilities: "http.post" }, "E-102"],
  ["a blank capability", { capabilities: [" "] }, "E-102"],

  ["SYSTEM without approval beforehand", { capabilities: ["SYSTEM"] }, "E-103"],
  ["SYSTEM among others without approval beforehand", { capabilities: ["http.post", "SYSTEM"] }, "E-103"],
  ["SYSTEM with approval beforehand", { capabilities: ["SYSTEM"], systemPreApproved: true }, undefined],
  ["SYSTEM with an approval that is only truthy", { capabilities: ["SYSTEM"], systemPreApproved: "yes" }, "E-103"],
  ["SYSTEM with no word on an approval", { capabilities: ["SYSTEM"], systemPreApproved: undefined }, "E-103"],

  ["an unknown capability", { capabilities: ["rocket.launch"] }, "E-002"],
  ["one unknown capability of two", { capabilities: ["http.post", "rocket.launch"] }, "E-002"],
  ["a capability that is a member of every object", { capabilities: ["constructor"] }, "E-002"],
  ["an empty capability list", { capabilities: [] }, "E-002"],
  ["no known capability", { knownCapabilities: [] }, "E-002"],
  ["no list of the known capabilities", { knownCapabilities: undefined }, "E-002"],

  ["a blocking signal", { signals: [{ type: "freeze", blocking: true }] }, "E-003"],
  ["a block without a type", { signals: [{ blocking: true }] }, "E-003"],
  ["a block with a blank type", { signals: [{ type: "", blocking: true }] }, "E-003"],
  ["a signal that does not say whether it blocks", { signals: [{ type: "freeze" }] }, "E-003"],
  ["a signal that is null", { signals: [null] }, "E-003"],
  ["a signal that does not block", { signals: [{ type: "notice", blocking: false }] }, undefined],
  [
    "a block behind a signal that does not",
    { signals: [{ type: "notice", blocking: false }, { blocking: true }] },
    "E-003",
  ],
  ["no list of signals", { signals: undefined }, "E-003"],

  ["a configuration change", { issueType: "configuration_change" }, undefined],
  ["a bug report", { issueType: "bug_report" }, "E-004"],
  ["an escalation", { issueType: "escalation" }, "E-004"],
  ["an unknown issue", { issueType: "unknown" }, "E-004"],
  ["no issue type", { issueType: undefined }, "E-004"],

  ["a request from CRM feedback", { source: "crm_feedback" }, undefined],
  ["a request from an operations alert", { source: "ops_alert" }, undefined],
  ["a request from anywhere else", { source: "email" }, "E-005"],
  ["no source", { source: undefined }, "E-005"],

  ["a contract made now on the same capability", contract("2026-03-01T12:00:00.000Z"), "E-006"],
  ["a contract of exactly 24 hours ago on it", contract("2026-02-28T12:00:00.000Z"), "E-006"],
  ["a contract older than that by a millisecond", contract("2026-02-28T11:59:59.999Z"), undefined],
  ["a contract dated in the future", contract("2026-03-01T12:00:00.001Z"), "E-006"],
  ["a contract of an unreadable time", contract("lately"), "E-006"],
  ["a contract of a time without an offset", contract("2020-01-01T00:00:00"), "E-006"],
  ["a new contract on another capability", contract("2026-03-01T11:00:00Z", ["command.run"]), undefined],
  [
    "a new contract that shares one of several",
    contract("2026-03-01T11:00:00Z", ["command.run", "http.post"]),
    "E-006",
  ],
  ["a new contract that does not tell its capabilities", contract("2026-03-01T11:00:00Z", null), "E-006"],
  ["an old contract that does not tell its capabilities", contract("2026-02-01T11:00:00Z", null), undefined],
  ["a contract that is null", { contracts: [null] }, "E-006"],
  ["no list of contracts", { contracts: undefined }, "E-006"],
  ["no time of the decision", { now: undefined }, "E-006"],

  ["a recommendation to escalate", { recommendation: "escalate" }, undefined],
  ["a recommendation to defer", { recommendation: "defer" }, "V-001"],
  ["a recommendation to reject", { recommendation: "reject" }, "V-001"],
  ["an unknown recommendation", { recommendation: "approve" }, "V-001"],
  ["no recommendation", { recommendation: undefined }, "V-001"],
];

describe("the eligibility rules", () => {
  it.each(CASES)("answer to %s: %j with the first failing rule %s", (_title, change, firstFailing) => {
    const verdict = decideEligibility(factsWith(change));
    expect(verdict.firstFailingRule).toBe(firstFailing);
    expect(verdict.decision).toBe(firstFailing === undefined ? "MAY" : "MAY_NOT");
  });

  it("have each at least one case in which it is the first to fail", () => {
    expect(new Set(CASES.map(([, , rule]) => rule))).toEqual(new Set([...ORDER, undefined]));
  });

  it("are all evaluated, in the order of their rank, on facts that hold", () => {
    expect(decideEligibility(factsWith())).toEqual({
      decision: "MAY",
      reason: "All 12 rules hold.",
      rulesEvaluated: ORDER.map((rule) => ({ rule, holds: true })),
      missingPrerequisites: [],
      rulesVersion: "1.0.0",
    });
  });

  it("put the first failing rule in front and still tell everything that is missing", () => {
    const verdict = decideEligibility(
      factsWith({ source: "email", capabilities: ["rocket.launch"], health: "DEGRADED", recommendation: "defer" }),
    );
    expect(verdict.firstFailingRule).toBe("E-104");
    expect(verdict.reason).toBe('E-104: The health is "DEGRADED"; only HEALTHY will do.');
    expect(verdict.missingPrerequisites).toEqual([
      { rule: "E-104", sentence: 'The health is "DEGRADED"; only HEALTHY will do.' },
      { rule: "E-002", sentence: 'These capabilities are unknown: "rocket.launch".' },
      { rule: "E-005", sentence: 'The source is "email"; it must be crm_feedback or support_ticket or ops_alert.' },
      { rule: "V-001", sentence: 'The recommendation is "defer"; it must be create_contract or escalate.' },
    ]);
  });

  it.each<[Change, string]>([
    [{ confidence: 0.2 }, "E-100: The confidence is 0.2; below 0.3 it is noise."],
    [{ confidence: 0.5 }, "E-001: The confidence is 0.5; it must be from 0.7 to 1."],
    [
      { severity: "critical" },
      'E-101: The severity is "critical"; a critical or unknown one must be escalated to a person first.',
    ],
    [{ frozenCapabilities: ["http.post"] }, 'E-102: These capabilities are frozen: "http.post".'],
    [
      { capabilities: null },
      "E-102: The list of capabilities, or of the frozen ones, is unreadable; each must be a list of names.",
    ],
    [
      { capabilities: ["SYSTEM"] },
      "E-103: The request touches SYSTEM or does not say what it touches, and nobody approved that beforehand.",
    ],
    [{ capabilities: [] }, "E-002: The request names no capability; an empty list grants nothing."],
    [
      { knownCapabilities: null },
      "E-002: The list of capabilities, or of the known ones, is unreadable; each must be a list of names.",
    ],
    [{ signals: [{ blocking: true }, { type: "freeze" }] }, 'E-003: These signals block: "untyped", "freeze".'],
    [{ signals: null }, "E-003: The list of signals is unreadable."],
    [
      { issueType: "bug_report" },
      'E-004: The issue type is "bug_report"; it must be capability_request or configuration_change.',
    ],
    [
      contract("2026-03-01T12:00:00Z"),
      'E-006: These contracts of the last 24 hours touch the same capabilities: "c-9".',
    ],
    [{ contracts: [7] }, 'E-006: These contracts of the last 24 hours touch the same capabilities: "unnamed".'],
    [
      { contracts: null },
      "E-006: Overlapping contracts cannot be ruled out: the time, the capabilities or the contracts are unreadable.",
    ],
  ])("tell of %j what was seen and what was expected: %s", (change, reason) => {
    expect(decideEligibility(factsWith(change)).reason).toBe(reason);
  });

  it("fail each for itself when nobody can tell what the request touches", () => {
    const { missingPrerequisites } = decideEligibility(factsWith({ capabilities: null, systemPreApproved: true }));
    expect(missingPrerequisites.map(({ rule }) => rule)).toEqual(["E-102", "E-103", "E-002", "E-006"]);
  });

  it("keep their rank for every pair of rules that fail together", () => {
    const failing = new Map(CASES.flatMap(([, change, rule]) => (rule === undefined ? [] : [[rule, change] as const])));
    const single = [...failing].filter(
      ([, change]) => decideEligibility(factsWith(change)).missingPrerequisites.length === 1,
    );
    expect(single.length).toBeGreaterThan(8);
    for (const [one, change] of single) {
      for (const [other, otherChange] of single) {
        const both = decideEligibility(factsWith({ ...otherChange, ...change }));
        const ranks = both.missingPrerequisites.map(({ rule }) => ORDER.indexOf(rule));
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
        expect(both.firstFailingRule).toBe(ORDER[Math.min(...ranks)]);
        expect(ranks, `${one} together with ${other}`).toContain(ORDER.indexOf(one as (typeof ORDER)[number]));
      }
    }
  });

  it("name at most 20 unknown capabilities and count the rest", () => {
    const capabilities = Array.from({ length: 23 }, (_, index) => `c${index}`);
    const { reason } = decideEligibility(factsWith({ capabilities }));
    expect(reason).toContain('"c19" and 3 more');
    expect(reason).not.toContain('"c20"');
  });
});
