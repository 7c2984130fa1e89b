import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fit, pad, widthOf } from "../../../src/cli/text/fit.ts";

describe("a text on so many columns", () => {
  it.each([
    ["hello", 5],
    ["東京", 4],
    ["ｆｕｌｌ", 8],
    ["e\u0301", 1],
    ["✓ ok", 4],
    ["🚀", 2],
    ["", 0],
  ])("takes for %j the columns that a terminal gives it: %i", (text, columns) => {
    expect(widthOf(text)).toBe(columns);
  });

  it.each([
    ["hello", 5, "hello"],
    ["hello", 4, "hel…"],
    ["hello", 1, "…"],
    ["hello", 0, ""],
    ["東京都", 5, "東京…"],
    ["東京都", 4, "東…"],
    ["hello", Infinity, "hello"],
  ])("shows of %j on %d columns %j", (text, columns, shown) => {
    expect(fit(text, columns)).toBe(shown);
  });

  it("never takes more columns than there are", () => {
    const anyText = fc.string({ unit: "grapheme", maxLength: 30 });
    fc.assert(
      fc.property(anyText, fc.nat({ max: 20 }), (text, columns) => {
        expect(widthOf(fit(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it("is filled up with spaces and never cut by padding", () => {
    expect(pad("東", 4)).toBe("東  ");
    expect(pad("hello", 3)).toBe("hello");
  });
});
