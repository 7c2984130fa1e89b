import { appendFileSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DisclosureFiles } from "#evidence";
import type { KeptDisclosure } from "#evidence";
import { scratchDirectory } from "../support/scratch-directory.ts";

function kept(step_index: number, pointer: string): KeptDisclosure {
  return { step_index, pointer, digest: `digest of ${pointer}`, disclosure: `disclosure of ${pointer}` };
}

const ONE = kept(0, "/stdout");
const TWO = kept(0, "/stderr");
const THREE = kept(1, "/stdout");

test("what is kept of a run is read again by whoever comes later, from a file that only its owner may open", async () => {
  await using directory = await scratchDirectory();
  new DisclosureFiles(directory.path).keep("run-1", [ONE, TWO]);
  new DisclosureFiles(directory.path).keep("run-1", [THREE]);
  expect(new DisclosureFiles(directory.path).read("run-1")).toEqual([ONE, TWO, THREE]);
  expect(new DisclosureFiles(directory.path).read("run-2")).toEqual([]);
  const path = join(directory.path, "runs/run-1/disclosures.jsonl");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, "utf8").split("\n")).toHaveLength(4);
});

test("a step without sensitive fields leaves no file", async () => {
  await using directory = await scratchDirectory();
  new DisclosureFiles(directory.path).keep("run-1", []);
  expect(existsSync(join(directory.path, "runs"))).toBe(false);
});

test("erasing takes what was chosen out of the file, and the file away with the last", async () => {
  await using directory = await scratchDirectory();
  const files = new DisclosureFiles(directory.path);
  const path = join(directory.path, "runs/run-1/disclosures.jsonl");
  files.keep("run-1", [ONE, TWO, THREE]);
  expect(files.erase("run-1", ({ pointer }) => pointer === "/stdout")).toEqual([TWO]);
  expect(readFileSync(path, "utf8")).toBe(`${JSON.stringify(TWO)}\n`);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(files.erase("run-1")).toEqual([]);
  expect(existsSync(path)).toBe(false);
  expect(files.erase("run-1")).toEqual([]);
});

test("a last line that was cut by a crash is passed over, and goes with the next erasing", async () => {
  await using directory = await scratchDirectory();
  const files = new DisclosureFiles(directory.path);
  files.keep("run-1", [ONE, TWO]);
  appendFileSync(join(directory.path, "runs/run-1/disclosures.jsonl"), '{"step_index":1,"point');
  expect(files.read("run-1")).toEqual([ONE, TWO]);
  expect(files.erase("run-1", ({ pointer }) => pointer === "/stdout")).toEqual([TWO]);
  expect(files.read("run-1")).toEqual([TWO]);
});
