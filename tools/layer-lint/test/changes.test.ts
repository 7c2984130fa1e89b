import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configured, project } from "./support/fixture.ts";
import type { Files } from "./support/fixture.ts";
import { run } from "./support/run.ts";

const OLD: Files = { "src/model/old.ts": 'export type { Rule } from "#policy";\n' };

/** A project under git with everything committed, in the folder `inside` of its repository. */
function committed(files: Files = OLD) {
  const fixture = project(files);
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd: fixture.root, stdio: "pipe" });
  git("init", "-q");
  git("add", "-A");
  git("commit", "-qm", "base");
  const write = (path: string, text: string) => {
    mkdirSync(join(fixture.root, path, ".."), { recursive: true });
    writeFileSync(join(fixture.root, path), text);
  };
  const since = (revision = "HEAD", ...args: string[]) =>
    run(["check", "--root", fixture.root, "--format", "concise", "--changed-since", revision, ...args]);
  return Object.assign(fixture, { git, write, since });
}

describe("a check of what changed since a revision", () => {
  it("leaves out what touches nothing that changed, and says so", async () => {
    using fixture = committed();
    const { status, out } = await run(["check", "--root", fixture.root, "--changed-since", "HEAD"]);
    expect(out).toContain(
      "0 files changed since HEAD: all was checked, only what touches them is shown; 1 finding elsewhere",
    );
    expect(status).toBe(0);
  });

  it.each([
    ["a new file that git does not know yet", "src/model/new.ts", 'export type { Rule } from "#policy";\n'],
    [
      "a file that was changed",
      "src/hands/port.ts",
      'export type { Rule } from "#policy";\nexport interface Hand { grip(noun: string): Promise<number> }\n',
    ],
  ])("shows what breaks a law in %s", async (_title, file, text) => {
    using fixture = committed();
    fixture.write(file, text);
    const { status, out } = await fixture.since();
    expect(out).toContain(`${file}:1:1 MATRIX`);
    expect(out).not.toContain("src/model/old.ts");
    expect(status).toBe(1);
  });

  it("shows a finding in an old file whose way leads through a changed one", async () => {
    using fixture = committed({
      "src/engine/x.ts": 'export type { Y } from "../model/y.ts";\n',
      "src/model/y.ts": "export type Y = 1;\n",
    });
    fixture.write("src/model/y.ts", 'export type { Rule as Y } from "#policy";\n');
    expect((await fixture.since()).out).toContain("src/engine/x.ts:1:1 SEALED");
  });

  it("shows what was committed after the revision", async () => {
    using fixture = committed();
    fixture.write("src/model/new.ts", 'export type { Rule } from "#policy";\n');
    fixture.git("add", "-A");
    fixture.git("commit", "-qm", "next");
    expect((await fixture.since("HEAD~1")).status).toBe(1);
    expect((await fixture.since("HEAD")).status).toBe(0);
  });

  it("always shows what leaves something unproven", async () => {
    using fixture = committed({ "src/hands/x.ts": 'import "./gone.ts";\n' });
    expect((await fixture.since()).status).toBe(2);
  });

  it("shows a spent budget, whichever file of the layer spent it", async () => {
    using fixture = committed();
    rmSync(join(fixture.root, "src/model/old.ts"));
    fixture.write("src/engine/a.ts", "export {};\n".repeat(20));
    fixture.write("src/engine/b.ts", "export {};\n".repeat(19));
    fixture.git("add", "-A");
    fixture.git("commit", "-qm", "large");
    fixture.write("src/engine/b.ts", "export {};\n".repeat(15));
    expect((await fixture.since()).out).toContain("BUDGET engine has");
  });

  it.each([
    ["the configuration", "layers.json", configured((config) => ({ ...config, ignore: undefined }))["layers.json"]],
    [
      "the tsconfig",
      "tsconfig.json",
      JSON.stringify({ compilerOptions: { module: "nodenext", allowImportingTsExtensions: true, noEmit: true } }),
    ],
  ])("shows everything when %s changed", async (_title, file, text) => {
    using fixture = committed();
    fixture.write(file, `${text}\n`);
    const { status, out } = await run(["check", "--root", fixture.root, "--changed-since", "HEAD"]);
    expect(out).toContain(`among them ${file}: every finding is shown`);
    expect(status).toBe(1);
  });

  it("takes files that git does not keep for changed", async () => {
    using fixture = committed({ ".gitignore": "generated.ts\n" });
    fixture.write("src/model/generated.ts", 'export type { Rule } from "#policy";\n');
    expect((await fixture.since()).out).toContain("src/model/generated.ts:1:1 MATRIX");
  });

  it("finds its files in a folder of a larger repository", async () => {
    using fixture = committed({ "src/model/old.ts": null });
    using outer = project({});
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd: outer.root, stdio: "pipe" });
    execFileSync("cp", ["-r", fixture.root, join(outer.root, "inner")]);
    rmSync(join(outer.root, "inner/.git"), { recursive: true });
    git("init", "-q");
    git("add", "-A");
    git("commit", "-qm", "base");
    writeFileSync(join(outer.root, "inner/src/model/new.ts"), 'export type { Rule } from "#policy";\n');
    const { out } = await run([
      "check",
      "--root",
      join(outer.root, "inner"),
      "--format",
      "concise",
      "--changed-since",
      "HEAD",
    ]);
    expect(out).toContain("src/model/new.ts:1:1 MATRIX");
  });

  it.each(["nothing-like-this", "--output=x", ""])("refuses the revision %j with exit code 2", async (revision) => {
    using fixture = committed();
    const { status, err, out } = await run(["check", "--root", fixture.root, `--changed-since=${revision}`]);
    expect(err).toContain("is no revision that git knows here");
    expect(out).toBe("");
    expect(status).toBe(2);
  });
});
