import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, textOf } from "./support/documents.ts";

/** What a title is made of where a table fills it in: its words are not in the file as they stand. */
const FILLED_IN = /^\w+, \w+$/;

const ROWS = textOf("test/faults/TRACK.md")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| what was wrong"));

test("the track of bugs names for each one a test that is there, and a title of it where it says one", () => {
  expect(ROWS.length).toBeGreaterThan(10);
  for (const row of ROWS) {
    const named = [...row.matchAll(/`(test\/[^`]+\.test\.ts)`(?: -t "([^"]+)")?/g)];
    expect(named.length, row).toBeGreaterThan(0);
    for (const [, path = "", title = ""] of named) {
      expect(existsSync(join(ROOT, path)), row).toBe(true);
      if (!FILLED_IN.test(title)) expect(textOf(path), row).toContain(title);
    }
  }
});
