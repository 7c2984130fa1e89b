// The packed package in projects of strangers. It installs from the npm registry and takes minutes, so it runs where CI is
// set, and elsewhere when LAYER_LINT_PACKED is.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const PACKAGE = join(import.meta.dirname, "..");
const IS_ASKED_FOR = Boolean(process.env["CI"] ?? process.env["LAYER_LINT_PACKED"]);
const INSTALL_LIMIT_MS = 900_000;
const RUN_LIMIT_MS = 300_000;

const NODES = ["22", "24", "26"];
/** With these it has to work; with the last it works, or says why it cannot be proven. */
const TYPESCRIPTS = ["5.9", "6.0", "7.0"];
const UNSURE = "7.0";

const PROJECT = {
  "tsconfig.json": JSON.stringify({
    compilerOptions: { module: "nodenext", target: "es2022", strict: true, noEmit: true, types: [] },
    include: ["src"],
  }),
  "layers.json": JSON.stringify({
    $schema: "./node_modules/layer-lint/layers.schema.json",
    root: "src",
    tsconfig: "tsconfig.json",
    layers: [
      { name: "app", path: "src/app", mayImport: ["domain"] },
      { name: "domain", path: "src/domain", mayImport: [] },
    ],
    laws: {
      "SHOP-01": { kind: "allow-matrix", reason: "The domain knows nobody." },
      "SHOP-02": { kind: "cannot-reach", from: "domain", to: ["app"], strict: true },
      "SHOP-03": { kind: "globals", names: ["process.env"], only: ["app"] },
    },
  }),
  "src/app/app.ts": 'import { price } from "../domain/price.js";\nexport const total = price * 2;\n',
  "src/domain/price.ts": "export const price = 1;\n",
};
const BREACH = { "src/domain/breach.ts": 'export type { total } from "../app/app.js";\n' };
/** What a program that uses the API is compiled against. */
const CONSUMER = {
  "consumer/tsconfig.json": JSON.stringify({
    compilerOptions: { module: "nodenext", target: "es2023", strict: true, noEmit: true, types: [] },
  }),
  "consumer/consumer.ts": [
    'import { check } from "layer-lint";',
    'import type { Report } from "layer-lint";',
    'export const report: Promise<Report> = check({ root: "." });',
    "export const code: 0 | 1 | 2 = (await report).exitCode;",
    'import { assertLoaded } from "layer-lint/testing";',
    'export const files: number = (await assertLoaded({ entry: "#model" })).loaded.length;',
    "",
  ].join("\n"),
};

/** Runs a program to its end; an installation that fails is told with all that it printed. */
function run(program: string, args: readonly string[], cwd: string) {
  const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined, CI: undefined };
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    env,
    encoding: "utf8",
    timeout: INSTALL_LIMIT_MS,
  });
  return { status, out: `${stdout}${stderr}${error?.message ?? ""}` };
}

function install(folder: string, manifest: object): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", ...manifest }));
  const { status, out } = run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], folder);
  if (status !== 0)
    throw new Error(
      `npm could not install (is the registry there?), so nothing is shown about the packed package:\n${out}`,
    );
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

describe.skipIf(!IS_ASKED_FOR)(
  "packed and installed into a project of strangers (set CI or LAYER_LINT_PACKED to run)",
  () => {
    const top = mkdtempSync(join(tmpdir(), "layer-lint-packed-"));
    const folderOf = (typescript: string): string => join(top, `typescript-${typescript}`);
    const nodeOf = (node: string): string => join(top, `nodes/node_modules/node${node}/bin/node`);

    beforeAll(() => {
      const packed = run("npm", ["pack", "--pack-destination", top], PACKAGE);
      expect(packed.status, packed.out).toBe(0);
      const tarball = readdirSync(top).find((name) => name.endsWith(".tgz")) ?? "none";
      const nodes = NODES.map((node) => [`node${node}`, `npm:node@${node}`]);
      install(join(top, "nodes"), { dependencies: Object.fromEntries(nodes), allowScripts: { node: true } });
      for (const typescript of TYPESCRIPTS) {
        const dependencies = { "layer-lint": `file:../${tarball}`, typescript: `~${typescript}` };
        install(folderOf(typescript), { dependencies });
        write(folderOf(typescript), PROJECT);
      }
    }, INSTALL_LIMIT_MS);

    afterAll(() => rmSync(top, { recursive: true, force: true }), RUN_LIMIT_MS);

    const matrix = TYPESCRIPTS.flatMap((typescript) => NODES.map((node) => [node, typescript] as const));

    it.each(matrix)(
      "on Node %s with TypeScript %s it proves a clean project and finds a planted breach",
      (node, typescript) => {
        const folder = folderOf(typescript);
        const bin = join(folder, "node_modules/layer-lint/bin.js");
        const clean = run(nodeOf(node), [bin, "check", "--canary"], folder);
        if (typescript === UNSURE && clean.status === 2) {
          expect(clean.out).toContain("TypeScript");
          return;
        }
        expect(clean.status, clean.out).toBe(0);
        write(folder, BREACH);
        const broken = run(nodeOf(node), [bin, "check"], folder);
        rmSync(join(folder, Object.keys(BREACH)[0] ?? ""));
        expect(broken.status, broken.out).toBe(1);
        expect(broken.out).toContain("src/domain/breach.ts:1:1");
        expect(broken.out).not.toMatch(/Warning/);
      },
      RUN_LIMIT_MS,
    );

    it.each(TYPESCRIPTS)("its types and its schema are found by TypeScript %s", (typescript) => {
      const folder = folderOf(typescript);
      write(folder, CONSUMER);
      const tsc = join(folder, "node_modules/typescript/bin/tsc");
      const compiled = run(nodeOf("26"), [tsc, "-p", "consumer"], folder);
      expect(compiled.status, compiled.out).toBe(0);
      const schema =
        'console.log((await import("layer-lint/layers.schema.json", { with: { type: "json" } })).default.title)';
      expect(run(nodeOf("26"), ["--input-type=module", "-e", schema], folder).out).toContain(
        "layers.json of layer-lint",
      );
    });

    it.each(NODES)(
      "on Node %s it sees what a program really loads",
      (node) => {
        const folder = folderOf("6.0");
        write(folder, {
          "loads.mjs":
            'import { checkLoaded } from "layer-lint/testing";\nconsole.log(JSON.stringify(await checkLoaded({ entry: "src/app/run.mjs" })));\n',
          "src/app/run.mjs": 'import "../domain/run.mjs";\n',
          "src/domain/run.mjs": 'await import(["..", "app", "late.mjs"].join("/"));\n',
          "src/app/late.mjs": "export {};\n",
        });
        const { status, out } = run(nodeOf(node), ["loads.mjs"], folder);
        for (const file of ["loads.mjs", "src/app/run.mjs", "src/domain/run.mjs", "src/app/late.mjs"])
          rmSync(join(folder, file));
        expect(status, out).toBe(0);
        expect(out).toContain("domain loads src/app/late.mjs of app, which it may not import");
      },
      RUN_LIMIT_MS,
    );

    it("brings nothing but what was built, its manifest, schema, licence and README", () => {
      // What it keeps for itself while it runs lies in a node_modules of its own.
      const installed = readdirSync(join(folderOf("6.0"), "node_modules/layer-lint")).filter(
        (name) => name !== "node_modules",
      );
      expect(new Set(installed)).toEqual(
        new Set(["bin.js", "dist", "layers.schema.json", "LICENSE", "package.json", "README.md"]),
      );
    });
  },
);

describe("the package in its own repository", () => {
  it("runs from source without having been built, and by its own name", () => {
    const top = mkdtempSync(join(tmpdir(), "layer-lint-source-"));
    try {
      write(top, PROJECT);
      cpSync(join(PACKAGE, "package.json"), join(top, "package.json"));
      const { status, out } = run(process.execPath, [join(PACKAGE, "bin.js"), "check"], top);
      expect(status, out).toBe(0);
    } finally {
      rmSync(top, { recursive: true });
    }
  });
});
