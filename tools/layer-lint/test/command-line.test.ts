import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Files } from "./support/fixture.ts";
import { project } from "./support/fixture.ts";

const BIN = join(import.meta.dirname, "../src/bin.ts");

/** Runs the command as a process of its own. */
function layerLint(
  args: readonly string[],
  cwd: string,
): { readonly status: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
    timeout: 60_000,
  });
  return { status, out: stdout, err: stderr };
}

describe("the command line", () => {
  it.each([
    ["0 when every law is kept", {}, 0, "clean: 12 laws kept"],
    [
      "1 when a law is broken",
      { "src/model/x.ts": 'export * from "#policy";\n' },
      1,
      "MATRIX allow-matrix  src/model/x.ts:1:1",
    ],
    ["2 when it cannot be proven", { "tsconfig.json": null }, 2, "cannot be proven: 1 reason"],
    ["2 for an unknown key of the configuration", { "layers.json": '{ "rot": "src" }' }, 2, 'unknown key "rot"'],
  ] satisfies (readonly [string, Files, number, string])[])("ends with %s", (...[, files, status, says]) => {
    using fixture = project(files);
    const run = layerLint(["check"], fixture.root);
    expect(run.out).toContain(says);
    expect(run.status).toBe(status);
  });

  it("checks another folder with another configuration, and prints pure JSON", () => {
    using fixture = project();
    using other = project();
    const run = layerLint(["check", "--root", fixture.root, "--config", "layers.json", "--format", "json"], other.root);
    expect(JSON.parse(run.out)).toMatchObject({ ok: true, files: 10, violations: [] });
    expect(run).toMatchObject({ status: 0, err: "" });
  });

  it("lets the canary sing when asked, in both formats", () => {
    using fixture = project();
    const people = layerLint(["check", "--canary"], fixture.root);
    expect(people.out).toContain("caught  SEALED: ");
    expect(people.status).toBe(0);
    const programs = layerLint(["check", "--canary", "--format", "json"], fixture.root);
    expect(JSON.parse(programs.out)).toMatchObject({ ok: true, canary: { ok: true } });
  });

  it("ends with 2 when the canary cannot sing, whatever else was found", () => {
    using fixture = project({
      "layers.json": JSON.stringify({
        root: "src",
        tsconfig: "tsconfig.json",
        layers: [{ name: "all", path: "src", mayImport: [] }],
        laws: { MATRIX: { kind: "allow-matrix" } },
      }),
    });
    const run = layerLint(["check", "--canary"], fixture.root);
    expect(run.out).toContain("blind   MATRIX: nothing could be planted");
    expect(run.status).toBe(2);
  });

  it.each([
    ["an unknown option", ["check", "--fix"]],
    ["an unknown format", ["check", "--format", "xml"]],
    ["an unknown command", ["chekc"]],
    ["no command", []],
  ])("refuses %s with exit code 2", (_title, args) => {
    using fixture = project();
    const run = layerLint(args, fixture.root);
    expect(run.status).toBe(2);
    expect(run.err).not.toBe("");
  });

  it("explains itself and ends with 0 when asked for help", () => {
    using fixture = project();
    const run = layerLint(["check", "--help"], fixture.root);
    expect(run.status).toBe(0);
    for (const option of ["--root", "--config", "--format", "--canary"]) expect(run.out).toContain(option);
  });
});
