import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRequest } from "#governance";
import { isDeepFrozen } from "../support/deep-freeze.ts";
import { ONE_OF_EACH, requestWith } from "./examples.ts";

type Members = Readonly<Record<string, unknown>>;

const ENABLE = { type: "capability_enable", capability: "http.post" };

function withChange(change: unknown): Members {
  return { changes: [change], capabilities: ["http.post", "configuration"] };
}

function withValue(value: unknown): Members {
  return withChange({ type: "configuration_update", key: "k", value });
}

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}

function enabling(count: number): Members {
  const capabilities = Array.from({ length: count }, (_none, at) => `c${at}`);
  return { changes: capabilities.map((capability) => ({ type: "capability_enable", capability })), capabilities };
}

/** What is changed in a readable request, and the fields that are then refused; none = still readable. */
const CASES: readonly (readonly [title: string, change: Members, fields: readonly string[]])[] = [
  ["nothing at all", {}, []],
  ["one change of each type", ONE_OF_EACH, []],

  ["an unknown member", { approved: true }, ["request"]],
  ["no source", { source: undefined }, ["source"]],
  ["a blank source", { source: " " }, ["source"]],
  ["a source of 128 characters", { source: "s".repeat(128) }, []],
  ["a source of 129 characters", { source: "s".repeat(129) }, ["source"]],
  ["an empty reference", { reference: "" }, []],
  ["a reference of 256 characters", { reference: "r".repeat(256) }, []],
  ["a reference of 257 characters", { reference: "r".repeat(257) }, ["reference"]],
  ["no reference", { reference: undefined }, ["reference"]],
  ["nobody who submits", { submittedBy: "" }, ["submittedBy"]],
  ["a submitter of 128 characters", { submittedBy: "a".repeat(128) }, []],
  ["a submitter of 129 characters", { submittedBy: "a".repeat(129) }, ["submittedBy"]],
  ["an empty title", { title: "" }, ["title"]],
  ["a title of blanks", { title: "  " }, ["title"]],
  ["a title of 1 character", { title: "x" }, []],
  ["a title of 200 characters", { title: "t".repeat(200) }, []],
  ["a title of 201 characters", { title: "t".repeat(201) }, ["title"]],
  ["a title that is a number", { title: 7 }, ["title"]],
  ["a title with half a character", { title: "a\ud800" }, ["title"]],
  ["an empty description", { description: "" }, []],
  ["a description of 10,000 characters", { description: "d".repeat(10_000) }, []],
  ["a description of 10,001 characters", { description: "d".repeat(10_001) }, ["description"]],
  ["an urgency that nobody knows", { urgency: "urgent" }, ["urgency"]],
  ["an urgency in capitals", { urgency: "LOW" }, ["urgency"]],
  ["no urgency", { urgency: undefined }, ["urgency"]],

  ["no changes", { changes: undefined }, ["changes"]],
  ["an empty list of changes", { changes: [] }, ["changes"]],
  ["50 changes and capabilities", enabling(50), []],
  ["51 changes and capabilities", enabling(51), ["changes", "capabilities"]],
  ["a change that is null", withChange(null), ["changes[0]"]],
  ["a change that is a list", withChange([ENABLE]), ["changes[0]"]],
  ["a change without a type", withChange({ capability: "http.post" }), ["changes[0].type"]],
  ["a change of an unknown type", withChange({ type: "capability_grant" }), ["changes[0].type"]],
  ["a change of a type that every object has", withChange({ type: "constructor" }), ["changes[0].type"]],
  ["a change with a member too many", withChange({ ...ENABLE, force: true }), ["changes[0]"]],
  ["a change without its capability", withChange({ type: "capability_enable" }), ["changes[0].capability"]],
  ["a capability in capitals", withChange({ ...ENABLE, capability: "Http" }), ["changes[0].capability"]],
  ["a capability with a slash", withChange({ ...ENABLE, capability: "a/b" }), ["changes[0].capability"]],
  ["a capability with a line break behind it", withChange({ ...ENABLE, capability: "a\n" }), ["changes[0].capability"]],
  ["SYSTEM as a key", withChange({ type: "configuration_update", key: "SYSTEM", value: 1 }), ["changes[0].key"]],
  ["a key of 64 characters", withChange({ type: "configuration_update", key: "k".repeat(64), value: 1 }), []],
  [
    "a key of 65 characters",
    withChange({ type: "configuration_update", key: "k".repeat(65), value: 1 }),
    ["changes[0].key"],
  ],
  ["a parameter with a dot first", withChange({ ...PARAMETER(".x"), value: 1 }), ["changes[0].parameter"]],
  ["a change without its value", withChange({ type: "configuration_update", key: "k" }), ["changes[0].value"]],
  ["a value that is null", withValue(null), []],
  ["a value that is false", withValue(false), []],
  ["a value of 8,192 bytes", withValue("v".repeat(8190)), []],
  ["a value of 8,193 bytes", withValue("v".repeat(8191)), ["changes[0].value"]],
  ["a value of few characters and many bytes", withValue("ü".repeat(4096)), ["changes[0].value"]],
  ["a value of much that is escaped", withValue("\u0001".repeat(2000)), ["changes[0].value"]],
  ["a value 64 levels deep", withValue(nested(64)), []],
  ["a value 65 levels deep", withValue(nested(65)), ["changes[0].value"]],
  ["a value with half a character in a name", withValue({ "\udc00": 1 }), ["changes[0].value"]],
  ["a value that is NaN", withValue(Number.NaN), ["changes[0].value"]],
  ["a value that holds an infinity", withValue([Number.POSITIVE_INFINITY]), ["changes[0].value"]],
  ["a value that holds nothing", withValue([undefined]), ["changes[0].value"]],
  ["a value that is a big integer", withValue(1n), ["changes[0].value"]],

  ["two changes of one resource", { changes: [ENABLE, ENABLE] }, ["changes[1]"]],
  [
    "a capability that is enabled and disabled",
    { changes: [ENABLE, { ...ENABLE, type: "capability_disable" }] },
    ["changes[1]"],
  ],
  ["a capability and a parameter of it", { changes: [ENABLE, { ...PARAMETER("p"), value: 1 }] }, []],
  ["a capability that is not listed", { capabilities: [] }, ["changes[0]"]],
  ["no list of capabilities", { capabilities: undefined }, ["capabilities", "changes[0]"]],
  ["a capability listed twice", { capabilities: ["http.post", "http.post"] }, ["capabilities[1]"]],
  ["a listed capability that is no name", { capabilities: ["http.post", "a b"] }, ["capabilities[1]"]],
  ["a listed capability that nothing changes", { capabilities: ["http.post", "other"] }, []],
  [
    "configuration that is changed without being listed",
    { changes: [{ type: "configuration_update", key: "k", value: 1 }] },
    ["changes[0]"],
  ],
];

function PARAMETER(parameter: string): Members {
  return { type: "parameter_change", capability: "http.post", parameter };
}

function fieldsOf(value: unknown): readonly string[] {
  const answer = checkRequest(value);
  return answer.verdict === "READABLE" ? [] : answer.reasons.map(({ field }) => field);
}

function names(count: number): Members {
  return { capabilities: Array.from({ length: count }, () => "!") };
}

describe("reading a change request", () => {
  it.each(CASES)("answers to %s as it must", (_title, change, fields) => {
    expect(fieldsOf(requestWith(change))).toEqual(fields);
  });

  it.each([null, undefined, 7, "request", [], [requestWith()], () => requestWith()])(
    "refuses %j, which is no object, in one sentence",
    (value) => {
      expect(fieldsOf(value)).toEqual(["request"]);
    },
  );

  it("tells all problems at once, and of each what was seen and what was expected", () => {
    const answer = checkRequest(requestWith({ title: "", urgency: "now", extra: 1, changes: [{ type: "x" }] }));
    expect(answer).toEqual({
      verdict: "REFUSED",
      reasons: [
        {
          field: "request",
          description:
            'has the unknown member(s) "extra"; expected only source, reference, submittedBy, title, description, urgency, changes, capabilities',
        },
        { field: "title", description: 'is ""; expected 1 to 200 characters of well-formed Unicode, not only blanks' },
        { field: "urgency", description: 'is "now"; expected low or normal or high or critical' },
        {
          field: "changes[0].type",
          description:
            'is "x"; expected capability_enable or capability_disable or configuration_update or parameter_change',
        },
      ],
    });
  });

  it("names 20 problems and counts the rest, and names all where there are just 20", () => {
    const twenty = fieldsOf(requestWith({ ...names(19) }));
    expect(twenty.length).toBe(20);
    expect(twenty.at(-1)).toBe("changes[0]");
    const answer = checkRequest(requestWith({ ...names(25) }));
    expect(answer.verdict === "REFUSED" && answer.reasons.at(-1)).toEqual({
      field: "request",
      description: "has 6 more problem(s); correct the named ones and ask again",
    });
    expect(fieldsOf(requestWith({ ...names(25) })).length).toBe(21);
  });

  it("answers with a copy that nobody can change, equal to what was given", () => {
    const given = structuredClone(requestWith(ONE_OF_EACH)) as Record<string, unknown>; // `as`: to change it later
    const answer = checkRequest(given);
    given["changes"] = [];
    expect(answer).toEqual({ verdict: "READABLE", request: requestWith(ONE_OF_EACH) });
    expect(isDeepFrozen(answer)).toBe(true);
  });

  it("keeps a member of a value that is named __proto__ as a member like any other", () => {
    const value: unknown = JSON.parse('{"__proto__": {"a": -0}}');
    const answer = checkRequest(requestWith({ ...withChange({ ...PARAMETER("p"), value }) }));
    expect(JSON.stringify(answer)).toContain('"value":{"__proto__":{"a":0}}');
  });

  it("is not fooled by a list with a hole in the place of its only change", () => {
    // eslint-disable-next-line unicorn/no-new-array -- a list that has a length and no item
    expect(fieldsOf({ ...requestWith(), changes: new Array(1) })).toEqual(["changes[0]"]);
  });

  it("soon refuses a value that is small in memory and endless as text", () => {
    let value: unknown = "x".repeat(100);
    for (let level = 0; level < 60; level += 1) value = [value, value];
    expect(fieldsOf({ ...requestWith(), ...withValue(value) })).toEqual(["changes[0].value"]);
  });

  it("never throws on any JSON, in the whole or in any one member, and names at most 21 problems", () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(requestWith())), fc.jsonValue({ maxDepth: 5 }), (member, json) => {
        for (const value of [json, requestWith({ [member]: json }), requestWith(withChange(json))]) {
          const answer = checkRequest(value);
          expect(isDeepFrozen(answer)).toBe(true);
          expect(JSON.stringify(checkRequest(structuredClone(value)))).toBe(JSON.stringify(answer));
          expect(fieldsOf(value).length).toBeLessThanOrEqual(21);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
