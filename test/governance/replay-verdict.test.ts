import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auditJob, decideEligibility, replayVerdict, validateRequest } from "#governance";
import type { ChangeRequest, Decider } from "#governance";
import { auditFactsWith } from "./audit/examples.ts";
import { factsWith } from "./eligibility/examples.ts";
import { requestWith } from "./request/examples.ts";
import { isDeepFrozen } from "./support/deep-freeze.ts";

/** What a log has kept of a value. */
function recorded(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe("replaying a recorded verdict", () => {
  it("recomputes from recorded facts the very bytes of the verdict that each decider gave", () => {
    const request = requestWith() as unknown as ChangeRequest; // `as`: it is readable
    expect(JSON.stringify(replayVerdict("validator", recorded(request)))).toBe(
      JSON.stringify(validateRequest(request)),
    );
    const facts = factsWith({ health: "BLOCKED", capabilities: [] });
    expect(JSON.stringify(replayVerdict("eligibility", recorded(facts)))).toBe(
      JSON.stringify(decideEligibility(facts)),
    );
    for (const audited of [auditFactsWith(), auditFactsWith((all) => void all.journal.pop())]) {
      expect(JSON.stringify(replayVerdict("audit", recorded(audited)))).toBe(JSON.stringify(auditJob(audited)));
    }
  });

  it.each(["admission", "", "constructor", "__proto__", "toString"])("knows no decider of the name %j", (name) => {
    expect(replayVerdict(name as Decider, {})).toBe(undefined); // `as`: what a record may say
  });

  it("never throws on any JSON, and neither grants nor passes anything for it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(replayVerdict("eligibility", json)?.decision).toBe("MAY_NOT");
        expect(replayVerdict("audit", json)?.verdict).not.toBe("PASS");
        expect(replayVerdict("validator", json)?.recommendation).not.toBe("create_contract");
        expect(isDeepFrozen(replayVerdict("audit", json))).toBe(true);
      }),
    );
  });
});
