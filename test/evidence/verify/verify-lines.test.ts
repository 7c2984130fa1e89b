import fc from "fast-check";
import { expect, test } from "vitest";
import { verifyLines as verifyWithLaws } from "#evidence";
import type { LogReport, RecordDraft, VerifyOptions } from "#evidence";
import { LogVerifier } from "../../../src/evidence/verify/log-verifier.ts";
import type { ProblemCode } from "../../../src/evidence/verify/problems.ts";
import { anyDraft } from "../support/arbitrary-drafts.ts";
import { completed, created, note, notes, stepSucceeded } from "../support/drafts.ts";
import { eventIds } from "../support/event-ids.ts";
import { referenceLines } from "../support/reference-format.ts";
import { sealedLines } from "../support/sealed.ts";

/** What is tested here is the chain: these records are no run. */
async function verifyLines(
  said: AsyncIterable<string> | Iterable<string>,
  options: VerifyOptions = {},
): Promise<LogReport> {
  return await verifyWithLaws(said, { ...options, laws: false });
}

const drafts = [created("run-1"), ...notes(1, 6), stepSucceeded(0), completed()];
const lines = referenceLines("run-1", drafts, eventIds());

function bodiesOf(said: readonly RecordDraft[]): readonly Record<string, unknown>[] {
  return referenceLines("run-1", said, eventIds()).map((line) => {
    const { hash, ...body } = JSON.parse(line) as Record<string, unknown>; // a record is an object
    expect(hash).toHaveLength(43);
    return body;
  });
}

/** The log of `said` with one line's members replaced, sealed anew: its chain holds, its content does not. */
function forged(said: readonly RecordDraft[], at: number, members: Record<string, unknown>): readonly string[] {
  const bodies = bodiesOf(said).map((body, place) => JSON.stringify(place === at ? { ...body, ...members } : body));
  return sealedLines("run-1", bodies);
}

test("a log as it was written verifies, and the report names its run, size, head and end", async () => {
  expect(await verifyLines(lines)).toEqual({
    ok: true,
    kind: "run",
    runId: "run-1",
    records: 9,
    head: /"hash":"([\w-]{43})"\}$/.exec(lines.at(-1) ?? "")?.[1],
    complete: true,
    end: "unproven",
    planHash: undefined,
    planCompared: false,
    receipts: 0,
    laws: false,
    steps: { declared: 0, started: 0, succeeded: 0, failed: 0, inDoubt: 0 },
    contract: undefined,
    problems: [],
    problemCount: 0,
  });
});

test("any log that the format allows verifies", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyDraft, { maxLength: 8 }), async (any) => {
      const said = [created("run-1"), ...any.filter(({ event_type }) => event_type !== "run.created")];
      const report = await verifyLines(referenceLines("run-1", said, eventIds()));
      expect(report).toMatchObject({ ok: true, complete: false, records: said.length, problemCount: 0 });
    }),
  );
});

test("lines that come one by one from elsewhere are verified alike", async () => {
  async function* slowly(): AsyncGenerator<string, void, void> {
    for (const line of lines) {
      await new Promise((resolve) => setImmediate(resolve));
      yield line;
    }
  }
  expect(await verifyLines(slowly())).toEqual(await verifyLines(lines));
});

test("a log without its last lines holds line by line but is not complete", async () => {
  for (let kept = 1; kept < lines.length; kept += 1) {
    expect(await verifyLines(lines.slice(0, kept))).toMatchObject({ ok: true, complete: false, records: kept });
  }
});

test("an empty log is a problem, once, however often one asks for the report", async () => {
  const verifier = new LogVerifier({ laws: false });
  for (const report of [verifier.report(), verifier.report(), await verifyLines([])]) {
    expect(report).toMatchObject({ ok: false, records: 0, complete: false, problemCount: 1 });
    expect(report.problems).toEqual([{ code: "TRUNCATED", seq: 0, line: 1, message: "the log is empty" }]);
    expect(report.head).toBeUndefined();
    expect(report.runId).toBeUndefined();
  }
});

test("every line that is dropped, except the last, is named at its place", async () => {
  for (let at = 0; at < lines.length - 1; at += 1) {
    const report = await verifyLines(lines.toSpliced(at, 1));
    expect(report).toMatchObject({ ok: false, problems: [{ line: at + 1 }, ...report.problems.slice(1)] });
    expect(report.problems[0]?.line).toBe(at + 1);
  }
});

test("every two lines that are swapped are named at the first of their places", async () => {
  for (let one = 0; one < lines.length; one += 1) {
    for (let other = one + 1; other < lines.length; other += 1) {
      const swapped = lines.with(one, lines[other] ?? "").with(other, lines[one] ?? "");
      const report = await verifyLines(swapped);
      expect(report.ok).toBe(false);
      expect(report.problems[0]?.line).toBe(one + 1);
    }
  }
});

test("every line of the log that is inserted a second time is named where the order breaks", async () => {
  for (let place = 0; place <= lines.length; place += 1) {
    for (let which = 0; which < lines.length; which += 1) {
      const report = await verifyLines(lines.toSpliced(place, 0, lines[which] ?? ""));
      expect(report.ok).toBe(false);
      // The copy of a line before the line itself is that line: the one after it is the stranger.
      expect(report.problems[0]?.line).toBe(place === which ? place + 2 : place + 1);
      expect(report.problemCount).toBe(1);
    }
  }
});

test("a line of another run's log does not fit into this one", async () => {
  const other = referenceLines("run-2", drafts, eventIds());
  for (let at = 0; at < lines.length; at += 1) {
    const report = await verifyLines(lines.with(at, other[at] ?? ""));
    expect(report.ok).toBe(false);
    // The first line alone says whose log it is: if it is the stranger, the second one does not fit.
    expect(report.problems[0]?.line).toBe(at === 0 ? 2 : at + 1);
  }
});

test("the run id of a log is that of its first line, and every other one is named", async () => {
  const report = await verifyLines(forged(drafts, 4, { run_id: "run-9" }));
  expect(report).toMatchObject({ ok: false, runId: "run-1", problemCount: 1 });
  expect(report.problems).toEqual([
    { code: "FOREIGN", seq: 4, line: 5, message: 'run_id is "run-9", expected "run-1"' },
  ]);
});

test("a whole log in another run's place is named at its first line by who knows the run", async () => {
  expect(await verifyLines(lines, { runId: "run-1" })).toEqual(await verifyLines(lines));
  const report = await verifyLines(lines, { runId: "run-2" });
  expect(report).toMatchObject({ ok: false, runId: "run-2" });
  expect(report.problems).toEqual([
    { code: "FOREIGN", seq: 0, line: 1, message: 'the line is of another run: run_id is "run-1"' },
  ]);
});

test("a log under another run's name does not begin with that run's genesis", async () => {
  const renamed = lines.map((line) => line.replaceAll("run-1", "run-2"));
  expect((await verifyLines(renamed)).problems[0]?.line).toBe(1);
});

test.each([
  ["a number", 5],
  ["null", null],
  ["a list", ["run-1"]],
  ["an object that cannot be made a text", { toString: 1 }],
  ["nothing at all", undefined],
])("a run id that is %s is named, in the first line and in every other", async (_what, runId) => {
  const said = runId === undefined ? "undefined" : JSON.stringify(runId);
  const first = await verifyLines(forged(drafts, 0, { run_id: runId }));
  expect(first).toMatchObject({ ok: false, runId: "run-1" });
  expect(first.problems[0]).toMatchObject({ code: "EDITED", seq: 0, line: 1 });
  const fifth = await verifyLines(forged(drafts, 4, { run_id: runId }));
  expect(fifth.problems).toEqual([
    { code: "FOREIGN", seq: 4, line: 5, message: `run_id is ${said}, expected "run-1"` },
  ]);
});

test("a log in which no line says whose it is does not hold, though its chain does", async () => {
  const nobodys = bodiesOf(drafts).map((body) => JSON.stringify({ ...body, run_id: undefined }));
  const report = await verifyLines(sealedLines("", nobodys));
  expect(report).toMatchObject({ ok: false, runId: undefined, problemCount: 1 });
});

test("a value that is nested deeper than a stack goes is named wherever it stands", async () => {
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  for (const name of ["run_id", "seq", "event_type", "output"]) {
    const report = await verifyLines(sealedLines("run-1", [`{"${name}":${deep}}`]));
    expect(report).toMatchObject({ ok: false, problems: [{ line: 1 }] });
  }
});

test("lines behind run.completed are named although their chain holds", async () => {
  const report = await verifyLines(referenceLines("run-1", [...drafts, note(9), note(10)], eventIds()));
  expect(report).toMatchObject({ ok: false, complete: true, problemCount: 1, records: 11 });
  expect(report.problems).toMatchObject([{ code: "APPENDED_AFTER_SEAL", seq: 9, line: 10 }]);
});

test("after a problem the reading goes on, so that a second one is named as well", async () => {
  const twice = lines
    .with(2, (lines[2] ?? "").replace("tester", "taster"))
    .with(6, (lines[6] ?? "").replace("tester", "toaster"));
  const report = await verifyLines(twice);
  expect(report.problems.map(({ line }) => line)).toEqual([3, 7]);
  expect(report).toMatchObject({ records: 9, complete: true });
});

test("the head is the hash of the last line that holds, not of a bad one behind it", async () => {
  const report = await verifyLines(lines.with(8, (lines[8] ?? "").replace("tester", "taster")));
  expect(report.head).toBe(/"hash":"([\w-]{43})"\}$/.exec(lines[7] ?? "")?.[1]);
});

test("behind a problem no head is told, for nobody can say on what the later lines stand", async () => {
  const report = await verifyLines(lines.with(3, (lines[3] ?? "").replace("tester", "taster")));
  expect(report).toMatchObject({ ok: false, records: 9, complete: true });
  expect(report.head).toBe(/"hash":"([\w-]{43})"\}$/.exec(lines[2] ?? "")?.[1]);
});

test("the first 100 problems are kept and all of them are counted", async () => {
  const strange = notes(1, 250).map((said) => ({ ...said, event_type: "note" as never })); // no type that there is
  const report = await verifyLines(referenceLines("run-1", [created("run-1"), ...strange], eventIds()));
  expect(report.problems).toHaveLength(100);
  expect(report).toMatchObject({ ok: false, problemCount: 250, records: 251 });
});

test("a stretch of rubbish is one problem, and the log goes on after it", async () => {
  const rubbish = Array.from({ length: 250 }, () => "no record");
  const report = await verifyLines(lines.toSpliced(4, 0, ...rubbish));
  expect(report).toMatchObject({ ok: false, problemCount: 1, records: 259, complete: true });
  expect(report.problems).toMatchObject([{ code: "MALFORMED", seq: 4, line: 5 }]);
});

/** What such a problem is called. */
function codeOf(message: string): ProblemCode {
  if (message.startsWith("seq is 7")) return "MISSING_OR_REORDERED";
  if (message.startsWith("outputs_hash")) return "EDITED";
  return message.startsWith("run_id") ? "FOREIGN" : "MALFORMED";
}

test.each([
  ["a gap in seq", 3, { seq: 7 }, "seq is 7, expected 3, although the chain holds: whoever hashed it counted wrongly"],
  [
    "a seq that is a text",
    3,
    { seq: "3" },
    'seq is "3", expected 3, although the chain holds: whoever hashed it counted wrongly',
  ],
  ["an unknown event type", 3, { event_type: "step.skipped" }, 'event_type "step.skipped" is not known'],
  ["an event type that is no text", 3, { event_type: 5 }, "event_type 5 is not known"],
  ["no event type", 3, { event_type: undefined }, "event_type undefined is not known"],
  ["a second beginning", 3, { event_type: "run.created" }, "run.created must be the first line, and only the first"],
  ["another beginning", 0, { event_type: "job.started" }, "run.created must be the first line, and only the first"],
  ["another schema", 0, { schema: "evidence/v2" }, 'schema is "evidence/v2", expected "evidence/v1"'],
  [
    "an output that was changed",
    7,
    { output: { step_index: 9 } },
    'outputs_hash does not fit the output {"step_index":9}',
  ],
  [
    "an outputs_hash that was changed",
    7,
    { outputs_hash: "A" },
    'outputs_hash does not fit the output {"step_index":0}',
  ],
  [
    "a payload other than the hash says",
    7,
    { output: { $blob: "B" } },
    'outputs_hash does not fit the output {"$blob":"B"}',
  ],
  ["an outputs_hash of no output", 3, { outputs_hash: "A" }, "outputs_hash stands without an output"],
  ["an output that has no canonical text", 7, { output: "\ud800" }, 'outputs_hash does not fit the output "\\ud800"'],
  ["an output without a hash", 3, { output: 5 }, "outputs_hash does not fit the output 5"],
  [
    "an output that can have no hash, and has none",
    3,
    { output: "\ud800" },
    'outputs_hash does not fit the output "\\ud800"',
  ],
])("a chain that holds over %s is named all the same", async (...[, at, members, message]) => {
  const report = await verifyLines(forged(drafts, at, members));
  expect(report.problems).toEqual([{ code: codeOf(message), seq: at, line: at + 1, message }]);
  expect(report).toMatchObject({ ok: false, problemCount: 1, records: 9 });
});

test.each([
  ["seq", 'seq is {"toString":1}, expected 3, although the chain holds: whoever hashed it counted wrongly'],
  ["run_id", 'run_id is {"toString":1}, expected "run-1"'],
  ["event_type", 'event_type {"toString":1} is not known'],
])("a member %s that cannot be shown as text does not stop the reading", async (member, message) => {
  const report = await verifyLines(forged(drafts, 3, { [member]: { toString: 1 } }));
  expect(report.problems).toEqual([{ code: codeOf(message), seq: 3, line: 4, message }]);
});

test("a member of many letters makes no long message", async () => {
  const report = await verifyLines(forged(drafts, 3, { run_id: "x".repeat(100_000), event_type: "y".repeat(100_000) }));
  expect(report.problemCount).toBe(2);
  for (const { message } of report.problems) expect(message.length).toBeLessThan(250);
});

test("an output that is nested too deep for any reader is a problem and no crash", async () => {
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  const bodies = bodiesOf(drafts).map((body, place) =>
    place === 3 ? `${JSON.stringify(body).slice(0, -1)},"output":${deep}}` : JSON.stringify(body),
  );
  const report = await verifyLines(sealedLines("run-1", bodies));
  expect(report).toMatchObject({ ok: false, records: 9 });
  expect(new Set(report.problems.map(({ line }) => line))).toEqual(new Set([4]));
});

test.each([
  ["text that is no JSON", "{oops}"],
  ["a text for a record", '"a text that looks like a body}'],
])("a sealed line that holds %s is no record", async (_case, body) => {
  const report = await verifyLines(sealedLines("run-1", [body]));
  expect(report).toMatchObject({ ok: false, records: 1, problemCount: 1 });
  expect(report.problems).toEqual([{ code: "MALFORMED", seq: 0, line: 1, message: "the line is not a JSON object" }]);
});

function torn(said: readonly string[]): LogReport {
  const verifier = new LogVerifier({ laws: false });
  for (const line of said) verifier.line(Buffer.from(line));
  verifier.torn();
  return verifier.report();
}

test("bytes after the last line feed are a torn tail, unless the log had ended", async () => {
  expect(torn(lines.slice(0, 8)).problems).toEqual([
    { code: "TORN_TAIL", seq: 8, line: 9, message: "the file ends in the middle of a line: it was cut" },
  ]);
  expect(torn(lines)).toMatchObject({ records: 9, problems: [{ code: "APPENDED_AFTER_SEAL", seq: 9, line: 10 }] });
});

test("a line with a line feed, as a file would have it, is no record: lines are given without", async () => {
  expect((await verifyLines(lines.map((line) => `${line}\n`))).problems[0]?.line).toBe(1);
});
