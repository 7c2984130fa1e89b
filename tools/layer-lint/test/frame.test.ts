import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openFrames } from "../src/report/frame.ts";
import { paintFor } from "../src/report/paint.ts";
import { project } from "./support/fixture.ts";

function frame(text: string | Uint8Array, place: { line: number; column?: number }): readonly string[] {
  using fixture = project();
  writeFileSync(join(fixture.root, "x.ts"), text);
  return openFrames(fixture.root)({ file: "x.ts", ...place });
}

describe("the code around a finding", () => {
  it("is its line with a caret below, and a line on either side", () => {
    expect(frame("one\n  two three\nfour\nfive", { line: 2, column: 7 })).toEqual([
      "  1 | one",
      "> 2 |   two three",
      "    |       ^",
      "  3 | four",
    ]);
  });

  it("has its caret below the right letter after tabs", () => {
    expect(frame("\t\tlet x;", { line: 1, column: 7 })).toEqual(["> 1 |     let x;", "    |         ^"]);
  });

  it.each([
    ["Windows line ends", "a\r\nb\r\nc"],
    ["old Macintosh line ends", "a\rb\rc"],
    ["a mark of the byte order", "\uFEFFa\nb\nc"],
  ])("is right with %s", (_title, text) => {
    expect(frame(text, { line: 2, column: 1 })).toEqual(["  1 | a", "> 2 | b", "    | ^", "  3 | c"]);
  });

  it("is right in UTF-16", () => {
    expect(frame(Buffer.from("\uFEFFa\nb\nc", "utf16le"), { line: 2 })).toEqual(["  1 | a", "> 2 | b", "  3 | c"]);
  });

  it("is cut around the column in a line of a megabyte", () => {
    const shown = frame(`${"a".repeat(500_000)}HERE${"b".repeat(500_000)}`, { line: 1, column: 500_001 });
    expect(shown[0]).toContain("aHEREb");
    expect(shown[0]?.length).toBeLessThan(200);
    expect(shown[1]?.indexOf("^")).toBe(shown[0]?.indexOf("HERE"));
  });

  it("shows what a terminal would obey as a mark", () => {
    expect(frame("a\u001B[31mb\u202Ec\u0000", { line: 1 })).toEqual(["> 1 | a\uFFFD[31mb\uFFFDc\uFFFD"]);
  });

  it.each([
    ["a line that is not there", { line: 9 }],
    ["an empty line", { line: 2 }],
  ])("is nothing for %s", (_title, place) => {
    expect(frame("a\n\nb", place)).toEqual([]);
  });

  it("is nothing for a file that is not there, or is a folder", () => {
    using fixture = project();
    const frames = openFrames(fixture.root);
    expect([...frames({ file: "gone.ts", line: 1 }), ...frames({ file: "src", line: 1 })]).toEqual([]);
  });
});

describe("colours are used as the environment says", () => {
  it.each([
    ["on a terminal", {}, true, true],
    ["not in a pipe", {}, false, false],
    ["not where NO_COLOR forbids them", { NO_COLOR: "1" }, true, false],
    ["where an empty NO_COLOR forbids nothing", { NO_COLOR: "" }, true, true],
    ["in a pipe where FORCE_COLOR wants them", { FORCE_COLOR: "1" }, false, true],
    ["where FORCE_COLOR stands against NO_COLOR", { FORCE_COLOR: "1", NO_COLOR: "1" }, false, true],
    ["not where FORCE_COLOR is 0", { FORCE_COLOR: "0" }, true, false],
  ] as const)("%s", (...[, environment, isTerminal, isPainted]) => {
    expect(paintFor(environment, isTerminal)("red", "x") !== "x").toBe(isPainted);
  });
});
