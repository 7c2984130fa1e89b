import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { syncDirectory } from "../../src/evidence/durable-file.ts";
import { BlobFiles } from "../../src/evidence/evidence-stores/blob-files.ts";
import { sha256 } from "./support/reference-format.ts";
import { stateDirectory } from "./support/state-directory.ts";

const BYTES = Buffer.from("a payload");
const NAME = sha256(BYTES);

test("a payload lies under its digest, in a directory of the digest's first two letters", () => {
  using state = stateDirectory();
  new BlobFiles(state.path).put(NAME, BYTES);
  expect(readFileSync(join(state.path, NAME.slice(0, 2), NAME))).toEqual(BYTES);
  expect(readdirSync(join(state.path, NAME.slice(0, 2)))).toEqual([NAME]);
});

test("what an interrupted process left unfinished is neither read nor in the way", () => {
  using state = stateDirectory();
  const directory = join(state.path, NAME.slice(0, 2));
  mkdirSync(directory);
  writeFileSync(join(directory, `${NAME}.${process.pid}.part`), "half of something longer than the payload itself");
  const blobs = new BlobFiles(state.path);
  expect(blobs.get(NAME)).toBeUndefined();
  blobs.put(NAME, BYTES);
  expect(blobs.get(NAME)).toEqual(BYTES);
  expect(readdirSync(directory)).toEqual([NAME]);
});

test("a payload that is there already is not written again", () => {
  using state = stateDirectory();
  const blobs = new BlobFiles(state.path);
  blobs.put(NAME, BYTES);
  writeFileSync(join(state.path, NAME.slice(0, 2), NAME), "changed");
  blobs.put(NAME, BYTES);
  expect(blobs.get(NAME)).toEqual(Buffer.from("changed")); // the store compares the digest at every reading
});

test("a payload that cannot be written leaves nothing under its name", () => {
  using state = stateDirectory();
  writeFileSync(join(state.path, NAME.slice(0, 2)), "a file where a directory is needed");
  const blobs = new BlobFiles(state.path);
  expect(() => blobs.put(NAME, BYTES)).toThrow("EEXIST");
  expect(blobs.get(NAME)).toBeUndefined();
});

test("only a digest is looked for, never another path", () => {
  using state = stateDirectory();
  mkdirSync(join(state.path, "inner", "blobs", "se"), { recursive: true });
  writeFileSync(join(state.path, "secret"), "where the name, taken for a path, would lead");
  writeFileSync(join(state.path, "inner", "blobs", "se", "secret"), "a file that is no payload");
  const blobs = new BlobFiles(join(state.path, "inner", "blobs"));
  for (const name of ["../secret", "secret", "", `${"A".repeat(42)}=`, `${NAME}\n`])
    expect(blobs.get(name)).toBeUndefined();
});

test("a directory that is not there cannot be synced and says so", () => {
  expect(() => syncDirectory("/no/such/directory")).toThrow("ENOENT");
});

function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}

test("no file stays open, neither of a payload that is kept nor of one that is not", () => {
  using state = stateDirectory();
  const before = openFiles();
  const blobs = new BlobFiles(state.path);
  blobs.put(NAME, BYTES);
  mkdirSync(join(state.path, "AA", "A".repeat(43)), { recursive: true });
  mkdirSync(join(state.path, "BB", `${"B".repeat(43)}.${process.pid}.part`), { recursive: true });
  expect(() => blobs.put("B".repeat(43), BYTES)).toThrow("EISDIR");
  expect(() => blobs.get("A".repeat(43))).toThrow("EISDIR");
  expect(openFiles()).toBe(before);
});
