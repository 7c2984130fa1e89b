import { describe, expect, it } from "vitest";
import { locatedDocument } from "#document";

describe("a document that knows where its values stand", () => {
  it("takes names as they are written, and keeps their order where JavaScript would not", () => {
    const document = locatedDocument("b: {10: x, 2: y, 007: z, 1.0: v, true: w}\na: 1\n");
    expect(document.problems).toEqual([]);
    expect(document.names([])).toEqual(["b", "a"]);
    expect(document.names(["b"])).toEqual(["10", "2", "007", "1.0", "true"]);
    expect(document.value).toEqual({ b: { "007": "z", "1.0": "v", "10": "x", "2": "y", true: "w" }, a: 1 });
  });

  it("gives plain values as they are written, also by way of an alias", () => {
    const document = locatedDocument('a: &a 1.10\nb: *a\nc: True\nd: 0x1F\ne: "1.10"\n');
    expect(["a", "b", "c", "d", "e"].map((key) => document.written([key]))).toEqual([
      "1.10",
      "1.10",
      "True",
      "0x1F",
      "1.10",
    ]);
    expect(document.written(["f"])).toBeUndefined();
  });

  it("says of a place that is not there on which line its surroundings stand", () => {
    const document = locatedDocument("a:\n  b:\n    - x\n    - y\n");
    expect(document.lineOf("a.b[1]")).toBe(4);
    expect(document.holds(["a", "b", 1])).toBe(true);
    expect(document.lineOf("a.b[2].c")).toBe(2);
    expect(document.holds(["a", "b", 2])).toBe(false);
    expect(document.lineOf(["a", "c"])).toBe(1);
  });

  it("names every key that stands twice, with the line on which it stood before", () => {
    const { problems, value } = locatedDocument('a: 1\nb: {c: 1, "c": 2}\na: 2\na: 3\n1: x\n"1": y\n');
    expect(value).toBeUndefined();
    expect(problems.map(({ line, text }) => `${line} ${text}`)).toEqual([
      '3 "a" stands twice in a map, on line 1 already; keep one',
      '4 "a" stands twice in a map, on line 1 already; keep one',
      '6 "1" stands twice in a map, on line 5 already; keep one',
      '2 "c" stands twice in a map, on line 2 already; keep one',
    ]);
  });

  it("refuses a list or a map in the place of a name", () => {
    const { problems } = locatedDocument("? [a, b]\n: 1\n");
    expect(problems.map(({ line }) => line)).toEqual([1]);
  });

  it("counts levels of nesting only inside of those around the parameters", () => {
    const text = `${"{a: ".repeat(66)}1${"}".repeat(66)}`;
    expect(locatedDocument(text, { outerLevels: 2 }).problems).toEqual([]);
    expect(locatedDocument(text, { outerLevels: 1 }).problems).toMatchObject([
      { text: "is nested deeper than 64 levels" },
    ]);
  });
});
