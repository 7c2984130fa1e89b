import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "../src/source/evaluate.ts";
import { readFacts } from "../src/source/read-facts.ts";
import type { Surroundings } from "../src/source/terms.ts";

const HERE: Surroundings = {
  path: "/root/src/x.ts",
  cwd: "/root",
  imported: () => [],
  elsewhere: () => HERE,
};

/** An expression, and the text that it has when it is run. */
interface Sample {
  readonly code: string;
  readonly value: string;
}

const leaf: fc.Arbitrary<Sample> = fc
  .string({ maxLength: 6, unit: fc.constantFrom(..."abc./-|é😀 ".split("")) })
  .map((value) => ({ code: JSON.stringify(value), value }));

const { sample } = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc
      .tuple(tie("sample"), tie("sample"))
      .map(([a, b]) => ({ code: `(${a.code} + ${b.code})`, value: a.value + b.value })),
    fc
      .tuple(tie("sample"), tie("sample"))
      .map(([a, b]) => ({ code: `\`\${${a.code}}/\${${b.code}}\``, value: `${a.value}/${b.value}` })),
    fc.tuple(tie("sample"), tie("sample"), leaf).map(([a, b, by]) => ({
      code: `[${a.code}, ${b.code}].join(${by.code})`,
      value: [a.value, b.value].join(by.value),
    })),
    fc.tuple(tie("sample"), fc.integer({ min: -4, max: 4 })).map(([a, at]) => ({
      code: `${a.code}.slice(${at < 0 ? `0 + ${Math.abs(at)}` : at})`,
      value: a.value.slice(Math.abs(at)),
    })),
    fc.tuple(tie("sample"), leaf, leaf).map(([a, from, to]) => ({
      code: `${a.code}.replaceAll(${from.code}, ${to.code})`,
      value: a.value.replaceAll(from.value, to.value),
    })),
    tie("sample").map((a) => ({
      code: `${a.code}.split("").reverse().join("")`,
      value: a.value.split("").toReversed().join(""),
    })),
    tie("sample").map((a) => ({
      code: `String.fromCharCode(${unitsOf(a.value).join(", ")})`,
      value: String.fromCharCode(...unitsOf(a.value)),
    })),
    tie("sample").map((a) => ({ code: `({ k: ${a.code}, other: Date.now() }).k`, value: a.value })),
    tie("sample").map((a) => ({ code: `((n: string) => n + "!")(${a.code})`, value: `${a.value}!` })),
    tie("sample").map((a) => ({
      code: `decodeURIComponent(${JSON.stringify(encodeURIComponent(a.value.toWellFormed()))})`,
      value: a.value.toWellFormed(),
    })),
    tie("sample").map((a) => ({ code: `(${a.code}).toUpperCase().toString()`, value: a.value.toUpperCase() })),
  ),
}));

function unitsOf(text: string): number[] {
  return Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
}

function folded(text: string): { readonly values: readonly unknown[]; readonly open: boolean } {
  const { uses, errors } = readFacts("x.ts", text);
  expect(errors).toEqual([]);
  return evaluate(uses[0]?.term, HERE);
}

describe("an expression that names a module", () => {
  it("is folded to exactly the text that it has when it is run", () => {
    fc.assert(
      fc.property(sample, ({ code, value }) => {
        expect(folded(`import((${code}) + "");\n`)).toEqual({ values: [value], open: false });
      }),
    );
  });

  it("is folded to the same through a constant, and through a function", () => {
    fc.assert(
      fc.property(sample, ({ code, value }) => {
        expect(folded(`const name = ${code};\nimport(name + "");\n`)).toEqual({ values: [value], open: false });
        expect(folded(`function name() { return ${code}; }\nimport(name() + "");\n`)).toEqual({
          values: [value],
          open: false,
        });
      }),
    );
  });

  it("stays open where a part of it is unknown, whatever else it holds", () => {
    fc.assert(
      fc.property(sample, ({ code }) => {
        expect(folded(`declare const who: string;\nimport(${code} + who);\n`)).toMatchObject({ open: true });
        expect(
          folded(`declare const who: boolean;\ndeclare const which: string;\nimport(who ? ${code} + "" : which);\n`),
        ).toMatchObject({ open: true });
      }),
    );
  });
});
