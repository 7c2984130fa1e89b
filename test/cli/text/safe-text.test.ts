import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { safeJson, safeText } from "../../../src/cli/text/safe-text.ts";

/** What a terminal may obey, by number: C0, DEL, C1, direction, invisible, separators. */
function obeys(text: string): boolean {
  return Array.from(text).some((character) => {
    const code = character.codePointAt(0) ?? 0;
    return (
      code < 0x20 ||
      (code >= 0x7f && code <= 0x9f) ||
      code === 0xad ||
      code === 0x61c ||
      (code >= 0x200b && code <= 0x200f && code !== 0x200d) ||
      (code >= 0x2028 && code <= 0x202e) ||
      (code >= 0x2060 && code <= 0x206f) ||
      code === 0xfeff ||
      (code >= 0xd800 && code <= 0xdfff)
    );
  });
}

const anyText = fc.string({ unit: "binary", maxLength: 40 });

describe("a text that is shown on a terminal", () => {
  it.each([
    ["colours", "\u001B[31mred\u001B[0m", String.raw`\u{1b}[31mred\u{1b}[0m`],
    ["a window title", "\u001B]0;owned\u0007", String.raw`\u{1b}]0;owned\u{7}`],
    ["a clipboard write in C1", "\u009D52;c;cm0=\u009C", String.raw`\u{9d}52;c;cm0=\u{9c}`],
    ["a line that goes back over itself", "failed\r\u001B[2Kcompleted", String.raw`failed\r\u{1b}[2Kcompleted`],
    ["a second line", "ok\n✓ completed  9", String.raw`ok\n✓ completed  9`],
    ["backspaces and tabs", "rm\b\bls\tx", String.raw`rm\u{8}\u{8}ls\tx`],
    ["a reversed direction", "exe.\u202Etxt\u2066", String.raw`exe.\u{202e}txt\u{2066}`],
    ["invisible letters", "pay\u200Bpal\uFEFF\u00AD", String.raw`pay\u{200b}pal\u{feff}\u{ad}`],
    ["a place between the directions that no letter has", "a\u2065b", String.raw`a\u{2065}b`],
    ["letters of the tag plane", "a\u{E0041}", String.raw`a\u{e0041}`],
    ["separators of lines", "a\u2028b\u2029c", String.raw`a\u{2028}b\u{2029}c`],
    ["half a pair", "a\uD800b", String.raw`a\u{d800}b`],
  ])("has %s written out", (_what, text, shown) => {
    expect(safeText(text)).toBe(shown);
  });

  it("keeps letters of every script, accents and joined emoji as they are", () => {
    const text = "Zürich 東京 العربية e\u0301 👩‍💻 ✓ → \\n";
    expect(safeText(text)).toBe(text);
  });

  it("holds nothing that a terminal obeys, whatever came in", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(obeys(safeText(text))).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("JSON that is shown on a terminal", () => {
  it("says the same value and holds nothing that a terminal obeys", () => {
    fc.assert(
      fc.property(fc.dictionary(anyText, anyText), (value) => {
        const shown = safeJson(JSON.stringify(value));
        expect(JSON.parse(shown)).toEqual(value);
        expect(obeys(shown)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it("keeps the line feeds between its lines", () => {
    expect(safeJson('{"a":"\u009B"}\n{"b":1}\n')).toBe('{"a":"\\u009b"}\n{"b":1}\n');
  });

  it("writes a character outside the first plane as a pair of escapes", () => {
    expect(safeJson('"\u{E0041}"')).toBe(String.raw`"\udb40\udc41"`);
  });
});
