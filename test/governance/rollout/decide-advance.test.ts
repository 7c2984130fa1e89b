import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideAdvance } from "#governance";
import type { AdvanceFacts, AdvanceVerdict } from "#governance";
import { contractIn } from "../contract/examples.ts";
import { deepFreeze, isDeepFrozen } from "../support/deep-freeze.ts";

const STAGES = ["NOT_VISIBLE", "PLANNED", "INTERNAL", "LIMITED", "GENERAL"] as const;
const NOW = "2026-03-02T12:00:00.000Z";

function advance(changes: Readonly<Record<string, unknown>> = {}): AdvanceVerdict {
  const facts = {
    contract: contractIn("COMPLETED"),
    stage: "PLANNED",
    to: "INTERNAL",
    stageSince: "2026-03-01T12:00:00.000Z",
    health: "HEALTHY",
    now: NOW,
    actor: "bo",
    ...changes,
  };
  return decideAdvance(deepFreeze(facts) as unknown as AdvanceFacts); // `as`: tests also say what no typed caller could
}

const REFUSED: readonly (readonly [title: string, changes: Readonly<Record<string, unknown>>, code: string])[] = [
  ["a stage that nobody knows", { stage: "EVERYWHERE" }, "UNREADABLE"],
  ["no time of the decision", { now: undefined }, "UNREADABLE"],
  ["a time without an offset", { now: "2026-03-02T12:00:00" }, "UNREADABLE"],
  ["nobody who asks", { actor: " " }, "ACTOR_REQUIRED"],
  ["a contract that is not there", { contract: null }, "NOT_COMPLETED"],
  ["no audit", { contract: { state: "COMPLETED", jobId: "job-1" } }, "AUDIT_REQUIRED"],
  ...(["FAIL", "INCONCLUSIVE", "pass"] as const).map(
    (verdict) =>
      [
        `an audit that says ${verdict}`,
        { contract: { ...contractIn("COMPLETED"), audit: { jobId: "job-1", verdict } } },
        "AUDIT_REQUIRED",
      ] as const,
  ),
  [
    "the audit of another job",
    { contract: { ...contractIn("COMPLETED"), audit: { jobId: "job-2", verdict: "PASS" } } },
    "AUDIT_REQUIRED",
  ],
  ["an audit of no job for no job", { contract: { state: "COMPLETED", audit: { verdict: "PASS" } } }, "AUDIT_REQUIRED"],
  ["a stage that began a millisecond too late", { stageSince: "2026-03-01T12:00:00.001Z" }, "NOT_STABLE"],
  ["a stage that began at no time", { stageSince: undefined }, "NOT_STABLE"],
  ["a stage that begins in the future", { stageSince: "2026-03-03T12:00:00Z" }, "NOT_STABLE"],
  ["a longer stabilisation", { stabilisationHours: 24.001 }, "NOT_STABLE"],
  ["no stabilisation at all", { stabilisationHours: 0 }, "STABILISATION_OUT_OF_BOUNDS"],
  ["a negative one", { stabilisationHours: -1 }, "STABILISATION_OUT_OF_BOUNDS"],
  ["one that is minus nothing", { stabilisationHours: -0 }, "STABILISATION_OUT_OF_BOUNDS"],
  ["one that is NaN", { stabilisationHours: Number.NaN }, "STABILISATION_OUT_OF_BOUNDS"],
  ["one that is endless", { stabilisationHours: Number.POSITIVE_INFINITY }, "STABILISATION_OUT_OF_BOUNDS"],
  ["one that is longer than a year", { stabilisationHours: 8_760.5 }, "STABILISATION_OUT_OF_BOUNDS"],
  ["one that is a text", { stabilisationHours: "1" }, "STABILISATION_OUT_OF_BOUNDS"],
  ...(["DEGRADED", "BLOCKED", "UNKNOWN", "healthy", undefined] as const).map(
    (health) => [`health ${health}`, { health }, "NOT_HEALTHY"] as const,
  ),
  ...(["DRAFT", "VALIDATED", "ELIGIBLE", "APPROVED", "ACTIVE", "FAILED", "REJECTED", "EXPIRED"] as const).map(
    (state) => [`a contract that is ${state}`, { contract: contractIn(state) }, "NOT_COMPLETED"] as const,
  ),
];

describe("deciding whether a rollout goes on", () => {
  const pairs = STAGES.flatMap((stage, at) => STAGES.map((to, next) => ({ stage, to, step: next - at })));

  it.each(pairs)("from $stage to $to, which is a step of $step", ({ stage, to, step }) => {
    const answer = advance({ stage, to });
    if (step === 1) {
      expect(answer).toEqual({ verdict: "ALLOWED", from: stage, stage: to, changedBy: "bo", changedAt: NOW });
    } else {
      expect(answer).toMatchObject({ verdict: "REFUSED", code: stage === "GENERAL" ? "FINAL" : "NOT_NEXT" });
    }
  });

  it.each(REFUSED)("refuses %s", (_title, changes, code) => {
    const answer = advance(changes);
    expect(answer).toMatchObject({ verdict: "REFUSED", code });
    expect(answer.verdict === "REFUSED" && answer.sentence).toMatch(/^.{20,}\.$/u);
    expect(isDeepFrozen(answer)).toBe(true);
  });

  it("lets a shorter and the longest stabilisation pass when they are over", () => {
    expect(advance({ stabilisationHours: 0.5, stageSince: "2026-03-02T11:30:00Z" }).verdict).toBe("ALLOWED");
    expect(advance({ stabilisationHours: 8_760, stageSince: "2025-03-02T12:00:00Z" }).verdict).toBe("ALLOWED");
    expect(advance({ stabilisationHours: 8_760, stageSince: "2025-03-02T12:00:01Z" }).verdict).toBe("REFUSED");
  });

  it("never throws on any JSON, in the whole or in any one member, and answers the same bytes again", () => {
    const members = ["contract", "stage", "to", "stageSince", "health", "now", "actor", "stabilisationHours"];
    fc.assert(
      fc.property(fc.constantFrom(...members), fc.jsonValue(), (member, json) => {
        expect(decideAdvance(json as unknown as AdvanceFacts).verdict).toBe("REFUSED"); // `as`: this is the point
        expect(JSON.stringify(advance({ [member]: json }))).toBe(JSON.stringify(advance({ [member]: json })));
      }),
    );
  });
});
