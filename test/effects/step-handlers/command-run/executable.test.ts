import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findExecutable } from "../../../../src/effects/step-handlers/command-run/executable.ts";

let root: string;
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "verbatim-executable-")));
  for (const name of ["first", "second", "first/directory"]) mkdirSync(join(root, name));
  for (const name of ["first/tool", "second/tool", "second/other", "first/plain", "second/plain"]) {
    writeFileSync(join(root, name), "#!/bin/sh\n", { mode: 0o755 });
  }
  chmodSync(join(root, "first/plain"), 0o644);
});
afterAll(() => rmSync(root, { recursive: true }));

const find = (name: string, ...executables: string[]) =>
  findExecutable(name, { executables, searchPath: `${root}/first:${root}/second/` });

describe("the list of executables", () => {
  it("finds a bare name in the first directory of the search path that has it", () => {
    expect(find("tool", "tool")).toEqual({ permitted: true, file: `${root}/first/tool` });
    expect(find("other", "other")).toEqual({ permitted: true, file: `${root}/second/other` });
  });

  it("passes over files that are not executable and over directories", () => {
    expect(find("plain", "plain")).toEqual({ permitted: true, file: `${root}/second/plain` });
    expect(find("directory", "directory")).toEqual({ permitted: true, file: undefined });
    expect(find("..", "*")).toEqual({ permitted: true, file: undefined });
  });

  it("permits by a name only the file that the name is found at", () => {
    expect(find(`${root}/first/tool`, "tool")).toEqual({ permitted: true, file: `${root}/first/tool` });
    expect(find(`${root}/second/tool`, "tool")).toMatchObject({ permitted: false });
  });

  it("permits by a path the bare name only if it is found there", () => {
    expect(find("tool", `${root}/first/tool`)).toEqual({ permitted: true, file: `${root}/first/tool` });
    expect(find("tool", `${root}/second/tool`)).toMatchObject({ permitted: false });
  });

  it("permits a listed path although nothing is there, so that the start says so", () => {
    expect(find("/no/such", "/no/such")).toEqual({ permitted: true, file: "/no/such" });
  });

  it.each(["tool", "/bin/sh", "./tool", "first/tool", "", "\0", "*x"])(
    "permits nothing when it is empty: %j",
    (name) => {
      expect(find(name)).toMatchObject({
        permitted: false,
        problem: expect.stringContaining("not among the executables"),
      });
    },
  );

  it("permits any program by a star, relative paths too", () => {
    expect(find("./tool", "*")).toEqual({ permitted: true, file: "./tool" });
    expect(find("/bin/sh", "*")).toEqual({ permitted: true, file: "/bin/sh" });
  });

  it("does not take the program's name for a pattern", () => {
    expect(find("*", "tool")).toMatchObject({ permitted: false });
  });

  it("caps a long name in what it says", () => {
    const answer = find("x".repeat(100_000), "tool");
    expect(answer.permitted ? "" : answer.problem).toHaveLength(
      200 + '"..." is not among the executables that the server\'s configuration permits'.length,
    );
  });
});
