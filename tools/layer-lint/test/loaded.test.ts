import { describe, expect, it } from "vitest";
import { assertLoaded, checkLoaded, LoadError } from "../src/testing/index.ts";
import type { LoadReport } from "../src/testing/index.ts";
import type { Files } from "./support/fixture.ts";
import { configured, project } from "./support/fixture.ts";

/** Loads a file whose name nobody can compute from the text. */
const computed = (path: string): string =>
  `export const x = await import(String(/a(.*)/.exec("a${path}")?.[1]));\nexport default x;\n`;

async function loadedBy(entry: string, changes: Files = {}): Promise<LoadReport> {
  using fixture = project(changes);
  return await checkLoaded({ root: fixture.root, entry });
}

function told({ violations }: LoadReport): string[] {
  return violations.map(({ severity, message, chain }) => `${severity}: ${message} [${chain.join(" ")}]`);
}

describe("what is really loaded is compared with the layers", () => {
  it("lists each file with its layer and who imported it, and finds nothing in a project that keeps its laws", async () => {
    const report = await loadedBy("src/main/main.ts");
    expect(report).toMatchObject({ ok: true, violations: [] });
    expect(report.loaded).toContainEqual({
      file: "src/engine/run.ts",
      kind: "project",
      layer: "engine",
      from: ["src/engine/index.ts"],
    });
    expect(report.loaded[0]).toMatchObject({ file: "src/main/main.ts", layer: "main", from: [] });
  });

  it("imports a face by the name that the package gives it", async () => {
    const { ok, loaded } = await loadedBy("#engine");
    expect(ok).toBe(true);
    expect(loaded.map(({ file }) => file)).toEqual(["src/engine/index.ts", "src/engine/run.ts"]);
  });

  it("finds a breach that shows only at run time, behind a name that is computed", async () => {
    const changes = {
      "src/model/index.ts": 'export { VERSION } from "./nouns.ts";\nexport { x } from "./late.ts";\n',
      "src/model/late.ts": computed("../policy/admit.ts"),
    };
    expect(told(await loadedBy("#model", changes))).toEqual([
      "violation: model loads src/policy/admit.ts of policy, which it may not import [src/model/late.ts src/policy/admit.ts]",
    ]);
  });

  it("finds a layer that is loaded where only its types may be named", async () => {
    const report = await loadedBy("#engine", {
      "src/engine/run.ts": 'import { type Noun } from "#model";\nexport const run = 1;\n',
    });
    expect(told(report)).toContain(
      "violation: engine loads src/model/index.ts of model when it runs, and may only name its types [src/engine/run.ts src/model/index.ts]",
    );
  });

  it("finds what is sealed off behind any number of files, with the whole way", async () => {
    const way = ["src/engine/run.ts", "node_modules/helper/index.js", "src/policy/admit.ts"];
    const report = await loadedBy("#engine", {
      "node_modules/helper/package.json": '{"name":"helper","type":"module","main":"index.js"}',
      "node_modules/helper/index.js": computed("../../src/policy/admit.ts"),
      "src/engine/run.ts": 'import "helper";\nexport const run = 1;\n',
    });
    expect(told(report)).toContain(
      `violation: engine loads policy (src/policy/admit.ts), which SEALED seals off from it [${way.join(" ")}]`,
    );
    expect(told(report)).toContain(
      "violation: engine loads the package helper, which it may not touch [src/engine/run.ts node_modules/helper/index.js]",
    );
    expect(told(report)).toContain(
      `violation: engine loads src/policy/admit.ts of policy, which it may not import [${way.join(" ")}]`,
    );
  });

  it("finds a built-in module that a machine layer may not touch, and code that lies in no file", async () => {
    const text = `import "node:fs";\nawait import("data:text/javascript,export default 1");\nexport const run = 1;\n`;
    expect(told(await loadedBy("#engine", { "src/engine/run.ts": text })).toSorted()).toEqual([
      "violation: engine loads code that lies in no file (data:text/javascript,export default 1) [src/engine/run.ts data:text/javascript,export default 1]",
      "violation: engine loads the built-in module node:fs, which it may not touch [src/engine/run.ts node:fs]",
    ]);
  });

  it("sees what require loads, and what threads and other processes of Node do", async () => {
    const changes = {
      "src/main/main.ts": [
        'import { fork } from "node:child_process";',
        'import { createRequire } from "node:module";',
        'import { Worker } from "node:worker_threads";',
        'createRequire(import.meta.url)("../hands/adapters/iron.ts");',
        'new Worker(new URL("../model/thread.ts", import.meta.url));',
        'fork(new URL("../model/child.ts", import.meta.url));',
      ].join("\n"),
      "src/model/thread.ts": computed("../policy/admit.ts"),
      "src/model/child.ts": computed("../hands/index.ts"),
    };
    const report = await loadedBy("src/main/main.ts", changes);
    const files = report.loaded.map(({ file }) => file);
    expect(files).toEqual(expect.arrayContaining(["src/hands/adapters/iron.ts", "src/model/thread.ts"]));
    expect(told(report).toSorted()).toEqual([
      "violation: model loads src/hands/index.ts of hands, which it may not import [src/model/child.ts src/hands/index.ts]",
      "violation: model loads src/policy/admit.ts of policy, which it may not import [src/model/thread.ts src/policy/admit.ts]",
    ]);
  });

  it("lets no machine layer start a program, for nobody could say what of it is the machine's", async () => {
    const text =
      'const { Worker } = process.getBuiltinModule("node:worker_threads");\nnew Worker(new URL("./own.ts", import.meta.url));\n';
    const report = await loadedBy("src/engine/run.ts", {
      "src/engine/run.ts": text,
      "src/engine/own.ts": "export {};",
    });
    expect(told(report)).toEqual([
      "violation: engine starts src/engine/own.ts as a program of its own, which nobody can follow [src/engine/run.ts src/engine/own.ts]",
    ]);
  });
});

describe("what cannot be shown at run time is unproven", () => {
  it("says that an entry throws, and still what it loaded before", async () => {
    const report = await loadedBy("src/model/late.ts", {
      "src/model/late.ts": 'import "../policy/admit.ts";\nthrow new Error("no such day");\n',
    });
    expect(told(report)).toEqual([
      expect.stringMatching(/^unproven: src\/model\/late.ts was run, and it ended with code 1, .*no such day/s),
      "violation: model loads src/policy/admit.ts of policy, which it may not import [src/model/late.ts src/policy/admit.ts]",
    ]);
  });

  it("says that an entry is not there, and that nothing was loaded", async () => {
    expect(told(await loadedBy("#nobody"))).toEqual([
      expect.stringMatching(/^unproven: #nobody was run, and it ended with code 1/),
      "unproven: #nobody was run, and not one file of a layer was loaded []",
    ]);
  });

  it("is not content with a program that loads no file of a layer", async () => {
    const report = await loadedBy("tests/empty.ts", { "tests/empty.ts": "export {};\n" });
    expect(told(report)).toEqual(["unproven: tests/empty.ts was run, and not one file of a layer was loaded []"]);
  });

  it("is not content with an import that never ends, nor with a program that does not", async () => {
    const changes = {
      "src/model/hangs.ts": "await new Promise(() => {});\n",
      "src/model/stays.ts": "setInterval(() => {}, 1000);\n",
    };
    expect(told(await loadedBy("src/model/hangs.ts", changes))).toEqual([expect.stringMatching(/ended with code 13/)]);
    using fixture = project(changes);
    const report = await checkLoaded({ root: fixture.root, entry: "src/model/stays.ts", limitMs: 1500 });
    expect(told(report)).toEqual(["unproven: src/model/stays.ts was run, and it did not end within 1500 ms []"]);
  });

  it("names a file that no layer names: in the root, and wherever a layer loads it", async () => {
    const report = await loadedBy("tests/use.ts", {
      "tests/use.ts": 'import "./support.ts";\nimport "../src/stray/x.ts";\nimport "#model";\n',
      "tests/support.ts": "export {};\n",
      "tests/other.ts": "export {};\n",
      "src/stray/x.ts": "export {};\n",
      "src/model/index.ts": 'export * from "../../tests/other.ts";\nexport { VERSION } from "./nouns.ts";\n',
    });
    expect(told(report).toSorted()).toEqual([
      "unproven: src/stray/x.ts was loaded and belongs to no layer [src/stray/x.ts]",
      "unproven: tests/other.ts was loaded and belongs to no layer [src/model/index.ts tests/other.ts]",
    ]);
  });

  it("says what is wrong with a configuration that cannot be used", async () => {
    const report = await loadedBy("#model", { ...configured((config) => ({ ...config, layers: [] })) });
    expect(report.ok).toBe(false);
    expect(told(report).join()).toMatch(/unproven: layers/);
  });

  it("fails a test with everything that is wrong, each with its way", async () => {
    using fixture = project({ "src/model/nouns.ts": 'export const VERSION = 1;\nimport "../policy/admit.ts";\n' });
    const asserted = assertLoaded({ root: fixture.root, entry: "#model" });
    await expect(asserted).rejects.toThrow(LoadError);
    await expect(asserted).rejects.toThrow(
      /what #model loads is not what the layers allow:\nviolation: model loads .*\n    src\/model\/nouns.ts\n    -> src\/policy\/admit.ts/,
    );
  });
});
