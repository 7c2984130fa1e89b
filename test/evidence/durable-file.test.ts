import fs, { existsSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeDirectory, writeDurably } from "#evidence";
import { stateDirectory } from "./support/state-directory.ts";

/** What is synced while `work` is done, in order, as paths from `root`; and what the file `watched` held at each sync. */
function syncs(root: string, work: () => void, watched = ""): readonly (readonly [string, string])[] {
  const { fsyncSync } = fs;
  const seen: [string, string][] = [];
  fs.fsyncSync = (file) => {
    const path = readlinkSync(`/proc/self/fd/${file}`).slice(root.length + 1);
    seen.push([path.replace(/\.\d+\.part$/, ".part"), existsSync(watched) ? readFileSync(watched, "utf8") : ""]);
    fsyncSync(file);
  };
  syncBuiltinESMExports();
  try {
    work();
  } finally {
    fs.fsyncSync = fsyncSync;
    syncBuiltinESMExports();
  }
  return seen;
}

test("the names of new directories are durable, each in the directory above it", () => {
  using state = stateDirectory();
  const made = syncs(state.path, () => makeDirectory(join(state.path, "a", "b", "c")));
  expect(made.map(([path]) => path)).toEqual(["", "a", "a/b"]);
  expect(statSync(join(state.path, "a")).mode & 0o777).toBe(0o700);
  expect(syncs(state.path, () => makeDirectory(join(state.path, "a", "b", "c")))).toEqual([]);
  expect(syncs(state.path, () => makeDirectory(join(state.path, "a", "d"))).map(([path]) => path)).toEqual(["a"]);
});

test("a durable file has its name only when its bytes are synced, and its name is synced too", () => {
  using state = stateDirectory();
  const path = join(state.path, "file");
  const write = (text: string) => () => writeDurably(path, Buffer.from(text));
  expect(syncs(state.path, write("one"), path)).toEqual([
    ["file.part", ""],
    ["", "one"],
  ]);
  expect(syncs(state.path, write("two"), path)).toEqual([
    ["file.part", "one"],
    ["", "two"],
  ]);
});
