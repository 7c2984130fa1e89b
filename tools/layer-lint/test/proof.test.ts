import { describe, expect, it } from "vitest";
import { check } from "../src/index.ts";
import type { Files } from "./support/fixture.ts";
import { configured, project } from "./support/fixture.ts";

/** What hides something from the check, and what the report has to say of it. */
const BLIND: readonly (readonly [
  title: string,
  says: string,
  files: Files,
  links?: Readonly<Record<string, string>>,
])[] = [
  [
    "a root without one module",
    "There is not one module",
    configured((config) => ({
      ...config,
      root: "sources",
      layers: [{ name: "x", path: "sources/x", mayImport: [] }],
      laws: {},
    })),
  ],
  [
    "a layer without files",
    'The layer "later" has no files',
    configured((config) => ({
      ...config,
      layers: [...config.layers, { name: "later", path: "src/later", mayImport: [] }],
    })),
  ],
  [
    "a layer whose folder was renamed",
    'The layer "policy" has no files',
    { "src/policy/index.ts": null, "src/policy/admit.ts": null, "src/policies/index.ts": "export const admit = 1;\n" },
  ],
  ["a file that cannot be parsed", "It cannot be parsed", { "src/model/x.ts": "export const x: = 3;\n" }],
  ["a file that is no text", "It cannot be parsed", { "src/model/x.ts": "\u0000\u0001\u0002 export \u0000" }],
  [
    "an import that leads nowhere",
    '"./absent.ts" leads nowhere',
    { "src/model/x.ts": 'export * from "./absent.ts";\n' },
  ],
  [
    "a package that is not installed",
    '"absent-package" leads nowhere',
    { "src/hands/x.ts": 'export * from "absent-package";\n' },
  ],
  ["a tsconfig that is not there", "tsconfig.json is not there", { "tsconfig.json": null }],
  [
    "a tsconfig that extends one that is not there",
    "The import graph cannot be made",
    { "tsconfig.json": '{ "extends": "./absent.json", "include": ["src"] }' },
  ],
  [
    "a tsconfig that extends a package that is not installed",
    "The import graph cannot be made",
    { "tsconfig.json": '{ "extends": "@tsconfig/absent", "include": ["src"] }' },
  ],
  [
    "a TypeScript of the project that is older than all that are known",
    "The project's TypeScript is 4.9.5; known are 5.x, 6.x, 7.x",
    { "node_modules/typescript/package.json": '{ "name": "typescript", "version": "4.9.5" }' },
  ],
  [
    "a TypeScript of the project that is newer than all that are known",
    "The project's TypeScript is 8.0.0-beta; known are",
    { "node_modules/typescript/package.json": '{ "name": "typescript", "version": "8.0.0-beta" }' },
  ],
  [
    "a TypeScript of the project that does not say its version",
    "The project's TypeScript is unknown",
    { "node_modules/typescript/package.json": "{}" },
  ],
  ["a tsconfig that cannot be read", "The import graph cannot be made", { "tsconfig.json": "{ nonsense" }],
  ["a symbolic link to a file", "is a symbolic link", {}, { "src/model/link.ts": "./nouns.ts" }],
  ["a symbolic link to a folder", "is a symbolic link", {}, { "src/model/link": "../policy" }],
  [
    "an ignored file that a checked one imports",
    "is ignored by the configuration and imported all the same",
    {
      ...configured((config) => ({ ...config, ignore: ["src/**/*.test.ts"] })),
      "src/hands/x.test.ts": "export const x = 1;\n",
      "src/hands/y.ts": 'export { x } from "./x.test.ts";\n',
    },
  ],
  [
    "a glob of ignored files that matches none",
    '"src/**/*.spec.ts" matches no file',
    configured((config) => ({ ...config, ignore: ["src/**/*.spec.ts"] })),
  ],
  [
    "a law that seals off what is not there",
    'SEALED matches nothing: to: there is nothing at "src/policy/contracts"',
    configured((config) => Object.assign(config.laws.SEALED, { to: ["policy", "src/policy/contracts"] }) && config),
  ],
  [
    "a law on a layer that is not there",
    'TOUCHES matches nothing: in: there is nothing at "motor"',
    configured((config) => Object.assign(config.laws.TOUCHES, { in: "motor" }) && config),
  ],
  [
    "a law on a type that nobody declares",
    'MINT matches nothing: no file declares a type "Tokens"',
    configured((config) => Object.assign(config.laws.MINT, { type: "Tokens" }) && config),
  ],
  [
    "a law on types where no layer is given as types",
    "TYPES matches nothing",
    configured((config) => ({ ...config, layers: config.layers.map((layer) => ({ ...layer, mayImport: ["*"] })) })),
  ],
  [
    "a port that is not there",
    'PORTS matches nothing: the port "src/hands/ports.ts" is not there',
    configured((config) => ({
      ...config,
      layers: config.layers.map((layer) =>
        layer.name === "hands" ? { ...layer, ports: ["src/hands/ports.ts"] } : layer,
      ),
    })),
  ],
  [
    "a folder of adapters that is not there",
    'ADAPTERS matches nothing: no file lies in the adapters\' folder "src/hands/adaptors"',
    configured((config) => ({
      ...config,
      layers: config.layers.map((layer) =>
        layer.name === "hands" ? { ...layer, adapters: "src/hands/adaptors" } : layer,
      ),
    })),
  ],
  [
    "a budget law without a budget",
    "BUDGET matches nothing: no layer has a budget",
    configured((config) => ({ ...config, layers: config.layers.map((layer) => ({ ...layer, budget: undefined })) })),
  ],
  [
    "a file without a layer, though no law speaks of it",
    "src/utils/x.ts belongs to no layer",
    {
      ...configured((config) => ({ ...config, laws: { MATRIX: config.laws.MATRIX } })),
      "src/utils/x.ts": "export const x = 1;\n",
    },
  ],
];

describe("what cannot be seen is never called clean", () => {
  const rows = BLIND.map(([title, says, files, links = {}]) => [title, says, files, links] as const);

  it.each(rows)("%s ends with exit code 2", async (...[, says, files, links]) => {
    using fixture = project(files, links);
    const report = await check({ root: fixture.root });
    expect(report).toMatchObject({ ok: false, exitCode: 2 });
    expect(report.violations.map(({ message }) => message).join("\n")).toContain(says);
    expect(report.violations.filter(({ severity }) => severity === "unproven").length).toBeGreaterThan(0);
  });

  it("names the import that leads to a file without a layer, not only the file", async () => {
    using fixture = project({
      "src/utils/x.ts": "export const x = 1;\n",
      "src/hands/y.ts": '\nexport { x } from "../utils/x.ts";\n',
    });
    const { violations } = await check({ root: fixture.root });
    expect(violations.find(({ law }) => law === "DECLARED")?.chain).toEqual([
      { file: "src/hands/y.ts", line: 2, specifier: "../utils/x.ts" },
      { file: "src/utils/x.ts", line: 1 },
    ]);
  });

  it("reports broken laws also when something else is unproven", async () => {
    using fixture = project({ "src/model/x.ts": 'export * from "#policy";\nexport * from "./absent.ts";\n' });
    const { violations, exitCode } = await check({ root: fixture.root });
    expect(exitCode).toBe(2);
    expect(violations.map(({ law }) => law)).toEqual(expect.arrayContaining(["MATRIX", "CONFIG"]));
  });
});

describe("ways to write and resolve an import that a graph must not miss", () => {
  it.each([
    [
      "a path alias of the tsconfig",
      {
        "tsconfig.json": JSON.stringify({
          compilerOptions: { module: "esnext", moduleResolution: "bundler", paths: { "@rules/*": ["./src/policy/*"] } },
        }),
        "src/model/x.ts": 'export * from "@rules/admit";\n',
      },
      undefined,
    ],
    ["a specifier with a query", { "src/model/x.ts": 'export * from "../policy/index.ts?v=1";\n' }, undefined],
    [
      "the name of a JavaScript file for a TypeScript one",
      { "src/model/x.ts": 'export * from "../policy/index.js";\n' },
      undefined,
    ],
    [
      "a JSON module",
      {
        "src/policy/rules.json": "{}",
        "src/model/x.ts": 'import rules from "../policy/rules.json" with { type: "json" };\nexport const x = rules;\n',
      },
      undefined,
    ],
    [
      "a package that is a link back into the project",
      {
        "src/policy/package.json": '{"name":"@me/policy","type":"module","exports":"./index.ts"}',
        "src/model/x.ts": 'export * from "@me/policy";\n',
      },
      { "node_modules/@me/policy": "../../src/policy" },
    ],
    [
      "a reference directive",
      { "src/model/x.ts": '/// <reference path="../policy/admit.ts" />\nexport {};\n' },
      undefined,
    ],
    [
      "an import inside an ambient module",
      {
        "src/model/x.d.ts":
          'declare module "virtual:x" {\n  import type { Rule } from "../policy/index.ts";\n  export const rule: Rule;\n}\n',
      },
      undefined,
    ],
    [
      "a file after comments that silence other tools",
      { "src/model/x.ts": '// @ts-nocheck\n/* eslint-disable */\n// depcruise-ignore\nexport * from "#policy";\n' },
      undefined,
    ],
    [
      "the package that a JSX pragma names",
      {
        "package.json": JSON.stringify({
          name: "f",
          type: "module",
          imports: {
            "#model": "./src/model/index.ts",
            "#hands": "./src/hands/index.ts",
            "#engine": "./src/engine/index.ts",
            "#policy": "./src/policy/index.ts",
            "#policy/jsx-runtime": "./src/policy/jsx-runtime.ts",
          },
        }),
        "src/policy/jsx-runtime.ts": "export const jsx = 1;\n",
        "src/model/x.tsx": "/** @jsxImportSource #policy */\nexport const x = <b>hi</b>;\n",
      },
      undefined,
    ],
  ] as const)("%s is followed to the forbidden layer", async (_title, files, links) => {
    using fixture = project(files, links);
    const { violations } = await check({ root: fixture.root });
    expect(
      violations.filter(({ law, file }) => law === "MATRIX" && /src\/model\/x\.(d\.ts|tsx?)$/.test(file)),
    ).toHaveLength(1);
  });
});
