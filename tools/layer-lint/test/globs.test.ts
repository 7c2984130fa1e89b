import { describe, expect, it } from "vitest";
import { check, runCanary } from "../src/index.ts";
import type { Files } from "./support/fixture.ts";
import { project } from "./support/fixture.ts";

const LAYERS = {
  root: "packages/*/src",
  tsconfig: "tsconfig.json",
  layers: [
    { name: "app", path: "packages/*/src/app", mayImport: ["domain"] },
    { name: "domain", path: "packages/*/src/domain", mayImport: [] },
  ],
  laws: {
    MATRIX: { kind: "allow-matrix" },
    DECLARED: { kind: "declared" },
    APART: { kind: "independent", among: ["packages/*"] },
  },
};

const PACKAGES: Files = {
  "packages/one/src/app/a.ts": 'export { d } from "../domain/d.ts";\n',
  "packages/one/src/domain/d.ts": "export const d = 1;\n",
  "packages/two/src/app/a.ts": 'export { d } from "../domain/d.ts";\n',
  "packages/two/src/domain/d.ts": "export const d = 2;\n",
};

/** Several packages in place of the base. */
function monorepo(changes: object, files: Files = {}): Files {
  const base = ["main/main", "policy/index", "policy/admit", "engine/index", "engine/run", "hands/index", "hands/port"];
  const gone = [...base, "hands/adapters/iron", "model/index", "model/nouns"].map((name) => [`src/${name}.ts`, null]);
  return {
    ...Object.fromEntries(gone),
    "tsconfig.json": JSON.stringify({
      compilerOptions: { module: "nodenext", target: "esnext", allowImportingTsExtensions: true, noEmit: true },
      include: ["packages"],
    }),
    "layers.json": JSON.stringify({ ...LAYERS, ...changes }, undefined, 2),
    ...PACKAGES,
    ...files,
  };
}

async function findings(files: Files) {
  using fixture = project(files);
  const { violations } = await check({ root: fixture.root });
  return violations.map(({ law, file, message }) => `${law} ${file} ${message}`);
}

describe("several packages in one repository", () => {
  it("are checked under one configuration with globs", async () => {
    using fixture = project(monorepo({}));
    expect(await check({ root: fixture.root })).toMatchObject({ ok: true, files: 4, layers: 2 });
    expect((await runCanary({ root: fixture.root })).laws.flatMap(({ missed }) => missed)).toEqual([]);
  });

  it("have the same layers, and a breach is found in each", async () => {
    const text = 'export { d as x } from "../app/a.ts";\n';
    const files = { "packages/one/src/domain/x.ts": text, "packages/two/src/domain/x.ts": text };
    expect(await findings(monorepo({}, files))).toEqual([
      expect.stringContaining("MATRIX packages/one/src/domain/x.ts"),
      expect.stringContaining("MATRIX packages/two/src/domain/x.ts"),
    ]);
  });

  it("can be kept apart from each other", async () => {
    const files = { "packages/one/src/app/x.ts": 'export { d } from "../../../two/src/domain/d.ts";\n' };
    expect(await findings(monorepo({}, files))).toEqual([expect.stringContaining("APART packages/one/src/app/x.ts")]);
  });

  it("need a layer for every file of every root", async () => {
    const files = { "packages/two/src/stray/x.ts": "export const x = 1;\n" };
    expect(await findings(monorepo({}, files))).toEqual([
      expect.stringContaining("DECLARED packages/two/src/stray/x.ts"),
    ]);
  });
});

describe("a glob or a root that is not right leaves the check unproven", () => {
  it.each([
    [
      "a glob of a layer that matches nothing",
      { layers: [{ ...LAYERS.layers[0], path: "package/*/src" }] },
      'layers[0].path: "package/*/src" matches nothing',
    ],
    ["a glob of roots that matches nothing", { root: "pakages/*" }, 'root: "pakages/*" matches nothing'],
    [
      "a root without one module",
      { root: ["packages/one/src", "packages/two/src", "docs"] },
      'There is not one module under "docs"',
    ],
    [
      "a root inside of another",
      { root: ["packages", "packages/one/src"] },
      '"packages/one/src" lies in "packages", which is a root already',
    ],
    [
      "globs of two layers that overlap",
      { layers: [LAYERS.layers[0], { name: "all", path: "packages/*/src", mayImport: [] }] },
      'also belongs to the layer "all"',
    ],
    [
      "a glob in a law that matches nothing",
      { laws: { APART: { kind: "protected", to: ["libs/*"], only: ["app"] } } },
      'APART matches nothing: to: there is nothing at "libs/*"',
    ],
  ])("%s", async (_title, change, says) => {
    expect((await findings(monorepo(change))).join("\n")).toContain(says);
  });

  it("takes an optional layer whose glob matches nothing", async () => {
    const later = { name: "later", path: "packages/*/src/later", mayImport: [], optional: true };
    expect(await findings(monorepo({ layers: [...LAYERS.layers, later] }))).toEqual([]);
  });
});
