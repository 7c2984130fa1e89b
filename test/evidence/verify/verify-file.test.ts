import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { createMemoryStore, verifyFile, verifyLines } from "#evidence";
import type { LogReport } from "#evidence";
import { verifyBytes } from "../../../src/evidence/verify/verify-file.ts";
import { completed, created, draft, note, notes, stepStarted, stepSucceeded } from "../support/drafts.ts";
import { eventIds } from "../support/event-ids.ts";
import { referenceLines } from "../support/reference-format.ts";
import { stateDirectory } from "../support/state-directory.ts";

const LINE_FEED = 0x0a;
const LINE_BYTES = 4 * 1024 * 1024;
const directory = stateDirectory();
const path = join(directory.path, "events.jsonl");
afterAll(() => directory[Symbol.dispose]());

async function verified(bytes: Uint8Array | string): Promise<LogReport> {
  writeFileSync(path, bytes);
  return await verifyFile(path);
}

function logOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(""));
}

const output = { umlaut: "ä", emoji: "\u{1f600}", list: [1, 2.5, null] };
const job = { job_id: "run-1" };
const drafts = [
  created("run-1", { steps_declared: 1, plan: { steps: [{ step_type: "test.echo", target: "target-0" }] } }),
  draft("job.started", { ...job, job_key: "job" }),
  stepStarted(0, job),
  stepSucceeded(0, { ...job, output }),
  draft("job.succeeded", { ...job, job_key: "job", status: "COMPLETED" }),
  completed(),
];
const lines = referenceLines("run-1", drafts, eventIds());
const log = logOf(lines);

/** 1-based number of the line that a byte of the log belongs to; a line feed belongs to the line that it ends. */
function lineOf(offset: number): number {
  return log.subarray(0, offset).filter((byte) => byte === LINE_FEED).length + 1;
}

test("a file as it was written verifies like its lines", async () => {
  expect(await verified(log)).toEqual(await verifyLines(lines));
  expect(await verified(log)).toMatchObject({ ok: true, complete: true, records: 6 });
});

test("a file in another run's place is named at its first line by who knows the run", async () => {
  writeFileSync(path, log);
  expect(await verifyFile(path, { runId: "run-1" })).toMatchObject({ ok: true });
  expect(await verifyFile(path, { runId: "run-2" })).toMatchObject({ ok: false, problemCount: 1 });
  expect((await verifyFile(path, { runId: "run-2" })).problems[0]?.line).toBe(1);
});

test("every single flipped bit of a log is found, and its line is the first that is named", async () => {
  for (let offset = 0; offset < log.length; offset += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const flipped = Buffer.from(log);
      flipped[offset] = (log[offset] ?? 0) ^ (1 << bit);
      const report = await verifyBytes([flipped]);
      const found = `bit ${bit} of byte ${offset}: line ${report.problems[0]?.line}`;
      expect(found).toBe(`bit ${bit} of byte ${offset}: line ${lineOf(offset)}`);
      expect(report.ok).toBe(false);
    }
  }
});

test("any byte that is changed, removed or added is found, and its line is the first that is named", async () => {
  const place = fc.nat({ max: log.length - 1 });
  const edit = fc.record({ place, removed: fc.nat({ max: 1 }), added: fc.uint8Array({ maxLength: 3 }) });
  await fc.assert(
    fc.asyncProperty(edit, async ({ place: at, removed, added }) => {
      const changed = Buffer.concat([log.subarray(0, at), added, log.subarray(at + removed)]);
      fc.pre(!changed.equals(log));
      const report = await verifyBytes([changed]);
      // The first byte that differs may stand behind the edit: a letter beside its own copy.
      const first = changed.findIndex((byte, index) => byte !== log[index]);
      const differs = first === -1 ? changed.length : first;
      if (differs === log.length - 1 && changed.length < log.length) return; // only the last line feed: see below
      expect(report.ok).toBe(false);
      expect(report.problems[0]?.line).toBe(lineOf(differs));
    }),
    { numRuns: 2000 },
  );
});

test("a file cut at any byte is never both without problems and complete", async () => {
  for (let length = 0; length < log.length; length += 1) {
    const report = await verifyBytes([log.subarray(0, length)]);
    const atLineEnd = length > 0 && log[length - 1] === LINE_FEED;
    expect({ length, ok: report.ok }).toEqual({ length, ok: atLineEnd });
    if (atLineEnd) expect(report).toMatchObject({ complete: false, records: lineOf(length) - 1 });
    else if (length > 0) {
      const [line, message] = [lineOf(length), "the file ends in the middle of a line: it was cut"];
      expect(report.problems).toEqual([{ code: "TORN_TAIL", seq: line - 1, line, message }]);
    }
  }
});

test("an empty file is a problem and no log", async () => {
  expect(await verified("")).toMatchObject({
    ok: false,
    records: 0,
    problems: [{ code: "TRUNCATED", seq: 0, line: 1, message: "the log is empty" }],
  });
});

test.each([
  ["a byte that no UTF-8 has", Buffer.from([0xff])],
  ["half a letter", Buffer.from([0xc3])],
  ["a letter written too long", Buffer.from([0xc0, 0xaf])],
  ["a surrogate", Buffer.from([0xed, 0xa0, 0x80])],
])("%s in a line is named as not UTF-8", async (_case, bytes) => {
  const at = log.indexOf("target-0");
  const report = await verified(Buffer.concat([log.subarray(0, at), bytes, log.subarray(at)]));
  expect(report.problems[0]).toEqual({ code: "MALFORMED", seq: 0, line: 1, message: "the line is not UTF-8" });
  expect(report).toMatchObject({ ok: false, records: 6 });
});

test("a byte order mark before the first line is a change of the first line", async () => {
  const report = await verified(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), log]));
  expect(report).toMatchObject({ ok: false, records: 6 });
  expect(report.problems[0]?.line).toBe(1);
});

test.each(["\n", "\r\n", " \n", "{}\n", "\0\n"])("%j behind the last line is one line too many", async (tail) => {
  const report = await verified(Buffer.concat([log, Buffer.from(tail)]));
  expect(report).toMatchObject({ ok: false, complete: true, records: 7 });
  expect(report.problems).toMatchObject([{ code: "APPENDED_AFTER_SEAL", seq: 6, line: 7 }]);
});

test("line ends of another system make one problem of the whole file", async () => {
  const report = await verified(lines.map((line) => `${line}\r\n`).join(""));
  expect(report).toMatchObject({ problemCount: 1, records: 6, problems: [{ code: "MALFORMED", seq: 0, line: 1 }] });
});

test("a log that is read in many pieces, with letters cut between them, verifies", async () => {
  const long = [
    created("run-1"),
    ...notes(1, 400).map((said) => ({ ...said, reason: "ä€\u{1f600}".repeat(200) })),
    draft("job.started", { ...job, job_key: "job" }),
    draft("job.succeeded", { ...job, job_key: "job", status: "COMPLETED" }),
    completed(),
  ];
  const many = referenceLines("run-1", long, eventIds());
  expect(logOf(many).length).toBeGreaterThan(4 * 64 * 1024);
  expect(await verified(logOf(many))).toMatchObject({ ok: true, complete: true, records: 404 });
});

test("it does not matter into which pieces the bytes of a log are cut", async () => {
  for (let size = 1; size < 200; size += 7) {
    const pieces: Buffer[] = [];
    for (let at = 0; at < log.length; at += size) pieces.push(log.subarray(at, at + size));
    expect(await verifyBytes(pieces)).toEqual(await verifyLines(lines));
  }
});

/** A log of two lines, of which the second says this. */
function logSaying(reason: string): readonly string[] {
  return referenceLines("run-1", [created("run-1"), { ...note(1), reason }], eventIds());
}

/** The same, with a second line of so many bytes. */
function logWithLine(bytes: number): readonly string[] {
  return logSaying("x".repeat(bytes - (logSaying("")[1]?.length ?? 0)));
}

test("a line of 4 MiB, which is the largest that a store takes, is still a record", async () => {
  const large = logWithLine(LINE_BYTES);
  expect(large[1]).toHaveLength(LINE_BYTES);
  expect(await verified(logOf(large))).toMatchObject({ ok: true, records: 2 });
  const store = createMemoryStore({ newEventId: eventIds() });
  const largest = { ...note(0), reason: "x".repeat(LINE_BYTES - 1000) };
  const [first] = await store.append("run-1", 0, [created("run-1")]);
  expect(first).toBeDefined();
  await store.append("run-1", 1, [largest]);
  await expect(store.append("run-1", 2, [{ ...note(0), reason: "x".repeat(LINE_BYTES) }])).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
  });
});

test("a line of one byte more ends the reading with a problem, wherever the pieces of the file end", async () => {
  const text = Buffer.from(logOf(logWithLine(LINE_BYTES + 1)));
  const whole = await verifyBytes([text]);
  const inPieces = await verifyBytes([text.subarray(0, 1000), text.subarray(1000, -10), text.subarray(-10)]);
  for (const report of [whole, inPieces])
    expect(report).toMatchObject({ ok: false, records: 1, problems: [{ code: "MALFORMED", seq: 1, line: 2 }] });
});

test("a line that goes on beyond 4 MiB ends the reading with a problem, whatever follows", async () => {
  writeFileSync(path, logOf(lines.slice(0, 2)));
  for (let mebibyte = 0; mebibyte < 6; mebibyte += 1) appendFileSync(path, "x".repeat(1024 * 1024));
  appendFileSync(path, `\n${lines[2]}\n`);
  const report = await verifyFile(path);
  expect(report).toMatchObject({ ok: false, records: 2, complete: false, problemCount: 1 });
  expect(report.problems[0]).toEqual({
    code: "MALFORMED",
    seq: 2,
    line: 3,
    message: "the line is longer than 4194304 bytes: it is no record, and reading ends here",
  });
});

test("a file of random bytes is never a log", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
      expect((await verified(bytes)).ok).toBe(false);
    }),
  );
});

test("a file that is not there is told as the system tells it", async () => {
  await expect(verifyFile(join(directory.path, "no-such-file"))).rejects.toMatchObject({ code: "ENOENT" });
});
