import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeDirectory } from "../../src/evidence/durable-file.ts";

let parent: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "verbatim-make-directory-"));
});

afterEach(() => rmSync(parent, { recursive: true }));

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

test("a state directory is made with its missing parents, for the owner alone, and one that is there is kept", () => {
  makeDirectory(join(parent, "a", "b"));
  writeFileSync(join(parent, "a", "b", "kept"), "");
  makeDirectory(join(parent, "a", "b"));
  expect(statSync(join(parent, "a", "b", "kept")).isFile()).toBe(true);
  expect([modeOf(join(parent, "a")), modeOf(join(parent, "a", "b"))]).toEqual([0o700, 0o700]);
});

test("where the system lets nothing be made it is told so at once, with the directory that cannot be made", () => {
  expect(() => makeDirectory("/proc/nothing/here")).toThrow(/mkdir '\/proc\/nothing'/);
});

test("a file in the place of a parent is told as what it is", () => {
  writeFileSync(join(parent, "file"), "");
  expect(() => makeDirectory(join(parent, "file", "state"))).toThrow(/ENOTDIR/);
});
