import { describe, expect, test } from "vitest";
import { textOf } from "./support/documents.ts";
import { testFiles } from "./support/tests.ts";

const ROW = /^\| [^|]+ \| ([^|]+) \| `([^`]+)`(?: -t "([^"]+)")? \|$/gm;
const ROWS = [...textOf("docs/hook-tests.md").matchAll(ROW)].map(([, promise = "", path = "", title]) => ({
  promise,
  path,
  title,
}));
const FILES = new Map(testFiles().map(({ path, titles }) => [path, titles]));

describe("what docs/hook-tests.md promises", () => {
  test("is a table of which every row can be read", () => {
    const lines = textOf("docs/hook-tests.md")
      .split("\n")
      .filter((line) => line.startsWith("| "));
    expect(ROWS).toHaveLength(lines.length - 1); // its head
    expect(ROWS.length).toBeGreaterThan(25);
  });

  test("is held by tests that are there under the titles that it names", () => {
    const missing = ROWS.filter(({ path, title }) => {
      const titles = FILES.get(path);
      return titles === undefined || (title !== undefined && !titles.includes(title));
    });
    expect(missing).toEqual([]);
  });
});
