import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Json, JsonObject } from "#model";
import { compileParameterSchema } from "../../../src/effects/providers/isolated/parameter-schema.ts";

function problemOf(schema: JsonObject): string {
  const made = compileParameterSchema(schema);
  return "problem" in made ? made.problem : "";
}

/** The fields that are told of, with what is told. */
function problems(schema: JsonObject, parameters: JsonObject): readonly string[] {
  const made = compileParameterSchema(schema);
  if ("problem" in made) throw new Error(made.problem);
  return made.check(parameters).map(({ field, description }) => `${field} ${description}`);
}

const of = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: "object", properties, ...more });

describe("a schema of parameters that a provider declares", () => {
  it.each<readonly [JsonObject, Json, boolean]>([
    [{ type: "string" }, "a", true],
    [{ type: "string" }, 1, false],
    [{ type: ["string", "null"] }, null, true],
    [{ type: "integer" }, 1.5, false],
    [{ type: "number" }, 1.5, true],
    [{ type: "boolean" }, "true", false],
    [{ type: "array", items: { type: "integer" } }, [1, 2], true],
    [{ type: "array", items: { type: "integer" } }, [1, "2"], false],
    [{ type: "array", minItems: 1, maxItems: 2 }, [], false],
    [{ type: "array", minItems: 1, maxItems: 2 }, [1, 2, 3], false],
    [{ type: "array" }, { length: 0 }, false],
    [{ minLength: 2, maxLength: 3 }, "😀", false],
    [{ minLength: 2, maxLength: 3 }, "😀😀😀", true],
    [{ minLength: 2, maxLength: 3 }, "abcd", false],
    [{ minimum: 0, maximum: 5 }, -1, false],
    [{ minimum: 0, maximum: 5 }, 5, true],
    [{ minimum: 0, maximum: 5 }, 5.1, false],
    [{ pattern: "^[a-z]+$" }, "abc", true],
    [{ pattern: "^[a-z]+$" }, "abc1", false],
    [{ enum: ["a", 1, null, { b: 1, c: 2 }] }, { c: 2, b: 1 }, true],
    [{ enum: ["a", 1] }, "1", false],
    [{ const: [1, { a: null }] }, [1, { a: null }], true],
    [{ const: "a" }, "b", false],
    [of({ b: { type: "string" } }, { required: ["b"] }), {}, false],
    [of({ b: { type: "string" } }), { c: 1 }, false],
    [of({ b: { type: "string" } }, { additionalProperties: true }), { c: 1 }, true],
    [{ type: "object" }, { any: 1 }, false],
    [{ properties: { b: { type: "string" } } }, { b: 1 }, false],
    [{}, { anything: ["at all"] }, true],
  ])("%j says of %j what it has to: %s", (schema, value, isFine) => {
    expect(problems(of({ a: schema }), { a: value }).length === 0).toBe(isFine);
  });

  it("tells all problems at once, each with its field", () => {
    const schema = of(
      { a: { type: "string" }, b: { type: "array", items: of({ c: { maximum: 1 } }) } },
      { required: ["a", "d"] },
    );
    expect(problems(schema, { b: [{ c: 2 }, { e: 1 }], f: 1 })).toEqual([
      "b[0].c expected at most 1",
      "b[1].e is not known here",
      "a is missing",
      "d is missing",
      "f is not known here",
    ]);
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x${index}`, 1]));
    expect(problems(of({}), many)).toHaveLength(100);
  });

  it.each<readonly [JsonObject, RegExp]>([
    [{}, /type of its schema is not `object`/],
    [{ type: "array" }, /is not `object`/],
    [{ type: "object", anyOf: [] }, /anyOf .*not known here/],
    [of({ a: { format: "email" } }), /properties\.a\.format .*not known here/],
    [of({ a: { $ref: "#" } }), /\$ref .*not known here/],
    [of({ a: { constructor: 1 } }), /constructor .*not known here/],
    [of({ a: { type: "text" } }), /properties\.a\.type .*expected one of/],
    [of({ a: { pattern: "(?=a)" } }), /no pattern of RE2/],
    [of({ a: { pattern: "a".repeat(1001) } }), /at most 1000 characters/],
    [of({ a: { maximum: "1" } }), /is no number/],
    [of({ a: 1 }), /properties\.a .*is no object/],
    [of({}, { required: [1] }), /is no list of names/],
    [of({}, { additionalProperties: {} }), /neither true nor false/],
    [of({}, { $schema: "http://json-schema.org/draft-07/schema#" }), /expected https:/],
    [of({ a: { enum: [] } }), /is no list of values/],
    [of({ a: { description: "x".repeat(70_000) } }), /at most 65536/],
  ])("%j is refused, for it could not be kept", (schema, problem) => {
    expect(problemOf(schema)).toMatch(problem);
  });

  it("is refused when it is nested too deeply or has too many parts", () => {
    let deep: JsonObject = { type: "string" };
    for (let depth = 0; depth < 17; depth += 1) deep = { type: "array", items: deep };
    expect(problemOf(of({ deep }))).toMatch(/nested deeper than 16/);
    const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`x${index}`, {}]));
    expect(problemOf(of(wide))).toMatch(/more than 1000 parts/);
  });

  it("says of any parameters what another reader of its published form says", () => {
    const schema = of(
      {
        to: { type: "string", pattern: "^a", maxLength: 3 },
        n: { type: "integer", minimum: 1 },
        list: { type: "array", items: { enum: [1, "b"] } },
        inner: of({ deep: { type: "boolean" } }),
      },
      { required: ["to"] },
    );
    const made = compileParameterSchema(schema);
    if ("problem" in made) throw new Error(made.problem);
    const other = z.fromJSONSchema(made.jsonSchema);
    const value = fc.oneof(
      fc.constantFrom<Json>(
        "a",
        "ab",
        "abcd",
        "b",
        1,
        0,
        [1],
        [1, "b"],
        ["c"],
        null,
        { deep: true },
        { deep: 1 },
        { other: true },
      ),
      fc.jsonValue() as fc.Arbitrary<Json>,
    );
    const parameters = fc.dictionary(fc.constantFrom("to", "n", "list", "inner", "more"), value);
    fc.assert(
      fc.property(parameters, (given) => {
        expect(made.check(given).length === 0).toBe(other.safeParse(given).success);
      }),
      { numRuns: 500 },
    );
  });

  it("takes time in proportion to the text, whatever the pattern of a stranger is", () => {
    const evil = of({ a: { type: "string", pattern: "^(a+)+$" } });
    expect(problems(evil, { a: `${"a".repeat(50_000)}!` })).toHaveLength(1);
  });
});
