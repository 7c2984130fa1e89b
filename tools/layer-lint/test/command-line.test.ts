import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Files } from "./support/fixture.ts";
import { project } from "./support/fixture.ts";
import { run } from "./support/run.ts";

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
    const ran = layerLint(["check"], fixture.root);
    expect(ran.out).toContain(says);
    expect(ran.status).toBe(status);
  });

  it("checks another folder with another configuration, and prints pure JSON", () => {
    using fixture = project();
    using other = project();
    const ran = layerLint(["check", "--root", fixture.root, "--config", "layers.json", "--format", "json"], other.root);
    expect(JSON.parse(ran.out)).toMatchObject({ ok: true, files: 10, violations: [] });
    expect(ran).toMatchObject({ status: 0, err: "" });
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
    const ran = layerLint(["check", "--canary"], fixture.root);
    expect(ran.out).toContain("blind   MATRIX: nothing could be planted");
    expect(ran.status).toBe(2);
  });

  it.each([
    ["an unknown option", ["check", "--fix"]],
    ["an unknown format", ["check", "--format", "xml"]],
    ["an unknown command", ["chekc"]],
    ["no command", []],
  ])("refuses %s with exit code 2", (_title, args) => {
    using fixture = project();
    const ran = layerLint(args, fixture.root);
    expect(ran.status).toBe(2);
    expect(ran.err).not.toBe("");
  });

  it.each([
    [
      "check",
      [
        "--root",
        "--config",
        "--format",
        "--output",
        "--max-findings",
        "--path-prefix",
        "--baseline",
        "--changed-since",
        "--canary",
        "--watch",
      ],
    ],
    ["canary", ["--root", "--config", "--format"]],
    ["explain", ["--root", "--config"]],
    ["why", ["--all", "--runtime", "--format"]],
    ["graph", ["--format", "--layers", "--files", "--layer"]],
    ["coverage", ["--format"]],
    ["card", ["--root", "--config"]],
    ["cards", ["--out", "--check", "--layers-only"]],
    ["init", ["--root", "--sources", "--tsconfig", "--dry-run", "--force"]],
    ["baseline", ["update", "prune", "check"]],
  ])("explains %s with its options, exit codes and examples, and ends with 0", async (command, options) => {
    const direct = await run([command, "--help"]);
    expect(direct.status).toBe(0);
    for (const part of [...options, "Exit codes:\n  0  ", "Examples:\n  $ layer-lint "])
      expect(direct.out).toContain(part);
    expect(await run(["help", command])).toEqual(direct);
    expect((await run(["--help"])).out).toMatch(new RegExp(`^  ${command} +\\w`, "m"));
  });

  it.each([
    [["chekc"], "(Did you mean check?)"],
    [["check", "--outptu", "x"], "(Did you mean --output?)"],
    [["baseline", "prnue"], "(Did you mean prune?)"],
  ])("suggests what was meant by %j", async (args, suggestion) => {
    expect(await run(args)).toMatchObject({ status: 2, err: expect.stringContaining(suggestion) });
  });

  it("says its version, which is that of the package", async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8"));
    expect(await run(["--version"])).toEqual({ status: 0, out: `${version}\n`, err: "" });
  });

  it("writes the report to a file, and only the verdict to the output", async () => {
    using fixture = project({ "src/model/x.ts": 'export * from "#policy";\n' });
    const output = join(fixture.root, "report.json");
    const { status, out } = await run(["check", "--root", fixture.root, "--format", "json", "--output", output]);
    expect(JSON.parse(readFileSync(output, "utf8"))).toMatchObject({ exitCode: 1 });
    expect(out).toMatch(/^11 files, [^\n]*\n\d violations?\n$/);
    expect(status).toBe(1);
  });

  it("refuses a file that cannot be written, before it looks at anything", async () => {
    using fixture = project();
    const { status, err } = await run([
      "check",
      "--root",
      fixture.root,
      "--output",
      join(fixture.root, "no/such/folder"),
    ]);
    expect(err).toContain("cannot be written");
    expect(status).toBe(2);
  });

  it("leaves no earlier report behind when it falls over", async () => {
    using fixture = project({ "report.json": '{"ok":true}' });
    const output = join(fixture.root, "report.json");
    const { status } = await run([
      "check",
      "--root",
      fixture.root,
      "--output",
      output,
      "--changed-since",
      "no-such-revision",
    ]);
    expect(status).toBe(2);
    expect(readFileSync(output, "utf8")).toBe("");
  });

  it("shows at most as many findings as asked, those that leave something unproven first, and judges all", async () => {
    using fixture = project({
      "src/hands/z.ts": 'import "./gone.ts";\n',
      "src/hands/x.ts": 'export * from "#policy";\nexport type { Rule } from "#policy";\n',
    });
    const { status, out } = await run(["check", "--root", fixture.root, "--format", "concise", "--max-findings", "1"]);
    expect(out).toMatch(
      /^src\/hands\/z\.ts:1:1 CONFIG [^\n]*\n\.\.\. and \d+ findings more\ncannot be proven: 1 reason, \d+ violations\n$/,
    );
    expect(status).toBe(2);
    const json = await run(["check", "--root", fixture.root, "--format", "json", "--max-findings", "1"]);
    expect(JSON.parse(json.out)).toMatchObject({
      exitCode: 2,
      omitted: expect.any(Number),
      violations: [{ severity: "unproven" }],
    });
  });

  it.each(["0", "-1", "many", "1.5"])("refuses to show %j findings", async (number) => {
    using fixture = project();
    expect((await run(["check", "--root", fixture.root, `--max-findings=${number}`])).status).toBe(2);
  });

  it.each(["output", "canary", "changed-since"])(
    "refuses to watch with --%s, which would be without meaning",
    async (option) => {
      using fixture = project();
      const args = option === "canary" ? [] : ["x"];
      const { status, err } = await run(["check", "--root", fixture.root, "--watch", `--${option}`, ...args]);
      expect(err).toContain("cannot be used with");
      expect(status).toBe(2);
    },
  );

  it.each(["pretty", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown"])(
    "says in the form %s that the canary fell silent",
    async (format) => {
      using fixture = project({
        "layers.json": JSON.stringify({
          root: "src",
          tsconfig: "tsconfig.json",
          layers: [{ name: "all", path: "src", mayImport: [] }],
          laws: { MATRIX: { kind: "allow-matrix" } },
        }),
      });
      const { status, out } = await run(["check", "--root", fixture.root, "--canary", "--format", format]);
      expect(out).toContain("The canary is blind to MATRIX");
      expect(status).toBe(2);
    },
  );

  it("lets the canary sing by a command of its own", async () => {
    using fixture = project();
    const { status, out } = await run(["canary", "--root", fixture.root]);
    expect(out).toContain("caught  SEALED: ");
    expect(status).toBe(0);
    const json = await run(["canary", "--root", fixture.root, "--format", "json"]);
    expect(JSON.parse(json.out)).toMatchObject({ ok: true });
  });

  it("paints what goes to a terminal, and nothing that goes to a program", async () => {
    using fixture = project();
    const coloured = await run(["check", "--root", fixture.root], { isTerminal: true });
    expect(coloured.out).toContain("\u001B[32mclean");
    const json = await run(["check", "--root", fixture.root, "--format", "json"], {
      environment: { FORCE_COLOR: "1" },
    });
    expect(JSON.parse(json.out)).toMatchObject({ ok: true });
  });

  it("comes to the same end when nobody reads what it says any more, as with head", async () => {
    for (const [changes, code] of [
      [{}, 0],
      [{ "src/model/x.ts": 'export * from "#policy";\n' }, 1],
    ] as const) {
      using fixture = project(changes);
      const child = spawn(process.execPath, [BIN, "check", "--root", fixture.root], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      let complaint = "";
      child.stderr.on("data", (text: Buffer) => (complaint += text.toString()));
      child.stdout.destroy();
      expect(await once(child, "close")).toEqual([code, null]);
      expect(complaint).toBe("");
    }
  });
});
