import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findWorkingDirectory } from "../../../../src/effects/step-handlers/command-run/working-directory.ts";

let base: string;
let root: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "verbatim-directory-")));
  root = join(base, "root");
  for (const name of ["root/inner/deep", "root-evil", "outside", "second"])
    mkdirSync(join(base, name), { recursive: true });
});
afterEach(() => rmSync(base, { recursive: true }));

const kindOf = (declared: string | undefined, ...roots: string[]): string =>
  findWorkingDirectory(declared, roots.length === 0 ? [root] : roots).kind;

describe("the working directory", () => {
  it.each([
    [undefined, "root"],
    [".", "root"],
    ["inner", "root/inner"],
    ["inner/../inner/./deep/", "root/inner/deep"],
    ["inner//deep", "root/inner/deep"],
  ])("of %j is the real path below the first root", (declared, expected) => {
    expect(findWorkingDirectory(declared, [root])).toEqual({ kind: "directory", path: join(base, expected) });
  });

  it("may be an absolute path in any root", () => {
    expect(kindOf(join(root, "inner"))).toBe("directory");
    expect(kindOf(join(base, "second"), root, join(base, "second"))).toBe("directory");
    expect(kindOf("../second", root, join(base, "second"))).toBe("directory");
    expect(kindOf("/", "/")).toBe("directory");
    expect(kindOf("/usr", "/")).toBe("directory");
  });

  it("may be named through a root that is itself a link", () => {
    symlinkSync(root, join(base, "link-to-root"));
    const answer = findWorkingDirectory("inner", [join(base, "link-to-root")]);
    expect(answer).toEqual({ kind: "directory", path: join(root, "inner") });
  });

  it.each(["..", "../outside", "inner/../../outside", "../root-evil", "/", "/etc", "../../../../../../../.."])(
    "may not be %j, which leads out",
    (declared) => {
      expect(kindOf(declared)).toBe("refused");
    },
  );

  it("may not be a sibling whose name begins like the root's", () => {
    expect(kindOf(join(base, "root-evil"))).toBe("refused");
  });

  it("may not lead out by a link, directly, through a part, or by the parent of a link", () => {
    symlinkSync(join(base, "outside"), join(root, "out"));
    symlinkSync("../..", join(root, "inner", "up"));
    symlinkSync(join(root, "inner", "deep"), join(base, "outside", "back"));
    expect(kindOf("out")).toBe("refused");
    expect(kindOf("out/.")).toBe("refused");
    expect(kindOf("inner/up/outside")).toBe("refused");
    // Text alone would say `root`; the kernel goes to the parent of what the link leads to.
    expect(kindOf("out/..")).toBe("refused");
    expect(kindOf("out/back")).toBe("directory");
  });

  it("may not be a loop of links, a file, or below a file", () => {
    symlinkSync("loop", join(root, "loop"));
    writeFileSync(join(root, "file"), "");
    expect(kindOf("loop")).toBe("refused");
    expect(kindOf("file")).toBe("refused");
    expect(kindOf("file/x")).toBe("refused");
  });

  it("is absent, and not refused, when an earlier step may still make it", () => {
    expect(kindOf("later")).toBe("absent");
    expect(kindOf("inner/later/still")).toBe("absent");
    symlinkSync("not-there", join(root, "dangling"));
    expect(kindOf("dangling")).toBe("absent");
  });

  it("is refused when a part that is not there hides where it leads", () => {
    expect(kindOf("later/../..")).toBe("refused");
    expect(kindOf("later/../inner")).toBe("refused");
    expect(kindOf(join(base, "outside", "later"))).toBe("refused");
    symlinkSync(join(base, "outside"), join(root, "out"));
    expect(kindOf("out/later")).toBe("refused");
  });

  it("is refused when no root is named, or none is there", () => {
    expect(findWorkingDirectory(undefined, []).kind).toBe("refused");
    expect(kindOf(undefined, join(base, "no-root"))).toBe("refused");
    expect(kindOf("/tmp", join(base, "no-root"))).toBe("refused");
  });
});
