import { describe, expect, it } from "vitest";
import { auditJob } from "#governance";
import { auditFactsWith, entry } from "./examples.ts";
import type { AuditChange } from "./examples.ts";

const CHECKS = ["A-001", "A-002", "A-003", "A-004", "A-005", "A-006", "A-007"];
const KEY = "configuration/retry.limit";

/** Which checks fail (!) and which cannot tell (?), in order, for example `A-001! A-005?`; empty = all pass. */
type Expected = string;

/** What the first step did, and what the second one. */
const first = (members: Record<string, unknown>): AuditChange => {
  return ({ journal }) => void Object.assign(journal[0] ?? {}, members);
};
const second = (members: Record<string, unknown>): AuditChange => {
  return ({ journal }) => void Object.assign(journal[1] ?? {}, members);
};
const log = (members: Record<string, unknown>): AuditChange => {
  return (facts) => void Object.assign(facts.log, members);
};
const logged = (members: Record<string, unknown>): AuditChange => {
  return (facts) => void Object.assign(facts.log.steps[1] ?? {}, members);
};
const approved = (members: Record<string, unknown>): AuditChange => {
  return (facts) => void Object.assign(facts.approved, members);
};
const facts = (members: Record<string, unknown>): AuditChange => {
  return (all) => void Object.assign(all, members);
};
const alsoBy = (members: Record<string, unknown>): AuditChange => {
  return ({ journal }) => void journal.push(entry(9, members));
};
const signal = (members: Record<string, unknown>): AuditChange => {
  return ({ signals }) => void signals.push({ source: "probe", status: "BLOCKED", scope: "http.post", ...members });
};
const person = { key: "capability/other", before: null, after: 1, by: "person:bo" };

const CASES: readonly (readonly [title: string, change: AuditChange, expected: Expected])[] = [
  ["nothing at all", () => undefined, ""],

  // lying handlers: what they did is not what they said
  ["a handler that wrote on another key", first({ key: "capability/other" }), "A-001! A-007!"],
  ["a handler that wrote on the other step's key", second({ key: "capability/http.post" }), "A-001! A-007!"],
  ["a handler that wrote besides what it should", alsoBy({ ...person, by: "job-1/1" }), "A-001! A-007!"],
  [
    "a handler that wrote under a step that is not of the plan",
    alsoBy({ ...person, key: KEY, before: 3, by: "job-1/2" }),
    "A-001! A-007!",
  ],
  [
    "a handler that wrote under its job alone",
    alsoBy({ ...person, key: KEY, before: 3, by: "job-1" }),
    "A-001! A-005! A-007!",
  ],
  [
    "a handler that wrote under a step that is no number",
    alsoBy({ ...person, key: KEY, before: 3, by: "job-1/01" }),
    "A-001! A-005! A-007!",
  ],
  ["a handler that wrote and named nobody", alsoBy({ ...person, by: null }), "A-007!"],
  [
    "a handler that wrote and gave itself a name",
    alsoBy({ ...person, by: "person:mallory", authorised: false }),
    "A-007!",
  ],
  ["a handler that wrote another value", second({ after: 4 }), "A-003!"],
  ["a handler that wrote the value as a text", second({ after: "3" }), "A-003!"],
  [
    "a handler that wrote a value and then the right one",
    ({ journal }) => {
      journal[1] = entry(8, { key: KEY, before: null, after: 9, by: "job-1/1" });
      journal[2] = entry(9, { key: KEY, before: 9, after: 3, by: "job-1/1" });
    },
    "A-003!",
  ],
  ["a handler that wrote the same value twice", alsoBy({ key: KEY, before: 3, after: 3, by: "job-1/1" }), ""],
  [
    "a handler that said it wrote and did not",
    ({ journal, standing }) => {
      journal.pop();
      standing?.pop();
    },
    "A-003!",
  ],
  ["a handler that did not write what stood there", ({ journal }) => void journal.pop(), ""],
  [
    "a handler that did not write, and nobody knows what stands there",
    (all) => {
      all.journal.pop();
      all.standing = undefined;
    },
    "A-003?",
  ],
  [
    "a handler that did not write, and another value stands there",
    (all) => {
      all.journal.pop();
      all.standing = [{ key: KEY, value: 2 }];
    },
    "A-003!",
  ],
  [
    "a handler that did not write, and two values stand there",
    (all) => {
      all.journal.pop();
      all.standing?.push({ key: KEY, value: 3 });
    },
    "A-003!",
  ],
  [
    "a handler that had everything to delete and did",
    (all) => {
      Object.assign(all.approved.steps[1] ?? {}, { after: null });
      Object.assign(all.journal[1] ?? {}, { before: 3, after: null });
    },
    "",
  ],
  [
    "a handler that had to delete and about which the journal says nothing",
    (all) => {
      Object.assign(all.approved.steps[1] ?? {}, { after: null });
      all.journal.pop();
      all.standing?.pop();
    },
    "A-003!",
  ],
  [
    "a handler that deleted its entry from the journal",
    ({ journal }) => {
      journal.push(entry(10, person));
    },
    "A-001? A-003? A-005? A-007?",
  ],
  [
    "a handler that changed a key without an entry",
    alsoBy({ key: KEY, before: 5, after: 6, by: "person:bo" }),
    "A-007!",
  ],
  [
    "members of the value in another order",
    (all) => {
      Object.assign(all.approved.steps[1] ?? {}, { after: { a: 1, b: [2] } });
      Object.assign(all.journal[1] ?? {}, { after: { b: [2], a: 1 } });
    },
    "",
  ],
  [
    "a list of the value in another order",
    (all) => {
      Object.assign(all.approved.steps[1] ?? {}, { after: [1, 2] });
      Object.assign(all.journal[1] ?? {}, { after: [2, 1] });
    },
    "A-003!",
  ],

  // others, in the same interval
  ["a known person who changed something else", alsoBy(person), ""],
  ["a known person who then changed the same key", alsoBy({ ...person, key: KEY, before: 3, after: 4 }), ""],
  ["a step of another contract's job", alsoBy({ ...person, by: "job-2/0" }), ""],
  ["a job whose name begins with this one's", alsoBy({ ...person, by: "job-10/0" }), ""],
  ["a step of a job that nobody approved", alsoBy({ ...person, by: "job-2/0", authorised: false }), "A-007!"],
  ["an entry that is only truthfully authorised", alsoBy({ ...person, authorised: "yes" }), "A-007!"],
  ["nobody, who is said to be authorised", alsoBy({ ...person, by: null, authorised: true }), "A-007!"],
  ["a blank name, which is nobody's", alsoBy({ ...person, by: " " }), "A-007!"],
  ["a name that is a number", alsoBy({ ...person, by: 7 }), "A-007!"],

  //
  ["a plan whose step is out of its own scope", approved({ scope: ["capability/http.post"] }), "A-001! A-007!"],
  ["a step that was performed on a forbidden target", logged({ target: "capability/SYSTEM" }), "A-001! A-003!"],
  ["a target that is no text", logged({ target: { toString: 1 } }), "A-001! A-003!"],
  ["no scope", approved({ scope: undefined }), "A-001? A-006? A-007?"],
  ["a scope with a number in it", approved({ scope: [KEY, 7] }), "A-001? A-006? A-007?"],
  ["no approved steps", approved({ steps: null }), "A-001? A-003? A-007?"],
  [
    "approved steps of which one lacks its value",
    approved({ steps: [{ stepIndex: 0, stepType: "t", target: KEY, inputsHash: "h" }] }),
    "A-001? A-003? A-007?",
  ],
  ["no approved job", approved({ jobId: undefined }), "A-001? A-003? A-005? A-007?"],
  ["no approved contract", approved({ contractId: undefined }), "A-003?"],

  //
  ["health that became DEGRADED", facts({ healthAfter: "DEGRADED" }), "A-002!"],
  ["health that became BLOCKED", facts({ healthAfter: "BLOCKED" }), "A-002!"],
  ["health that became worse than DEGRADED", facts({ healthBefore: "DEGRADED", healthAfter: "BLOCKED" }), "A-002!"],
  ["health that became better", facts({ healthBefore: "BLOCKED", healthAfter: "DEGRADED" }), ""],
  ["health that stayed DEGRADED", facts({ healthBefore: "DEGRADED", healthAfter: "DEGRADED" }), ""],
  ["health that is UNKNOWN afterwards", facts({ healthAfter: "UNKNOWN" }), "A-002?"],
  ["health that was UNKNOWN before", facts({ healthBefore: "UNKNOWN" }), "A-002?"],
  ["health that nobody observed", facts({ healthAfter: undefined }), "A-002?"],
  ["health that is no word of the vocabulary", facts({ healthAfter: "FINE" }), "A-002?"],

  //
  ["a broken chain", log({ chain: "broken" }), "A-003! A-004? A-006?"],
  ["an unreadable chain", log({ chain: "unreadable" }), "A-003? A-004? A-006?"],
  ["a chain of which nothing is said", log({ chain: undefined }), "A-003? A-004? A-006?"],
  ["no log", facts({ log: null }), "A-003? A-004? A-006?"],
  ["the log of another job", log({ jobId: "job-2" }), "A-003!"],
  ["the log of another contract", log({ contractId: "contract-2" }), "A-003!"],
  ["a job that has not ended", log({ ended: false }), "A-003!"],
  ["a job that failed", log({ finalStatus: "FAILED" }), "A-003! A-006!"],
  ["a job that was cancelled", log({ finalStatus: "CANCELLED" }), "A-003! A-006!"],
  ["no steps in the log", log({ steps: undefined }), "A-003? A-004? A-006?"],
  ["a step of another type", logged({ stepType: "capability_disable" }), "A-003!"],
  ["a step of another target", logged({ target: "capability/http.post" }), "A-003!"],
  ["a step with other parameters", logged({ inputsHash: "hash-9" }), "A-003!"],
  ["a step whose parameters nobody hashed", logged({ inputsHash: undefined }), "A-003!"],
  ["a step that failed", logged({ status: "failed" }), "A-003! A-006!"],
  ["a step that is in doubt", logged({ status: "in_doubt", endedAt: undefined }), "A-003! A-004? A-006!"],
  ["steps in another order", (all) => void (all.log.steps = all.log.steps.toReversed()), "A-003!"],
  ["a step too few", (all) => void all.log.steps.pop(), "A-003!"],
  ["a step too many", (all) => void all.log.steps.push({ ...all.log.steps[1], stepIndex: 2 }), "A-003!"],
  [
    "an approved plan without steps that nothing carried out",
    (all) => {
      all.approved.steps = [];
      all.log.steps = [];
      all.journal = [];
    },
    "A-003!",
  ],

  //
  ["a start at the moment of activation", log({ startedAt: "2026-03-01T12:00:00.000Z" }), ""],
  ["a start a millisecond before it", log({ startedAt: "2026-03-01T11:59:59.999Z" }), "A-004!"],
  ["an end a millisecond before the window's end", log({ endedAt: "2026-03-01T12:59:59.999Z" }), ""],
  ["an end at the window's end", log({ endedAt: "2026-03-01T13:00:00.000Z" }), "A-004!"],
  [
    "a start and an end after the window",
    log({ startedAt: "2026-03-01T13:00:00Z", endedAt: "2026-03-01T13:01:00Z" }),
    "A-004!",
  ],
  ["an end before the start", log({ endedAt: "2026-03-01T12:09:00Z" }), "A-004!"],
  ["a step that ended after the window", logged({ endedAt: "2026-03-01T14:00:00Z" }), "A-004!"],
  ["an effect after the window", second({ at: "2026-03-01T14:00:00Z" }), "A-004!"],
  ["a person's change after the window", alsoBy({ ...person, at: "2026-03-01T14:00:00Z" }), ""],
  ["a start at no time", log({ startedAt: "lately" }), "A-004?"],
  ["an end without an offset", log({ endedAt: "2026-03-01T12:10:00" }), "A-004?"],
  ["a window without an end", approved({ activationEndsAt: undefined }), "A-004?"],
  ["a window without a beginning", approved({ activatedAt: null }), "A-004?"],

  //
  ["an effect of which nobody knows what stood there", first({ before: undefined }), "A-005!"],
  ["an effect where nothing stood before", first({ before: null }), ""],

  //
  ["a signal of BLOCKED for a capability in scope", signal({}), "A-006!"],
  ["a signal of DEGRADED for it", signal({ status: "DEGRADED" }), "A-006!"],
  ["a signal of BLOCKED for the system", signal({ scope: "SYSTEM" }), "A-006!"],
  ["a signal of BLOCKED for the configuration", signal({ scope: "configuration" }), "A-006!"],
  ["a signal of BLOCKED for a key in scope", signal({ scope: "capability/http.post/parameters/p" }), "A-006!"],
  ["a signal of BLOCKED for another capability", signal({ scope: "email.send" }), ""],
  ["a signal that was withdrawn", signal({ status: "HEALTHY" }), ""],
  ["a signal of UNKNOWN for a capability in scope", signal({ status: "UNKNOWN" }), "A-006?"],
  ["a signal of UNKNOWN for another one", signal({ status: "UNKNOWN", scope: "email.send" }), ""],
  ["a signal about nothing", signal({ scope: undefined }), "A-006?"],
  ["a signal that is null", (all) => void all.signals.push(null as never), "A-006?"],
  ["no signals at all", facts({ signals: [] }), ""],
  ["signals that cannot be read", facts({ signals: undefined }), "A-006?"],

  // the journal
  ["no journal", facts({ journal: undefined }), "A-001? A-003? A-005? A-007?"],
  [
    "a journal with an entry that is null",
    (all) => void all.journal.push(null as never),
    "A-001? A-003? A-005? A-007?",
  ],
  ["a journal with an entry at no time", alsoBy({ ...person, at: "then" }), "A-001? A-003? A-005? A-007?"],
  ["a journal whose numbers begin at 0", first({ seq: 0 }), "A-001? A-003? A-005? A-007?"],
  [
    "a journal in the wrong order",
    (all) => void (all.journal = all.journal.toReversed()),
    "A-001? A-003? A-005? A-007?",
  ],
  [
    "a journal that is not whole and shows what is wrong",
    (all) => {
      all.journal.push(entry(11, { ...person, by: "job-1/0" }));
    },
    "A-001! A-003? A-005? A-007!",
  ],
];

describe("auditing a job", () => {
  it.each(CASES)("finds what is wrong with %s", (_title, change, expected) => {
    const { verdict, checks, jobId, rulesVersion } = auditJob(auditFactsWith(change));
    const found = checks.filter(({ outcome }) => outcome !== "PASS");
    expect(found.map(({ check, outcome }) => `${check}${outcome === "FAIL" ? "!" : "?"}`).join(" ")).toBe(expected);
    expect(checks.map(({ check }) => check)).toEqual(CHECKS);
    expect(verdict).toBe(expected.includes("!") ? "FAIL" : expected === "" ? "PASS" : "INCONCLUSIVE");
    expect(rulesVersion).toMatch(/^\d+\.\d+\.\d+$/);
    expect(["job-1", ""]).toContain(jobId);
    for (const { sentence } of checks) expect(sentence).toMatch(/^[A-Z].{10,}\.$/su);
  });

  it("has for each check a case in which it alone fails or cannot tell", () => {
    const alone = new Set(CASES.map(([, , expected]) => expected).filter((expected) => expected.length === 6));
    expect([...alone].map((one) => one.slice(0, 5)).toSorted()).toEqual(expect.arrayContaining(CHECKS.slice(1)));
  });

  it("tells of what passed and of what did not in sentences that name what was seen", () => {
    const { checks } = auditJob(auditFactsWith());
    expect(checks.map(({ sentence }) => sentence)).toEqual([
      "All 2 change(s) by the job are in scope, each on its step's target.",
      'The health was "HEALTHY" before the job and "HEALTHY" after it.',
      "All 2 step(s) ran as approved, and their values stand in the journal.",
      "The job started and ended within the activation window.",
      "What stood there before is known for all 2 change(s) by the job.",
      "The job succeeded, and no signal about what it touched says otherwise.",
      "All 2 change(s) of the interval are authorised.",
    ]);
    const wrong = auditJob(auditFactsWith(first({ key: "capability/other" }))).checks;
    expect(wrong[0]?.sentence).toBe(
      'Entry 7 of the journal, by "job-1/0", changed "capability/other", which is outside the approved scope.',
    );
    const several = auditJob(auditFactsWith(log({ jobId: "job-2", ended: false }))).checks;
    expect(several[2]?.sentence).toBe('The log is of job "job-2", not of "job-1". There is more: 1 other finding(s).');
  });
});
