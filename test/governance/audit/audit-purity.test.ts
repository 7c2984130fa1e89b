import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auditJob } from "#governance";
import type { AuditFacts } from "#governance";
import { isDeepFrozen } from "../support/deep-freeze.ts";
import { auditFactsWith, entry } from "./examples.ts";

/** Every place in a value, as a list of names. */
function placesIn(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    [name],
    ...placesIn(member).map((rest) => [name, ...rest]),
  ]);
}

/** The facts with another value in one place, or without it. */
function planted(place: readonly string[], value: unknown): AuditFacts {
  return auditFactsWith((facts) => {
    const holder = place.slice(0, -1).reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], facts);
    (holder as Record<string, unknown>)[place.at(-1) ?? ""] = value; // `as`: the place is one of the facts
  });
}

const PLACES = placesIn(auditFactsWith());

describe("the audit as a function", () => {
  it("never throws on any JSON, answers anything but PASS to what is not facts, and freezes its answer", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (json) => {
        const verdict = auditJob(json as unknown as AuditFacts); // `as`: this is the point
        expect(verdict.verdict).not.toBe("PASS");
        expect(verdict.checks.length).toBe(7);
        expect(isDeepFrozen(verdict)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("never throws and gives the same facts the same bytes, whatever JSON stands in any one place", () => {
    fc.assert(
      fc.property(fc.constantFrom(...PLACES), fc.jsonValue(), (place, json) => {
        const facts = planted(place, json);
        const verdict = JSON.stringify(auditJob(facts));
        auditJob(auditFactsWith());
        expect(JSON.stringify(auditJob(structuredClone(facts)))).toBe(verdict);
        expect(JSON.stringify(auditJob(JSON.parse(JSON.stringify(facts)) as AuditFacts))).toBe(verdict); // `as`: read back
      }),
      { numRuns: 2_000 },
    );
  });

  // A person's change is not asked for, a signal of another scope neither; all the rest has to be there.
  const OPTIONAL =
    /^(?:standing\.|signals\.\d(?:\.source)?$|journal\.\d\.(?:authorised|before\.|at)|log\.steps\.\d\.(?:startedAt|endedAt))/;

  it.each(PLACES.filter((place) => !OPTIONAL.test(`${place.join(".")}${place.length === 1 ? "." : ""}`)))(
    "does not pass what lacks %s %s %s %s",
    (...place) => {
      const named = place.filter((name) => name !== undefined);
      expect(auditJob(planted(named, undefined)).verdict).not.toBe("PASS");
    },
  );

  it("answers a journal of 200,000 entries, and one nested beyond all bounds", () => {
    const many = auditFactsWith(({ journal }) => {
      for (let seq = 9; seq < 200_000; seq += 1) {
        journal.push(entry(seq, { key: `capability/c${seq}`, before: null, after: 1, by: "job-1/0" }));
      }
    });
    expect(auditJob(many).verdict).toBe("FAIL");
    const deep: unknown = JSON.parse(`${"[".repeat(5_000)}${"]".repeat(5_000)}`);
    const facts = JSON.parse(JSON.stringify(auditFactsWith())) as { approved: { steps: { after: unknown }[] } }; // `as`: as made above
    const [, second] = facts.approved.steps;
    if (second !== undefined) second.after = deep;
    const journal = (facts as unknown as { journal: { after: unknown }[] }).journal[1]; // `as`: likewise
    if (journal !== undefined) journal.after = deep;
    expect(auditJob(facts as unknown as AuditFacts).checks[2]?.outcome).toBe("FAIL"); // `as`: likewise
  });
});
