import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auditJob, resolveInconclusive } from "#governance";
import type { AuditVerdict, ResolutionWord } from "#governance";
import { deepFreeze, isDeepFrozen } from "../support/deep-freeze.ts";
import { auditFactsWith } from "./examples.ts";

const passed = auditJob(auditFactsWith());
const failed = auditJob(auditFactsWith((facts) => void (facts.healthAfter = "BLOCKED")));
const open = auditJob(auditFactsWith((facts) => void (facts.healthAfter = "UNKNOWN")));

function word(changes: Readonly<Record<string, unknown>> = {}): ResolutionWord {
  const all = { actor: "bo", pass: true, reason: "looked at the console", submittedBy: "ada", ...changes };
  return deepFreeze(all);
}

const REFUSED: readonly (readonly [
  title: string,
  audit: AuditVerdict,
  changes: Record<string, unknown>,
  code: string,
])[] = [
  ["one that passed", passed, {}, "NOT_INCONCLUSIVE"],
  ["one that passed, to fail", passed, { pass: false }, "NOT_INCONCLUSIVE"],
  ["one that failed", failed, {}, "NOT_INCONCLUSIVE"],
  [
    "one that says it is open, with a check that failed",
    { ...failed, verdict: "INCONCLUSIVE" },
    {},
    "NOT_INCONCLUSIVE",
  ],
  [
    "one that says it is open, with checks that all passed",
    { ...passed, verdict: "INCONCLUSIVE" },
    {},
    "NOT_INCONCLUSIVE",
  ],
  ["one with a check too few", { ...open, checks: open.checks.slice(1) }, {}, "UNREADABLE"],
  ["one with its checks in another order", { ...open, checks: open.checks.toReversed() }, {}, "UNREADABLE"],
  ["one of no job", { ...open, jobId: "" }, {}, "UNREADABLE"],
  ["one with nobody who resolves it", open, { actor: " " }, "ACTOR_REQUIRED"],
  ["one by the person who submitted", open, { actor: "ada" }, "FOUR_EYES"],
  ["one by the same person in other letters", open, { actor: " ＡＤＡ " }, "FOUR_EYES"],
  ["one by the submitter, to fail", open, { actor: "ada", pass: false }, "FOUR_EYES"],
  ["one without a reason", open, { reason: "" }, "REASON_REQUIRED"],
  ["one whose submitter nobody knows", open, { submittedBy: undefined }, "UNREADABLE"],
  ["one with a word that is only truthy", open, { pass: 1 }, "UNREADABLE"],
];

describe("resolving an audit that could not tell", () => {
  it.each([
    [true, "PASS"],
    [false, "FAIL"],
  ] as const)("turns it for the word %s into %s, with who and why, and leaves the checks alone", (pass, verdict) => {
    const answer = resolveInconclusive(open, word({ pass }));
    expect(answer).toEqual({
      verdict: "RESOLVED",
      audit: { ...open, verdict, resolution: { actor: "bo", reason: "looked at the console" } },
    });
    expect(isDeepFrozen(answer)).toBe(true);
  });

  it.each(REFUSED)("refuses %s", (...[, audit, changes, code]) => {
    const answer = resolveInconclusive(audit, word(changes));
    expect(answer).toMatchObject({ verdict: "REFUSED", code });
    expect(answer.verdict === "REFUSED" && answer.sentence).toMatch(/^.{20,}\.$/u);
  });

  it("resolves an audit once and for all: neither pass nor fail can be turned again", () => {
    for (const pass of [true, false]) {
      const answer = resolveInconclusive(open, word({ pass }));
      if (answer.verdict === "REFUSED") throw new Error(answer.sentence);
      const again = resolveInconclusive(answer.audit, word({ pass: !pass }));
      expect(again).toMatchObject({ code: "NOT_INCONCLUSIVE" });
    }
  });

  it("never throws on any JSON, and resolves nothing of it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (audit, given) => {
        const answer = resolveInconclusive(audit as unknown as AuditVerdict, given as unknown as ResolutionWord); // `as`: this is the point
        expect(answer.verdict).toBe("REFUSED");
        expect(resolveInconclusive(open, given as unknown as ResolutionWord).verdict).toBe("REFUSED"); // `as`: likewise
      }),
    );
  });
});
