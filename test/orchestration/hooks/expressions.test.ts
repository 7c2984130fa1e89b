import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EntityRecord } from "#model";
import { HOOK_LIMITS } from "#model";
import { compileExpression } from "../../../src/orchestration/hooks/expressions/expression.ts";
import type { Answer } from "../../../src/orchestration/hooks/expressions/expression.ts";
import { entity } from "./support.ts";

const THING = entity("Thing", { id: "int", role: "string", ok: "bool", x: "double", at: "timestamp", meta: "json" });
const VARIABLES = new Map([["record", THING]]);
const RECORD: EntityRecord = {
  id: 5,
  role: "agent",
  ok: true,
  x: 1.5,
  at: "2026-01-02T03:04:05.000001Z",
  meta: { list: [1, 2, 3], text: "abc", none: null, __proto__: 1, deep: { x: [{ y: true }] } },
};

function asked(
  text: string,
  record: EntityRecord | undefined = RECORD,
): Answer | { readonly refused: readonly string[] } {
  const compiled = compileExpression(text, VARIABLES);
  return "problems" in compiled ? { refused: compiled.problems } : compiled.expression.evaluate({ record });
}

describe("an expression over records", () => {
  it.each([
    ['record.role == "agent" && record.id > 3', true],
    ["record.id in [1, 5]", true],
    ["record.id == 5.0 && record.x > 1", true],
    ["record.x == null || record.ok", true],
    ['record.at > timestamp("2026-01-02T03:04:05Z") && record.at < timestamp("2026-01-02T03:04:05.00001Z")', true],
    ['record.at - timestamp("2026-01-01T00:00:00Z") > duration("24h")', true],
    ["record.at.getFullYear() == 2026", true],
    ["record.meta.list.exists(v, v == 2)", true],
    ["record.meta.list.all(v, v > 1)", false],
    ["record.meta.list.filter(v, v > 1) == [2, 3]", true],
    ["record.meta.list.map(v, v * 2.0)[2] == 6", true],
    ["[1, 2].exists_one(v, v == record.id - 4)", true],
    ["record.meta.list[0] == 1 && record.meta.deep.x[0].y", true],
    ["has(record.meta.nix) || has(record.meta.none)", false],
    ["record.meta.none == null", true],
    ['record.role.startsWith("a") && !record.role.endsWith("a") && record.role.contains("gen")', true],
    ['record.role.matches("^[a-z]+$")', true],
    ["size(record.role) == 5 && record.role.size() == 5", true],
    ['string(record.id) + "x" == "5x" && int("7") == 7', true],
    ["record.ok ? record.id == 5 : false", true],
    ["-record.id == -5", true],
    ["[record].exists(r, r.id == 5)", true],
  ])("%s is %s", (text, holds) => {
    expect(asked(text)).toEqual({ holds });
  });

  it.each([
    ["record.nix == 1", "speaks of record.nix, and Thing has no such field"],
    ["has(record.nix)", "speaks of record.nix"],
    ['record["role"] == "x"', "write record.FIELD"],
    ["record == null", "compares a record of Thing == null"],
    ["record.role.nix == 1", "looks for .nix in string"],
    ["record.ok == record.id", "compares bool == int"],
    ["record.ok && record.id", "&& is given bool and int"],
    ["!record.id", "! is given int"],
    ["record.at < record.role", "compares timestamp < string"],
    ['record.id in ["a"]', "looks for int in list of string"],
    ["record.id in record.role", "looks for a value in string"],
    ["record.id + record.x == 1", "+ is given int and double"],
    ["record.id ? true : false", "has int before ?"],
    ["record.ok ? 1 : 'x'", "is int or string"],
    ["[1, 'x'] == [1]", "lists int and string together"],
    ["{'a': 1}.a == 1", "makes a map or a message"],
    ["record.role.exists(c, c == 'a')", "goes through string, which is no list"],
    ["record.role.replace('a', 'b') == ''", "calls .replace()"],
    ["dyn(record.id) == 1", "calls dyn"],
    ["record.id", "gives int"],
    ["[1].exists(a, [2].all(b, a == b))", "inside another; keep one"],
    ["[1].map(a, a).exists(b, b == 1)", "inside another; keep one"],
    ["([record] + []).exists(r, has(r.nix))", "+ is given"],
    ["", "is no expression"],
    ["record.id = 5", "at character 11"],
  ])("%s is refused before it is ever evaluated", (text, told) => {
    const answer = asked(text);
    expect("refused" in answer ? answer.refused.join("\n") : answer).toContain(told);
  });

  it.each([
    ["record.id / 0 == 1", {}, "divide by zero"],
    ["record.id + 9223372036854775807 > 0", {}, "overflow"],
    ["record.meta.nix == 1", {}, "nix"],
    ["record.role > 'a'", { role: null }, "no matching overload"],
    ["record.role == 'a'", { role: 3 }, "role is 3, and was declared as string"],
    ["record.id == 1", { id: 1.5 }, "id is 1.5, and was declared as int"],
    ["record.at == record.at", { at: "yesterday" }, "timestamp"],
    [
      "record.role == 'a'",
      { role: "x".repeat(HOOK_LIMITS.comparedCharacters + 1) },
      "an expression looks at 16384 at most",
    ],
    ["record.meta.flag", { meta: { flag: 1 } }, "neither true nor false"],
  ])("%s tells why it cannot be told, which is no no", (text, fields, told) => {
    const answer = asked(text, { ...RECORD, ...fields });
    expect("problem" in answer ? answer.problem : answer).toContain(told);
  });

  it("looks at no field that it does not speak of, and tells of a record that is not known", () => {
    expect(asked("record.id == 5", { id: 5, role: "x".repeat(1_000_000), at: "nonsense" })).toEqual({ holds: true });
    const compiled = compileExpression("record.id == 5", VARIABLES);
    const answer = "expression" in compiled ? compiled.expression.evaluate({ record: undefined }) : compiled;
    expect("problem" in answer ? answer.problem : answer).toContain("not known of this change: record");
  });

  it("holds whole numbers of 64 bits to their last digit", () => {
    expect(asked("record.id == 9007199254740993", { ...RECORD, id: "9007199254740993" })).toEqual({ holds: true });
    expect(asked("record.id == 9007199254740993", { ...RECORD, id: "9007199254740992" })).toEqual({ holds: false });
  });

  it("never throws out, whatever the text and the record are", () => {
    const word = fc.constantFrom(
      "record",
      ".id",
      ".role",
      ".meta",
      "(",
      ")",
      "[",
      "]",
      "==",
      "&&",
      "||",
      "!",
      "-",
      "+",
      "?",
      ":",
      "1",
      "1.5",
      "'a'",
      "in",
      "has",
      ".exists(v,",
      ".matches(",
      "null",
      "true",
      "{",
      "}",
      ",",
      " ",
      "\u0000",
      "😀",
      "\\",
    );
    const text = fc.oneof(
      fc.array(word, { maxLength: 30 }).map((words) => words.join("")),
      fc.string({ maxLength: 40 }),
    );
    const record = fc.dictionary(
      fc.constantFrom("id", "role", "ok", "x", "at", "meta"),
      fc.jsonValue(),
    ) as fc.Arbitrary<EntityRecord>;
    fc.assert(
      fc.property(text, record, (one, other) => {
        const answer = asked(one, other);
        expect("holds" in answer || "problem" in answer || "refused" in answer).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Texts that are made to cost more than they are worth. */
const BOMBS: readonly (readonly [what: string, text: string])[] = [
  ["1,000 open parentheses", "(".repeat(1000)],
  ["499 pairs of parentheses", `${"(".repeat(497)}true${")".repeat(497)}`],
  ["500 open brackets", "[".repeat(500)],
  ["calls inside of calls", `${"size(".repeat(150)}1${")".repeat(150)}`],
  ["1,000 negations", "!".repeat(1000)],
  ["1,000 minus signs", "-".repeat(1000)],
  ["choices inside of choices", `${"true ? ".repeat(100)}true${" : true".repeat(100)}`],
  ["a long chain of fields", `record${".meta".repeat(190)}`],
  ["a long sum", "1+".repeat(499)],
  ["a huge number", `record.id == ${"9".repeat(900)}`],
  ["a huge exponent", "record.x == 1e999999999"],
  ["macros in macros", "[1].all(a, [1].all(b, [1].all(c, [1].all(d, a == b && c == d))))"],
  ["macros behind macros", `record.meta.list${".map(v, v)".repeat(20)} == []`],
  ["a macro in the body of another", "record.meta.list.all(v, record.meta.list.exists(w, v == w))"],
  ["a list of 400 numbers", `record.id in [${"1,".repeat(400)}1]`],
  ["a pattern with stars in stars", "record.role.matches('((a*)*)*b')"],
  ["a pattern of too many repetitions", "record.role.matches('((a{1000}){1000}){1000}')"],
  ["a pattern of repeated choices", "record.role.matches('(a|aa|aaa)+(a|aa|aaa)+(a|aa|aaa)+$')"],
  ["a long pattern", `record.role.matches('${"a?".repeat(300)}')`],
  ["an unfinished text", `record.role == '${"\\".repeat(800)}`],
  ["many quotes", "'".repeat(999)],
  ["more characters than may be", `record.role == "${"x".repeat(1_000_000)}"`],
];

const list = (items: number): string => `record.id in [${Array.from({ length: items }, () => "1").join(",")}]`;

const brackets = (pairs: number): string => `${"(".repeat(pairs)}true${")".repeat(pairs)}`;

const sum = (terms: number): string => `${Array.from({ length: terms }, () => "1").join("+")} == 1`;

describe("an expression that is made to cost", () => {
  it.each(BOMBS)("%s is refused or answered, in a time that is bounded", (_what, text) => {
    const record = {
      ...RECORD,
      role: "a".repeat(HOOK_LIMITS.comparedCharacters),
      meta: { list: Array.from({ length: 8000 }, () => 1) },
    };
    const answer = asked(text, record);
    expect("holds" in answer || "problem" in answer || "refused" in answer).toBe(true); // within the time that a test has
  });

  it("has as many parts and levels as it may, and is refused with one more", () => {
    expect(asked(list(HOOK_LIMITS.expressionNodes - 4))).toEqual({ holds: false });
    expect(asked(list(HOOK_LIMITS.expressionNodes - 3))).toEqual({ refused: ["has more than 300 parts"] });
    expect(asked(brackets(HOOK_LIMITS.expressionBrackets))).toEqual({ holds: true });
    expect(asked(brackets(HOOK_LIMITS.expressionBrackets + 1))).toEqual({
      refused: ["has 65 opening brackets; at most 64 are allowed"],
    });
    expect(asked(sum(HOOK_LIMITS.expressionDepth - 1))).toEqual({ holds: false });
    expect(asked(sum(HOOK_LIMITS.expressionDepth))).toEqual({ refused: ["is nested deeper than 40 levels"] });
    expect(asked(`record.role == "${"x".repeat(HOOK_LIMITS.expressionCharacters - 17)}"`)).toMatchObject({
      holds: false,
    });
    expect(asked(`record.role == "${"x".repeat(HOOK_LIMITS.expressionCharacters - 16)}"`)).toMatchObject({
      refused: [/.*/],
    });
    expect(asked(`record.role.matches("${"x".repeat(HOOK_LIMITS.patternCharacters)}")`)).toEqual({ holds: false });
    expect(asked(`record.role.matches("${"x".repeat(HOOK_LIMITS.patternCharacters + 1)}")`)).toHaveProperty("refused");
  });
});
