import { describe, expect, it } from "vitest";
import { readAndCheck } from "../src/check.ts";
import type { Files } from "./support/fixture.ts";
import { configured, project } from "./support/fixture.ts";

const TSCONFIG = { module: "esnext", moduleResolution: "bundler", allowImportingTsExtensions: true, noEmit: true };

function tsconfig(options: object, rest: object = {}): string {
  return JSON.stringify({ compilerOptions: { ...TSCONFIG, ...options }, include: ["src"], ...rest });
}

function packageJson(rest: object): string {
  return JSON.stringify({ name: "fixture", type: "module", ...rest });
}

const FACES = Object.fromEntries(
  ["policy", "engine", "hands", "model"].map((name) => [`#${name}`, `./src/${name}/index.ts`]),
);

/** A specifier in `src/hands/x.ts` that leads to a file of the policy, what makes it so, and perhaps symbolic links. */
type Row = readonly [
  title: string,
  specifier: string,
  target: string,
  files: Files,
  links?: Readonly<Record<string, string>>,
];

const ADMIT = "src/policy/admit.ts";
const INDEX = "src/policy/index.ts";

const ROWS: readonly Row[] = [
  [
    "a path of the tsconfig",
    "@p/admit",
    ADMIT,
    { "tsconfig.json": tsconfig({ paths: { "@p/*": ["./src/policy/*"] } }) },
  ],
  [
    "the path with the longest prefix",
    "@p/a/admit",
    ADMIT,
    { "tsconfig.json": tsconfig({ paths: { "@p/*": ["./src/model/*"], "@p/a/*": ["./src/policy/*"] } }) },
  ],
  [
    "the second of two paths",
    "@p/admit",
    ADMIT,
    { "tsconfig.json": tsconfig({ paths: { "@p/*": ["./gen/*", "./src/policy/*"] } }) },
  ],
  [
    "a path that takes a built-in's name",
    "fs",
    ADMIT,
    { "tsconfig.json": tsconfig({ paths: { fs: ["./src/policy/admit.ts"] } }) },
  ],
  ["the base of the tsconfig", "policy/admit", ADMIT, { "tsconfig.json": tsconfig({ baseUrl: "src" }) }],
  [
    "a path of a tsconfig that is extended",
    "@p/admit",
    ADMIT,
    {
      "tsconfig.json": JSON.stringify({ extends: "./config/base.json" }),
      "config/base.json": tsconfig({ paths: { "@p/*": ["../src/policy/*"] } }),
    },
  ],
  [
    "a path of a tsconfig that is referred to",
    "@p/admit",
    ADMIT,
    {
      "tsconfig.json": tsconfig({}, { references: [{ path: "./src/hands" }] }),
      "src/hands/tsconfig.json": JSON.stringify({ compilerOptions: { paths: { "@p/*": ["../policy/*"] } } }),
    },
  ],
  [
    "a path of a tsconfig further down",
    "@p/admit",
    ADMIT,
    { "src/hands/tsconfig.json": JSON.stringify({ compilerOptions: { paths: { "@p/*": ["../policy/*"] } } }) },
  ],
  [
    "a tsconfig with comments and commas",
    "@p/admit",
    ADMIT,
    { "tsconfig.json": '{ // why\n "compilerOptions": { "paths": { "@p/*": ["./src/policy/*"], }, }, }' },
  ],
  [
    "root folders laid on top of each other",
    "./admit",
    ADMIT,
    { "tsconfig.json": tsconfig({ rootDirs: ["src/hands", "src/policy"] }) },
  ],
  [
    "the compiled form of a source",
    "../../dist/policy/admit.js",
    ADMIT,
    { "tsconfig.json": tsconfig({ outDir: "dist", rootDir: "src" }) },
  ],
  [
    "a declaration that was made of a source",
    "../../types/policy/admit.d.ts",
    ADMIT,
    { "tsconfig.json": tsconfig({ declarationDir: "types", rootDir: "src" }), "types/policy/admit.d.ts": "export {};" },
  ],
  [
    "a subpath import",
    "#inner",
    ADMIT,
    { "package.json": packageJson({ imports: { ...FACES, "#inner": "./src/policy/admit.ts" } }) },
  ],
  [
    "a subpath import by a pattern",
    "#in/admit",
    ADMIT,
    { "package.json": packageJson({ imports: { ...FACES, "#in/*": "./src/policy/*.ts" } }) },
  ],
  [
    "a subpath import under a rare condition",
    "#inner",
    ADMIT,
    {
      "package.json": packageJson({
        imports: {
          ...FACES,
          "#inner": { node: "./src/model/index.ts", moonlight: { import: "./src/policy/admit.ts" } },
        },
      }),
    },
  ],
  [
    "a subpath import with a list",
    "#inner",
    ADMIT,
    {
      "package.json": packageJson({
        imports: { ...FACES, "#inner": ["./src/policy/admit.ts", "./src/model/index.ts"] },
      }),
    },
  ],
  [
    "a subpath import of a path",
    "#inner",
    ADMIT,
    {
      "tsconfig.json": tsconfig({ paths: { "@p/*": ["./src/policy/*"] } }),
      "package.json": packageJson({ imports: { ...FACES, "#inner": "@p/admit" } }),
    },
  ],
  [
    "a package that names itself",
    "fixture/policy",
    INDEX,
    { "package.json": packageJson({ imports: FACES, exports: { "./policy": "./src/policy/index.ts" } }) },
  ],
  [
    "a package that names itself in its compiled form",
    "fixture/policy",
    INDEX,
    {
      "tsconfig.json": tsconfig({ outDir: "dist", rootDir: "src" }),
      "package.json": packageJson({
        imports: FACES,
        exports: { "./policy": { types: "./dist/policy/index.d.ts", default: "./dist/policy/index.js" } },
      }),
    },
  ],
  [
    "a workspace package that is linked",
    "@me/policy",
    INDEX,
    { "src/policy/package.json": '{"name":"@me/policy","exports":"./index.ts"}' },
    { "node_modules/@me/policy": "../../src/policy" },
  ],
  [
    "a workspace package whose compiled form is not there",
    "@me/policy",
    INDEX,
    {
      "tsconfig.json": tsconfig({ outDir: "dist", rootDir: "src" }),
      "src/policy/package.json": '{"name":"@me/policy","exports":"./index.js"}',
    },
    { "node_modules/@me/policy": "../../src/policy" },
  ],
  [
    "a file of a linked package",
    "@me/policy/admit.ts",
    ADMIT,
    { "src/policy/package.json": '{"name":"@me/policy"}' },
    { "node_modules/@me/policy": "../../src/policy" },
  ],
  ["a link that git wrote as text", "policy", INDEX, { "node_modules/policy": "../src/policy" }],
  [
    "a single file that is linked",
    "gate",
    ADMIT,
    { "node_modules/gate/package.json": '{"name":"gate","main":"./i.ts"}' },
    { "node_modules/gate/i.ts": "../../src/policy/admit.ts" },
  ],
  ["a folder", "../policy", INDEX, {}],
  ["a folder with a slash", "../policy/", INDEX, {}],
  [
    "a folder whose package names another file",
    "../policy",
    ADMIT,
    { "src/policy/package.json": '{"main":"./admit.ts"}' },
  ],
  ["the current folder, from inside", "../policy/.", INDEX, {}],
  ["a file URL with a relative look", "../policy/admit.ts?raw#x", ADMIT, {}],
  ["a loader's prefix", "raw-loader!../policy/admit.ts", ADMIT, {}],
  ["another case of letters", "../Policy/Admit.ts", ADMIT, {}],
  ["JSON", "../policy/rules.json", "src/policy/rules.json", { "src/policy/rules.json": "{}" }],
  [
    "a JSX file by the name of its compiled form",
    "../policy/view.js",
    "src/policy/view.tsx",
    { "src/policy/view.tsx": "export const x = 1;" },
  ],
  [
    "a module file by the name of its compiled form",
    "../policy/m.mjs",
    "src/policy/m.mts",
    { "src/policy/m.mts": "export const x = 1;" },
  ],
  [
    "JavaScript with a declaration beside it, the code",
    "../policy/old.js",
    "src/policy/old.js",
    { "src/policy/old.js": "export const x = 1;", "src/policy/old.d.ts": "export const x: number;" },
  ],
  [
    "JavaScript with a declaration beside it, the declaration",
    "../policy/old.js",
    "src/policy/old.d.ts",
    { "src/policy/old.js": "export const x = 1;", "src/policy/old.d.ts": "export const x: number;" },
  ],
  [
    "a module that a file declares out of nothing",
    "virtual:rules",
    "src/policy/virtual.d.ts",
    { "src/policy/virtual.d.ts": 'declare module "virtual:rules" { export const x: number; }' },
  ],
  [
    "a kind of module that a file declares",
    "./a.sql",
    "src/policy/sql.d.ts",
    { "src/policy/sql.d.ts": 'declare module "*.sql" { const x: string; export default x; }' },
  ],
];

describe("a specifier is followed to the file, whatever way leads there", () => {
  const rows = ROWS.map(([title, specifier, target, files, links = {}]) => ({
    title,
    specifier,
    target,
    files,
    links,
  }));

  it.each(rows)("$title: $specifier", async ({ specifier, target, files, links }) => {
    using fixture = project(
      { ...files, "src/hands/x.ts": `export type * as x from ${JSON.stringify(specifier)};\n` },
      links,
    );
    const { reading, report } = await readAndCheck({ root: fixture.root, cache: false });
    const edges = reading?.project.graph.from("src/hands/x.ts").map(({ to }) => to);
    expect(edges ?? report.violations).toContain(target);
    expect(report.exitCode).not.toBe(0);
  });

  it("leads by an absolute file URL to the file", async () => {
    using fixture = project();
    const text = `export type * as x from "file://${fixture.root}/src/policy/admit.ts";\n`;
    using second = project({ "src/hands/x.ts": text });
    const { reading } = await readAndCheck({ root: second.root });
    expect(reading?.project.graph.from("src/hands/x.ts")[0]?.to).toMatch(/src\/policy\/admit\.ts$/);
  });

  it("is unproven where only the case of letters differs, since it works on some machines only", async () => {
    using fixture = project({ "src/hands/x.ts": 'export * from "../Policy/Admit.ts";\n' });
    const { report } = await readAndCheck({ root: fixture.root });
    expect(report).toMatchObject({ exitCode: 2, unresolved: 1 });
    expect(report.violations.map(({ law }) => law)).toContain("MATRIX");
  });
});

describe("copies of checked files", () => {
  it("count as the files that they are copies of", async () => {
    const text = "export const a = 1;\nexport const b = 2;\nexport const c = 3;\n";
    using fixture = project({
      "src/policy/big.ts": text,
      "copies/big.ts": text,
      "src/hands/x.ts": 'export * from "../../copies/big.ts";\n',
    });
    const { reading } = await readAndCheck({ root: fixture.root });
    expect(reading?.project.graph.from("src/hands/x.ts").map(({ to }) => to)).toContain("src/policy/big.ts");
  });
});

describe("names that a file declares for all files are followed without an import", () => {
  it.each([
    ["a global type", "export type X = Secret;", "declare global { interface Secret { a: 1 } }\nexport {};"],
    ["a global value", "export const x = secret;", "declare global { var secret: number }\nexport {};"],
    ["a name of a script", "export type X = Secret;", "interface Secret { a: 1 }"],
    ["a namespace of a script", "export type X = Secrets.One;", "declare namespace Secrets { type One = 1 }"],
  ])("%s", async (_title, use, declaration) => {
    using fixture = project({ "src/hands/x.ts": `${use}\n`, "src/policy/globals.d.ts": declaration });
    const { report, reading } = await readAndCheck({ root: fixture.root });
    expect(reading?.project.graph.from("src/hands/x.ts").map(({ to, form }) => `${form} ${to}`)).toEqual([
      "ambient src/policy/globals.d.ts",
    ]);
    expect(report.violations.map(({ law }) => law)).toContain("MATRIX");
  });
});

describe("JSX loads a module without any import", () => {
  const settings = { jsx: "react-jsx", jsxImportSource: "#policy" };
  const imports = { ...FACES, "#policy/jsx-runtime": "./src/policy/jsx-runtime.ts" };

  it.each([
    ["by the tsconfig", tsconfig(settings), "export const x = <b>hi</b>;\n"],
    ["by a pragma", tsconfig({ jsx: "react-jsx" }), "/** @jsxImportSource #policy */\nexport const x = <b>hi</b>;\n"],
    ["by the tsconfig, for a fragment", tsconfig(settings), "export const x = <>hi</>;\n"],
  ])("%s", async (_title, config, text) => {
    using fixture = project({
      "tsconfig.json": config,
      "package.json": packageJson({ imports }),
      "src/policy/jsx-runtime.ts": "export const jsx = 1;\n",
      "src/hands/x.tsx": text,
    });
    const { reading } = await readAndCheck({ root: fixture.root });
    expect(reading?.project.graph.from("src/hands/x.tsx").map(({ to, form }) => `${form} ${to}`)).toEqual([
      "jsx src/policy/jsx-runtime.ts",
    ]);
  });
});

describe("packages are known by their own names, and by what they bring along", () => {
  const installed: Files = {
    "node_modules/nice/package.json": '{"name":"p-retry","type":"module","exports":"./i.js"}',
    "node_modules/nice/i.js": 'export * from "inner";\nexport const a = 1;',
    "node_modules/inner/package.json": '{"name":"inner","type":"module","exports":"./i.js"}',
    "node_modules/inner/i.js": 'export * from "./deep.js";',
    "node_modules/inner/deep.js": 'export * from "async-lock"; export const b = 1;',
    "node_modules/async-lock/package.json": '{"name":"async-lock","main":"i.js"}',
    "node_modules/async-lock/i.js": "module.exports = {};",
  };

  it("names a package that was installed under another name by its own", async () => {
    using fixture = project({ ...installed, "src/hands/x.ts": 'export { a } from "nice";\n' });
    const { reading } = await readAndCheck({ root: fixture.root, cache: false });
    expect(reading?.project.graph.externals.map(({ external }) => external.name)).toEqual(["p-retry"]);
  });

  it("tells all packages that are reached, each with the way", async () => {
    using fixture = project({ ...installed, "src/hands/x.ts": 'export { a } from "nice";\n' });
    const { reading } = await readAndCheck({ root: fixture.root, cache: false });
    expect(reading?.project.graph.packagesReachedFrom("src/hands/x.ts")).toEqual([
      { name: "p-retry", chain: ["p-retry"] },
      { name: "inner", chain: ["p-retry", "inner"] },
      { name: "async-lock", chain: ["p-retry", "inner", "async-lock"] },
    ]);
  });

  it("follows a package of a machine layer back into the project", async () => {
    using fixture = project(
      {
        ...installed,
        "node_modules/inner/deep.js": 'export * from "@me/policy";',
        "src/policy/package.json": '{"name":"@me/policy","exports":"./index.ts"}',
        "src/engine/x.ts": 'export { a } from "nice";\n',
      },
      { "node_modules/@me/policy": "../../src/policy" },
    );
    const { report } = await readAndCheck({ root: fixture.root, cache: false });
    expect(report.violations.map(({ law, file, line }) => `${law} ${file}:${line}`)).toContain(
      "SEALED src/engine/x.ts:1",
    );
  });
});

describe("a tsconfig that cannot be trusted ends the check", () => {
  it.each([
    ["that extends what is not there", JSON.stringify({ extends: "./absent.json" }), "absent.json is not there"],
    ["that extends a package that is not there", JSON.stringify({ extends: "@absent/tsconfig" }), "which is not there"],
    ["that extends itself", JSON.stringify({ extends: "./tsconfig.json" }), "extends itself"],
    [
      "that refers to what is not there",
      JSON.stringify({ references: [{ path: "./absent" }] }),
      "absent/tsconfig.json is not there",
    ],
    ["that holds a list", "[]", "holds no JSON object"],
  ])("one %s", async (_title, text, says) => {
    using fixture = project({ ...configured((config) => config), "tsconfig.json": text });
    const { report } = await readAndCheck({ root: fixture.root });
    expect(report.exitCode).toBe(2);
    expect(report.violations.map(({ message }) => message).join()).toContain(says);
    expect(report.violations.map(({ message }) => message).join()).not.toContain(fixture.root);
  });
});
