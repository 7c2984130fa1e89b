import { describe, expect, it } from "vitest";
import { listed, seen } from "../../src/governance/phrase.ts";

describe("the words for what was seen", () => {
  it.each<[unknown, string]>([
    ["a name", '"a name"'],
    ["", '""'],
    ['a "quoted" one', '"a \\"quoted\\" one"'],
    ["x".repeat(128), `"${"x".repeat(128)}"`],
    ["x".repeat(129), `"${"x".repeat(128)}..."`],
    [`${"x".repeat(127)}\u{1f600}`, `"${"x".repeat(127)}\ufffd..."`],
    [0.5, "0.5"],
    [Number.NaN, "NaN"],
    [undefined, "nothing"],
    [null, "null"],
    [true, "true"],
    [false, "false"],
    [[1], "a list"],
    [{}, "a value of type object"],
    [() => 1, "a value of type function"],
  ])("say of %j what a person can read: %s", (value, words) => {
    expect(seen(value)).toBe(words);
  });

  it("list twenty names in full and of more only how many there are", () => {
    const names = Array.from({ length: 21 }, (_, index) => `n${index}`);
    const twenty = names
      .slice(0, 20)
      .map((name) => `"${name}"`)
      .join(", ");
    expect(listed([])).toBe("");
    expect(listed(names.slice(0, 20))).toBe(twenty);
    expect(listed(names)).toBe(`${twenty} and 1 more`);
  });
});
