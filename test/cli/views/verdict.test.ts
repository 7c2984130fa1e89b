import { describe, expect, it } from "vitest";
import { createMemoryStore, verifyLines } from "#evidence";
import type { LogReport } from "#evidence";
import { plain } from "../../../src/cli/text/paint.ts";
import { verdictJson, verdictOf, verdictText } from "../../../src/cli/views/verdict.ts";

const HEAD = "x".repeat(43);

const WHOLE: LogReport = {
  ok: true,
  kind: "run",
  runId: "run-1",
  records: 8,
  head: HEAD,
  complete: true,
  end: "unproven",
  planHash: undefined,
  planCompared: false,
  receipts: 0,
  laws: true,
  steps: { declared: 2, started: 2, succeeded: 2, failed: 0, inDoubt: 0 },
  contract: undefined,
  problems: [],
  problemCount: 0,
};

const BROKEN: LogReport = {
  ...WHOLE,
  ok: false,
  problems: [
    { code: "EDITED", seq: 2, line: 3, message: "the hash does not fit: \u001B[2J" },
    { code: "REWRITTEN", seq: 4, toSeq: 7, line: 5, message: "the seal says another head" },
  ],
  problemCount: 130,
};

function textOf(report: LogReport, expectedHead?: string): string {
  const expectation = { source: "run-1", ...(expectedHead !== undefined && { expectedHead }) };
  return verdictText(verdictOf(report, expectation), { paint: plain });
}

describe("the verdict on a log that goes on behind its seal", () => {
  const problem = { code: "RESUMED_AFTER_SEAL", seq: 5, line: 6, message: "the run was resumed" } as const;
  const report: LogReport = { ...WHOLE, ok: false, problems: [problem], problemCount: 1 };
  const seal = { keyId: "k", verdict: "valid", keys: "given" } as const;

  it("says that the chain is whole, that the laws are kept, and that the end is not proven", () => {
    const verdict = verdictOf(report, { source: "run-1", seal, expectedHead: "y".repeat(43) });
    expect(verdict).toMatchObject({ ok: false, whole: true, lawful: true, endProven: false, problemCount: 1 });
    expect(verdict.headAsNoted).toBeUndefined();
    const text = verdictText(verdict, { paint: plain });
    expect(text).toContain("Chain: ✓ WHOLE\nLaws: ✓ KEPT\nEnd: ? UNSEALED: tail not provable\nSeal: ✓ SIGNED by k\n");
    expect(text).toContain("line 6: RESUMED_AFTER_SEAL (seq 5): the run was resumed");
    expect(text).toContain("- who wrote what stands behind the sealed lines");
    expect(text).not.toContain("the seal does not hold");
  });

  it("says it when the records behind the seal break a law", () => {
    const breach = { code: "WRONG_VERDICT", seq: 7, line: 8, message: "no" } as const;
    const verdict = verdictOf({ ...report, problems: [problem, breach], problemCount: 2 }, { source: "run-1", seal });
    expect(verdict).toMatchObject({ ok: false, whole: true, lawful: false });
  });
});

describe("the verdict on a log", () => {
  it("says of a whole and complete log what is proven, and what is not", () => {
    expect(textOf(WHOLE)).toBe(`Verification: run-1
============================================================
Chain: ✓ WHOLE
Laws: ✓ KEPT
End: ? UNSEALED: tail not provable
Run: run-1
Log: 8 lines, head ${HEAD}

Proven:
  + the chain is whole: every line is hashed together with all lines before it and with the run's id, so no line was changed, removed, inserted or swapped unless all lines after it were written anew
  + every output that stands in the log fits its hash
  + the records keep the laws: steps were started in declared order without gaps (EXEC-001), each started step has one result or is in doubt (EXEC-002), nothing was started after a failure (EXEC-003), no step was started twice under one job id (EXEC-006), and run and jobs went through states that may follow one another
  + the log begins with run.created and ends with run.completed

Not proven:
  - UNSEALED: tail not provable. Whoever owns the whole log could have written it anew from the start, or from a line on of which nobody has a receipt; compare the head with one noted when the run ended (--head), or with what a stream has sent (--expect)
  - who wrote it: there is no seal
  - payloads over 8 KiB, which lie beside the log under their hash: they were not read
  - that the run succeeded, or that a step has told the truth: a whole log can tell of a failed run
`);
  });

  it("names each problem with its line, counts those left out, and proves nothing", () => {
    const text = textOf(BROKEN);
    expect(text).toContain("Chain: ✗ BROKEN\n");
    expect(text).toContain(String.raw`
Problems:
  line 3: EDITED (seq 2): the hash does not fit: \u{1b}[2J
  line 5: REWRITTEN (seq 4 to 7): the seal says another head
  and 128 more
`);
    expect(text).toContain("- which of the lines are true: the log does not hold together");
    expect(text).not.toContain("Proven:\n");
  });

  it("calls an end that nobody can see unproven, never good", () => {
    const text = textOf({ ...WHOLE, complete: false });
    expect(text).toContain("Chain: ✓ WHOLE\nLaws: ✓ KEPT\nEnd: ? UNSEALED: tail not provable, no run.completed\n");
    expect(text).toContain("- that nothing is missing at the end");
    expect(text).not.toContain("ends with run.completed");
  });

  it("holds a log to the head that was noted: another head is a problem of its last line", () => {
    const verdict = verdictOf(WHOLE, { source: "run-1", expectedHead: "y".repeat(43) });
    expect(verdict.ok).toBe(false);
    expect(verdict.problems).toEqual([
      {
        code: "OTHER_HEAD",
        seq: 7,
        line: 8,
        message: `the head is ${HEAD}, expected ${"y".repeat(43)}: it is another log, or its end was cut`,
      },
    ]);
    expect(verdictText(verdict, { paint: plain })).toContain("Head: ✗ ANOTHER\n");
  });

  it("says of the noted head that nobody has written the log anew since", () => {
    const text = textOf(WHOLE, HEAD);
    expect(text).toContain("End: ✓ COMPLETE\nHead: ✓ AS NOTED\n");
    expect(text).toContain("+ it is the log whose head was noted");
    expect(text).not.toContain("UNSEALED");
  });

  it("compares no head where the chain itself is broken", () => {
    const verdict = verdictOf(BROKEN, { source: "run-1", expectedHead: HEAD });
    expect(verdict.ok).toBe(false);
    expect(verdict.headAsNoted).toBeUndefined();
    expect(verdict.problems).toEqual(BROKEN.problems);
  });

  it("finds the log of another run under the name that was asked for", async () => {
    const store = createMemoryStore({ newEventId: () => "event" });
    const draft = { timestamp_utc: "2026-01-01T00:00:00.000Z", actor: "a", attempt: 0, schema: "evidence/v1" };
    const lines = (await store.append("other", 0, [{ event_type: "run.created", ...draft }])).map(({ line }) => line);
    const verdict = verdictOf(await verifyLines(lines, { runId: "asked" }), { source: "asked" });
    expect(verdict.ok).toBe(false);
    expect(verdict.problems[0]).toMatchObject({ line: 1 });
  });

  it("tells programs the same, with null for what is not known", () => {
    expect(verdictJson(verdictOf({ ...BROKEN, head: undefined, runId: undefined }, { source: "f" }))).toMatchObject({
      ok: false,
      whole: false,
      head_as_noted: null,
      run_id: null,
      head: null,
      signed: false,
      problems: [
        { code: "EDITED", seq: 2, to_seq: null, line: 3 },
        { code: "REWRITTEN", seq: 4, to_seq: 7, line: 5 },
      ],
      end_proven: false,
      tail: "UNSEALED: tail not provable",
      problem_count: 130,
      proven: [],
    });
  });

  it("says where the lines hold that the records break a law", () => {
    const message = "step 1 was started a second time";
    const unlawful: LogReport = {
      ...WHOLE,
      ok: false,
      problems: [{ code: "EXEC_006_SECOND_START", seq: 4, line: 5, message }],
      problemCount: 1,
    };
    const text = textOf(unlawful);
    expect(text).toContain("Chain: ✓ WHOLE\nLaws: ✗ BROKEN\nEnd: ? UNSEALED: tail not provable\n");
    expect(text).toContain(`line 5: EXEC_006_SECOND_START (seq 4): ${message}`);
    expect(text).not.toContain("the records keep the laws");
  });

  it.each(["sealed", "witnessed"] as const)("calls an end that is %s proven", (end) => {
    const verdict = verdictOf({ ...WHOLE, end, receipts: 1, planCompared: true }, { source: "run-1" });
    expect(verdict).toMatchObject({ ok: true, endProven: true });
    const text = verdictText(verdict, { paint: plain });
    expect(text).toContain("End: ✓ COMPLETE\n");
    expect(text).toContain("+ the plan is the one that was given");
    expect(text).toContain("+ the lines of which there are receipts (1)");
    expect(text).not.toContain("UNSEALED");
    expect(text.includes("who wrote it")).toBe(end === "witnessed");
  });
});
