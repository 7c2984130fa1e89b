import fc from "fast-check";
import { expect, test } from "vitest";
import { readPlainLine } from "../../../src/evidence/verify/plain-line.ts";
import { jsonObject } from "../support/arbitrary-drafts.ts";
import { stepStarted, stepSucceeded } from "../support/drafts.ts";
import { eventIds } from "../support/event-ids.ts";
import { referenceLines } from "../support/reference-format.ts";

function read(text: string): Readonly<Record<string, unknown>> | undefined {
  return readPlainLine({ bytes: Buffer.from(text), text });
}

const line = referenceLines("run-1", [stepSucceeded(3, { output: [1, { a: "b" }], reason: "x" })], eventIds())[0] ?? "";

test("a record of a step as it is written is read, with what is looked at, and no more", () => {
  expect(read(line)).toEqual({
    event_type: "step.succeeded",
    run_id: "run-1",
    seq: 0,
    attempt: 0,
    step_index: 3,
    step_type: "test.echo",
    target: "target-3",
    status: "COMPLETED",
    reason: "x",
    outputs_hash: (JSON.parse(line) as { outputs_hash: string }).outputs_hash, // a record with an output has it
    output: [1, { a: "b" }],
  });
});

test("what is read equals what the parser reads, and what the parser refuses is never read", () => {
  const started = referenceLines(
    "run-1",
    [stepStarted(0, { health: { a: [1.5e-7, -0.5, true, null], b: {} } })],
    eventIds(),
  );
  const member = fc
    .tuple(fc.string(), jsonObject)
    .map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}}`);
  const change = fc.record({
    text: fc.constantFrom(line, started[0] ?? ""),
    place: fc.nat({ max: 500 }),
    removed: fc.nat({ max: 3 }),
    added: fc.oneof(
      fc.constantFrom('"', "\\", ",", "{", "}", "[", "]", "0", "-", ".", "e", " ", "\n", "é", ""),
      fc.string(),
    ),
    tail: fc.option(member, { nil: undefined }),
  });
  fc.assert(
    fc.property(change, ({ text, place, removed, added, tail }) => {
      const changed = text.slice(0, place) + added + text.slice(place + removed);
      const said = tail === undefined ? changed : changed.slice(0, -1) + tail;
      const plain = read(said);
      if (plain === undefined) return;
      const parsed = JSON.parse(said) as Record<string, unknown>; // throws for what is no JSON
      for (const [name, value] of Object.entries(plain)) expect({ [name]: parsed[name] }).toEqual({ [name]: value });
      for (const name of ["seq", "run_id", "event_type", "step_index", "status", "output", "outputs_hash", "job_id"])
        expect({ [name]: plain[name] }).toEqual({ [name]: parsed[name] });
    }),
    { numRuns: 5000 },
  );
});

test.each([
  ["an escape", '{"event_type":"step.started","target":"\\n"}'],
  ["a letter beyond ASCII", '{"event_type":"step.started","target":"ä"}'],
  ["a control character", '{"event_type":"step.started","target":"\u0001"}'],
  ["a number that is not exact", '{"event_type":"step.started","seq":12345678901234567890}'],
  ["a fraction for a place", '{"event_type":"step.started","seq":1.5}'],
  ["another record than of a step", '{"event_type":"job.started","seq":1}'],
  ["room between members", '{"event_type":"step.started", "seq":1}'],
  ["a number that begins with zero", '{"event_type":"step.started","seq":01}'],
  ["more after the end", '{"event_type":"step.started","seq":1}}'],
  ["no end", '{"event_type":"step.started","seq":1'],
  ["a word that is none", '{"event_type":"step.started","late":nil}'],
  ["depth beyond 64", `{"event_type":"step.started","data":${"[".repeat(66)}${"]".repeat(66)}}`],
])("%s is left to the parser", (_case, text) => {
  expect(read(text)).toBeUndefined();
});
