import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryStore, isBlobReference, verifyFile } from "#evidence";
import type { RecordDraft } from "#evidence";
import { encodeRecord, outputDigest } from "../../src/evidence/encode.ts";
import { anyDraft, json } from "./support/arbitrary-drafts.ts";
import { AT, draft } from "./support/drafts.ts";
import { eventIds } from "./support/event-ids.ts";
import { goldenDrafts } from "./support/golden.ts";
import { linesOf } from "./support/logs.ts";
import { canonical, referenceLines, sha256 } from "./support/reference-format.ts";

const GOLDEN = new URL("golden/events.jsonl", import.meta.url);
const position = { runId: "run-1", seq: 3, previous: "B".repeat(43), eventId: "event-3" };

test("the golden log is written byte for byte as it was written on the first day", async () => {
  const store = createMemoryStore({ newEventId: eventIds() });
  await store.append("golden", 0, goldenDrafts);
  expect(`${(await linesOf(store, "golden")).join("\n")}\n`).toBe(readFileSync(GOLDEN, "utf8"));
});

test("the golden log verifies and a second implementation of the format gives the same bytes", async () => {
  expect(await verifyFile(GOLDEN.pathname, { laws: false })).toMatchObject({
    ok: true,
    runId: "golden",
    records: goldenDrafts.length,
    head: "GVDU_00ht0VSOExE1l8ceTyN3objHtmdxlbVN9RSbPA",
    complete: true,
    problems: [],
    problemCount: 0,
  });
  expect(`${referenceLines("golden", goldenDrafts, eventIds()).join("\n")}\n`).toBe(readFileSync(GOLDEN, "utf8"));
});

test("a line has its members in the fixed order whatever the order of the draft's", () => {
  const members: RecordDraft = {
    output: 1,
    target: "t",
    attempt: 0,
    actor: "a",
    timestamp_utc: AT,
    event_type: "step.failed",
  };
  expect(Object.keys(JSON.parse(encodeRecord(members, position).line) as object)).toEqual([
    "event_id",
    "event_type",
    "run_id",
    "seq",
    "timestamp_utc",
    "actor",
    "attempt",
    "target",
    "outputs_hash",
    "output",
    "hash",
  ]);
});

test("members that are absent and members that are undefined are left out alike", () => {
  const bare = draft("log.checkpoint");
  const said = { ...bare, job_key: undefined, output: undefined, health: undefined, plan: undefined };
  expect(encodeRecord(said, position).line).toBe(encodeRecord(bare, position).line);
  expect(encodeRecord(said, position).line).not.toContain("null");
});

test("an output of null is a value: it is written and has a hash", () => {
  const { line } = encodeRecord(draft("step.failed", { output: null }), position);
  expect(line).toContain(`"outputs_hash":"${sha256("null")}","output":null,`);
});

test("a member that the format does not know is not written", () => {
  const foreign = { ...draft("log.checkpoint"), secret: "hidden", hash: "forged", seq: 99, run_id: "forged" };
  const { line, record } = encodeRecord(foreign, position);
  expect(line).not.toMatch(/hidden|forged|99/);
  expect(record).toMatchObject({ seq: 3, run_id: "run-1" });
});

test("the record that is handed on says what the line says", () => {
  fc.assert(
    fc.property(anyDraft, (said) => {
      const { line, record } = encodeRecord(said, position);
      expect(record).toEqual(JSON.parse(line));
    }),
  );
});

test("a line has no line feed and is compact whatever its texts hold", () => {
  fc.assert(
    fc.property(anyDraft, (said) => {
      const { line } = encodeRecord(said, position);
      expect(line).not.toMatch(/[\n\r]/);
      expect(JSON.stringify(JSON.parse(line))).toHaveLength(line.length);
    }),
  );
});

test("every member that may be said of a record is covered by the hash", () => {
  fc.assert(
    fc.property(anyDraft, anyDraft, (one, other) => {
      const [first, second] = [encodeRecord(one, position), encodeRecord(other, position)];
      expect(first.record.hash === second.record.hash).toBe(first.line === second.line);
    }),
  );
});

test("the hash depends on the hash before it", () => {
  const said = draft("log.checkpoint");
  const other = { ...position, previous: "C".repeat(43) };
  expect(encodeRecord(said, other).record.hash).not.toBe(encodeRecord(said, position).record.hash);
});

test("an output's hash is that of its canonical JSON, so the order of its members does not matter", () => {
  fc.assert(fc.property(json, (output) => outputDigest(output) === sha256(canonical(output))));
  expect(outputDigest({ b: 1, a: 2 })).toBe(outputDigest({ a: 2, b: 1 }));
});

test("a reference to a payload has the payload's digest as its hash", () => {
  const output = { $blob: "D".repeat(43), size: 9000 };
  expect(encodeRecord(draft("step.succeeded", { output }), position).line).toContain(
    `"outputs_hash":"${"D".repeat(43)}","output":{"$blob":"${"D".repeat(43)}","size":9000}`,
  );
});

test.each([
  [{ $blob: "x", size: 1 }, true],
  [{ size: 1 }, false],
  [["$blob"], false],
  ["$blob", false],
  [null, false],
  [undefined, false],
])("whether %j stands for a payload is told by its member alone: %s", (value, expected) => {
  expect(isBlobReference(value)).toBe(expected);
});

test.each([
  ["a lone surrogate", "\ud800"],
  ["a big integer", 1n],
  ["no number", Number.NaN],
])("an output with %s cannot be encoded", (_case, output) => {
  expect(() => encodeRecord({ ...draft("step.succeeded"), output: output as never }, position)).toThrow();
});
