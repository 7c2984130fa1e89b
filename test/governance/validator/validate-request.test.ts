import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideEligibility, validateRequest } from "#governance";
import type { ChangeRequest, ValidatorVerdict } from "#governance";
import { ISSUE_RULES, SEVERITY_RULES } from "../../../src/governance/validator/validator-rules.ts";
import { factsWith } from "../eligibility/examples.ts";
import { requestWith } from "../request/examples.ts";
import { isDeepFrozen } from "../support/deep-freeze.ts";

type Members = Readonly<Record<string, unknown>>;

function validate(changes: Members): ValidatorVerdict {
  return validateRequest(requestWith(changes) as unknown as ChangeRequest); // `as`: tests also say what no typed caller could
}

const CONFIGURE = {
  title: "Raise the limit retry.limit",
  description: "",
  changes: [{ type: "configuration_update", key: "retry.limit", value: 3 }],
  capabilities: ["configuration"],
};

/** What is changed in a request that says all there is to say, and the advice that it then gets. */
const CASES: readonly (readonly [string, Members, string, string, string, number])[] = [
  ["nothing at all", {}, "capability_request", "medium", "create_contract", 0.75],
  [
    "a description that says it again",
    { description: "Enable http.post." },
    "capability_request",
    "medium",
    "create_contract",
    0.9,
  ],
  ["a change of the configuration", CONFIGURE, "configuration_change", "medium", "create_contract", 0.75],
  ["a title that does not name the subject", { title: "Enable it" }, "capability_request", "medium", "defer", 0.6],
  [
    "such a title with a vague description",
    { title: "Enable it", description: "Please allow us." },
    "capability_request",
    "medium",
    "defer",
    0.65,
  ],
  [
    "a name in the description alone, just enough",
    { title: "Enable it", description: "I mean http.post." },
    "capability_request",
    "medium",
    "create_contract",
    0.7,
  ],
  ["words that nobody knows", { title: "Blah blah", description: "" }, "unknown", "medium", "defer", 0.25],
  ["a title that only names the subject", { title: "http.post" }, "unknown", "medium", "defer", 0.4],
  ["a keyword inside another word", { title: "Reenabled http.post" }, "unknown", "medium", "defer", 0.4],
  ["a name inside other words", { title: "Enable http.posting" }, "capability_request", "medium", "defer", 0.6],
  ["a keyword in capitals", { title: "ENABLE HTTP.POST" }, "capability_request", "medium", "create_contract", 0.75],
  [
    "a keyword in wide letters",
    { title: "Ｅｎａｂｌｅ http.post" },
    "capability_request",
    "medium",
    "create_contract",
    0.75,
  ],
  [
    "a keyword with an invisible break in it",
    { title: "En\u00adable http.post" },
    "capability_request",
    "medium",
    "create_contract",
    0.75,
  ],
  [
    "a keyword beside punctuation",
    { title: "(enable): http.post!" },
    "capability_request",
    "medium",
    "create_contract",
    0.75,
  ],
  ["keywords of two words", { title: "Turn   on http.post" }, "capability_request", "medium", "create_contract", 0.75],
  ["a bug in the title", { title: "Bug in http.post" }, "bug_report", "medium", "defer", 0.75],
  ["a bug that is to be disabled", { title: "Disable http.post, a bug" }, "bug_report", "medium", "defer", 0.65],
  [
    "a bug that is to be disabled, as is said twice",
    { title: "Disable http.post, a bug", description: "Disable http.post" },
    "capability_request",
    "medium",
    "create_contract",
    0.8,
  ],
  [
    "a subject whose name holds a keyword of another type",
    {
      title: "Enable incident.bot",
      changes: [{ type: "capability_enable", capability: "incident.bot" }],
    },
    "capability_request",
    "medium",
    "create_contract",
    0.75,
  ],
  [
    "words that are in a row only because a name between them is left out",
    { title: "Turn http.post http.post on" },
    "unknown",
    "medium",
    "defer",
    0.4,
  ],
  ["an outage", { title: "Outage: enable http.post" }, "escalation", "critical", "escalate", 0.95],
  ["a call for escalation", { title: "Escalate this" }, "escalation", "medium", "escalate", 0.9],
  [
    "a keyword of another type than its change",
    { ...CONFIGURE, title: "Enable retry.limit" },
    "capability_request",
    "medium",
    "defer",
    0.5,
  ],
  [
    "changes of which only some fit",
    {
      title: "Enable http.post",
      changes: [
        { type: "capability_enable", capability: "http.post" },
        { type: "parameter_change", capability: "http.post", parameter: "http.post", value: 1 },
      ],
    },
    "capability_request",
    "medium",
    "defer",
    0.65,
  ],
  [
    "a keyword far away and no change that fits",
    { title: "Hello", description: "Enable", changes: [{ type: "parameter_change" }] },
    "capability_request",
    "medium",
    "reject",
    0.05,
  ],
  ["a low urgency", { urgency: "low" }, "capability_request", "low", "create_contract", 0.75],
  ["a high urgency", { urgency: "high" }, "capability_request", "high", "create_contract", 0.75],
  ["a critical urgency", { urgency: "critical" }, "capability_request", "critical", "escalate", 0.75],
  [
    "a critical urgency and unknown words",
    { title: "x", description: "", urgency: "critical" },
    "unknown",
    "critical",
    "defer",
    0.25,
  ],
  [
    "a word graver than the urgency",
    { title: "Urgent: enable http.post" },
    "capability_request",
    "high",
    "create_contract",
    0.75,
  ],
  [
    "a word less grave than the urgency",
    { title: "Minor: enable http.post" },
    "capability_request",
    "medium",
    "create_contract",
    0.75,
  ],
  ["an urgency that is none", { urgency: "whenever" }, "capability_request", "critical", "escalate", 0.75],
  ["no urgency", { urgency: undefined }, "capability_request", "critical", "escalate", 0.75],
  ["no changes", { changes: undefined }, "capability_request", "medium", "defer", 0.35],
  ["an empty list of changes", { changes: [] }, "capability_request", "medium", "defer", 0.35],
  ["a change that is null", { changes: [null] }, "capability_request", "medium", "defer", 0.35],
  ["a title that is a list", { title: ["enable"] }, "unknown", "medium", "defer", 0.25],
];

/** The first rule of eligibility that fails with this advice, while all others hold. */
function decide({ confidence, severity, recommendation, issueType }: ValidatorVerdict): string | undefined {
  return decideEligibility(factsWith({ confidence, severity, recommendation, issueType })).firstFailingRule;
}

describe("validating a request", () => {
  it.each(CASES)("advises on %s: %j", (...[, change, issueType, severity, recommendation, confidence]) => {
    expect(validate(change)).toMatchObject({ issueType, severity, recommendation, confidence });
  });

  it("says which keyword of which rule was found where, and what each counted", () => {
    expect(validate({ title: "Enable http.post, urgent, a bug", description: "Allow http.post" }).explanations).toEqual(
      [
        '"enable" of capability_request stands in the title (+35).',
        '"allow" of capability_request stands in the description (+5).',
        "1 of 1 change(s) fit capability_request (+25).",
        "All that is to be changed is named in the title (+15).",
        "All that is to be changed is named in the description (+10).",
        "A keyword of bug_report stands in the title as well (-10).",
        '"urgent" stands in the title: severity high.',
      ],
    );
    expect(validate({ title: "x", description: "", urgency: 5 }).explanations).toEqual([
      "No keyword of any issue type was found in title or description.",
      "The urgency is 5, which is none: severity critical.",
    ]);
  });

  it("finds each keyword of its table, alone, between other words and behind itself", () => {
    for (const { issueType, keywords, title } of ISSUE_RULES) {
      for (const keyword of keywords) {
        for (const text of [keyword, `x ${keyword}, y`, `${keyword} ${keyword}`]) {
          expect(validate({ title: text, changes: [] }).explanations).toContain(
            `"${keyword}" of ${issueType} stands in the title (+${title}).`,
          );
        }
      }
    }
    for (const { severity, keywords } of SEVERITY_RULES) {
      for (const keyword of keywords) {
        const found = validate({ title: `x ${keyword}, y`, urgency: "low" });
        expect(found.explanations).toContain(
          severity === "low"
            ? "The urgency is low: severity low."
            : `"${keyword}" stands in the title: severity ${severity}.`,
        );
      }
    }
  });

  it("lets what it is sure of become a contract, and nothing that is vague or noise", () => {
    expect(decide(validate({}))).toBe(undefined);
    expect(decide(validate({ urgency: "critical" }))).toBe(undefined);
    expect(decide(validate({ title: "Enable it" }))).toBe("E-001");
    expect(decide(validate({ title: "Blah", description: "" }))).toBe("E-100");
    expect(decide(validate({ title: "Escalate this" }))).toBe("E-004");
  });

  it("sums its explanations up to exactly the confidence that it tells, for any mix of words", () => {
    const words = ["enable", "set", "bug", "outage", "http", "post", "http.post", "it", "urgent", "turn off", "xyzzy"];
    const text = fc.array(fc.constantFrom(...words), { maxLength: 6 }).map((all) => all.join(" "));
    fc.assert(
      fc.property(text, text, (title, description) => {
        const { confidence, explanations } = validate({ title, description });
        const counts = [...explanations.join(" ").matchAll(/\(([+-]\d+)\)/g)].map(([, count]) => Number(count));
        const isUnknown = explanations[0]?.startsWith("No keyword") === true;
        const sum = counts.reduce((total, count) => total + count, isUnknown ? 25 : 0);
        expect(confidence).toBe(Math.min(sum, 100) / 100);
      }),
      { numRuns: 2_000 },
    );
  });

  it("never throws on any JSON, stays within 0 and 1, says why, and answers the same bytes again", () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(requestWith())), fc.jsonValue({ maxDepth: 4 }), (member, json) => {
        for (const value of [json, requestWith({ [member]: json })]) {
          const verdict = validateRequest(value as unknown as ChangeRequest); // `as`: this is the point
          expect(verdict.confidence).toBeGreaterThanOrEqual(0);
          expect(verdict.confidence).toBeLessThanOrEqual(1);
          expect(verdict.explanations.length).toBeGreaterThan(0);
          expect(isDeepFrozen(verdict)).toBe(true);
          const again = validateRequest(structuredClone(value) as unknown as ChangeRequest); // `as`: likewise
          expect(JSON.stringify(again)).toBe(JSON.stringify(verdict));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("gives what is no request at all no confidence, and defers it", () => {
    for (const value of [null, 7, "enable", [], {}]) {
      const verdict = validateRequest(value as unknown as ChangeRequest); // `as`: this is the point
      expect(verdict).toMatchObject({ issueType: "unknown", recommendation: "defer", confidence: 0 });
    }
  });

  it("looks at no word beyond the bounds of a title and of a description", () => {
    expect(validate({ title: `${"x ".repeat(100)}enable`, description: "" }).issueType).toBe("unknown");
    expect(validate({ title: "x", description: `${"x ".repeat(5000)}enable` }).issueType).toBe("unknown");
    expect(validate({ title: "x", description: `${"x ".repeat(4990)}enable` }).issueType).toBe("capability_request");
  });
});
