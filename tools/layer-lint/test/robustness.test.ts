import { appendFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readAndCheck } from "../src/check.ts";
import { disagreements } from "../src/graph/second-engine.ts";
import { makeGraph } from "../src/graph/module-graph.ts";
import { check } from "../src/index.ts";
import { configured, project } from "./support/fixture.ts";

const facts = (root: string): string => join(root, "kept/facts.jsonl");
const guilty = { "src/model/x.ts": 'export * from "#policy";\n' };

async function parsedBy(root: string): Promise<{ readonly parsed: number; readonly report: string }> {
  const { reading, report } = await readAndCheck({ root, cache: join(root, "kept") });
  return { parsed: reading?.project.sources.parsed ?? -1, report: JSON.stringify(report) };
}

const LINE_BREAKS = [
  ["LF", "\n"],
  ["CRLF", "\r\n"],
  ["CR", "\r"],
  ["LS", "\u2028"],
] as const;

describe("texts of every kind are read, or said not to be", () => {
  it.each(LINE_BREAKS)("counts lines that end with %s", async (_name, end) => {
    using fixture = project({ "src/model/x.ts": ["// first", "// second", 'export * from "#policy";', ""].join(end) });
    const { violations } = await check({ root: fixture.root });
    expect(violations.map(({ law, line, column }) => `${law} ${line}:${column}`)).toContain("MATRIX 3:1");
  });

  it.each([
    ["with a byte order mark", Buffer.from('\uFEFFexport * from "#policy";\n')],
    ["in UTF-16 with its mark", Buffer.from('\uFEFFexport * from "#policy";\n', "utf16le")],
    ["in UTF-16, the big end first", Buffer.from('\uFEFFexport * from "#policy";\n', "utf16le").swap16()],
  ])("reads a file %s", async (_name, bytes) => {
    using fixture = project();
    writeFileSync(join(fixture.root, "src/model/x.ts"), bytes);
    const { violations } = await check({ root: fixture.root });
    expect(violations.map(({ law, line, column }) => `${law} ${line}:${column}`)).toContain("MATRIX 1:1");
  });

  it.each([
    ["bytes that are no text", Buffer.from([0xc3, 0x28, 0xa0, 0xff])],
    ["a picture", Buffer.from("89504e470d0a1a0a0000000d49484452", "hex")],
    ["text with a NUL", Buffer.from("export const x = 1;\0\n")],
    ["half of a statement", Buffer.from("export const x =")],
    ["code that is not closed", Buffer.from("{".repeat(200))],
    ["100,000 brackets inside of each other", Buffer.from(`${"(".repeat(100_000)}1${")".repeat(100_000)}`)],
    ["100,000 signs in a row", Buffer.from(`export const x = ${"!".repeat(100_000)}1;`)],
  ])("cannot prove anything of %s", async (_name, bytes) => {
    using fixture = project();
    writeFileSync(join(fixture.root, "src/model/x.ts"), bytes);
    const report = await check({ root: fixture.root });
    expect(report.exitCode).toBe(2);
    expect(report.violations.map(({ message }) => message).join()).toContain("It cannot be parsed");
  });

  it("places what stands behind letters of several units where an editor shows it", async () => {
    using fixture = project({ "src/model/x.ts": 'const é = "😀"; export const x = () => import("#policy");\n' });
    const { violations } = await check({ root: fixture.root });
    expect(violations.map(({ law, line, column }) => `${law} ${line}:${column}`)).toContain("MATRIX 1:40");
  });

  it("reads an empty file and one of comments only", async () => {
    using fixture = project({ "src/model/x.ts": "", "src/model/y.ts": "// nothing\n" });
    expect(await check({ root: fixture.root })).toMatchObject({ exitCode: 0 });
  });
});

describe("code that is deep or large", () => {
  it.each([
    ["a sum of 5,000 texts", `export const x = import(${Array.from({ length: 5000 }, () => '"a"').join(" + ")});\n`],
    [
      "2,000 calls inside of each other",
      `export const x = ${"f(".repeat(2000)}1${")".repeat(2000)};\ndeclare function f(x: number): number;\n`,
    ],
    ["a chain of 5,000 members", `export const x = ({} as any)${".a".repeat(5000)};\n`],
    [
      "a union of 5,000 types",
      `export type X = ${Array.from({ length: 5000 }, (_, index) => `"t${index}"`).join(" | ")};\n`,
    ],
    [
      "a name that is made of itself",
      "export const a: string = `${b}`;\nexport const b: string = `${a}`;\nexport const x = import(a);\n",
    ],
    [
      "names that double 40 times",
      `${Array.from({ length: 40 }, (_, index) => `const v${index + 1} = v${index} + v${index};\n`).join("")}const v0 = "a";\nexport const x = import(v40);\n`,
    ],
    [
      "functions that call each other",
      "const f = (n: string): string => g(n);\nconst g = (n: string): string => f(n);\nexport const x = import(f('a'));\n",
    ],
  ])("ends for %s", async (_title, text) => {
    using fixture = project({ "src/hands/x.ts": text });
    const report = await check({ root: fixture.root });
    expect([0, 1, 2]).toContain(report.exitCode);
    expect(report.files).toBeGreaterThan(10);
  });

  it("follows a chain of 3,000 files from the sealed layer to its target", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [
        `src/model/c${index}.ts`,
        `export type * as n from "${index === 2999 ? "../policy/index.ts" : `./c${index + 1}.ts`}";\n`,
      ]),
    );
    using fixture = project({ ...files, "src/engine/x.ts": 'export type * as n from "../model/c0.ts";\n' });
    const { violations } = await check({ root: fixture.root, cache: false });
    const found = violations.find(({ law, file }) => law === "SEALED" && file === "src/engine/x.ts");
    expect(found?.chain).toHaveLength(3002);
  });
});

describe("links and folders that lead in circles", () => {
  it("names a link to the folder above instead of walking forever", async () => {
    using fixture = project({}, { "src/model/loop": ".." });
    const { violations, exitCode } = await check({ root: fixture.root });
    expect(exitCode).toBe(2);
    expect(violations.map(({ message }) => message)).toContain("src/model/loop is a symbolic link; it is not followed");
  });

  it("ends where packages link to each other", async () => {
    using fixture = project(
      {
        "node_modules/a/package.json": '{"name":"a","main":"./i.js"}',
        "node_modules/a/i.js": 'require("b");',
        "src/hands/x.ts": 'export * from "a";\n',
      },
      { "node_modules/b": "./a" },
    );
    expect(await check({ root: fixture.root, cache: false })).toMatchObject({ exitCode: 0 });
  });
});

describe("the cache of facts", () => {
  it("lets a second check parse nothing and say the same to the byte", async () => {
    using fixture = project(guilty);
    const first = await parsedBy(fixture.root);
    const second = await parsedBy(fixture.root);
    expect(first.parsed).toBeGreaterThan(5);
    expect(second).toEqual({ parsed: 0, report: first.report });
  });

  it("reads again exactly the file that changed", async () => {
    using fixture = project();
    await parsedBy(fixture.root);
    writeFileSync(
      join(fixture.root, "src/model/nouns.ts"),
      `${readFileSync(join(fixture.root, "src/model/nouns.ts"), "utf8")}// more\n`,
    );
    expect((await parsedBy(fixture.root)).parsed).toBe(1);
  });

  it.each([
    ["an entry that was changed", (text: string) => text.replaceAll('"#policy"', '"#model"')],
    [
      "entries that were exchanged",
      (text: string) => {
        const lines = text.split("\n").filter((line) => line !== "");
        const keys = lines.map((line) => line.split(" ")[0]);
        return lines.map((line, index) => line.replace(/^\S+/, keys[(index + 1) % keys.length] ?? "")).join("\n");
      },
    ],
    ["entries without their seals", (text: string) => text.replaceAll(/^(\S+) \S+ /gm, "$1 x ")],
    ["a file that was cut", (text: string) => text.slice(0, text.length / 2)],
    ["a file of another kind", () => "\u0000\u0001{}[]\n\n \n  x"],
    ["an empty file", () => ""],
  ])("is not believed when it is %s", async (_title, change) => {
    using fixture = project(guilty);
    const honest = await parsedBy(fixture.root);
    writeFileSync(facts(fixture.root), change(readFileSync(facts(fixture.root), "utf8")));
    const again = await parsedBy(fixture.root);
    expect(again.report).toBe(honest.report);
    expect(again.parsed).toBeGreaterThan(0);
  });

  it("is written by others at the same time without harm", async () => {
    using fixture = project(guilty);
    await Promise.all([parsedBy(fixture.root), parsedBy(fixture.root), parsedBy(fixture.root)]);
    appendFileSync(facts(fixture.root), "half a li");
    expect((await parsedBy(fixture.root)).parsed).toBe(0);
  });

  it("does without a folder that cannot be written", async () => {
    using fixture = project(guilty);
    writeFileSync(join(fixture.root, "kept"), "a file, no folder");
    expect((await parsedBy(fixture.root)).parsed).toBeGreaterThan(5);
  });

  it("lies in node_modules if there is one, and nowhere if there is none", async () => {
    using bare = project();
    await check({ root: bare.root });
    expect(existsSync(join(bare.root, "node_modules"))).toBe(false);
    mkdirSync(join(bare.root, "node_modules"));
    await check({ root: bare.root });
    expect(existsSync(join(bare.root, "node_modules/.cache/layer-lint/facts.jsonl"))).toBe(true);
  });

  it("is not written through a node_modules that is a link to another project's", async () => {
    using fixture = project();
    using other = project();
    mkdirSync(join(other.root, "node_modules"));
    symlinkSync(join(other.root, "node_modules"), join(fixture.root, "node_modules"));
    await check({ root: fixture.root });
    expect(existsSync(join(other.root, "node_modules/.cache"))).toBe(false);
  });
});

describe("the report does not depend on where and in what order", () => {
  it("is the same to the byte in two folders whose files were made in opposite orders", async () => {
    const changes = {
      "src/model/x.ts": 'export * from "#policy";\n',
      "src/engine/x.ts": 'export const x = import(new URL("../policy/admit.ts", import.meta.url).href);\n',
    };
    using first = project(changes);
    using second = project(Object.fromEntries(Object.entries(changes).toReversed()));
    expect(JSON.stringify(await check({ root: second.root }))).toBe(JSON.stringify(await check({ root: first.root })));
  });
});

describe("the second engine", () => {
  const graph = makeGraph({ files: ["a.ts", "b.ts"], edges: [], externals: [], unresolved: [] });
  const tree = {
    modules: ["a.ts", "b.ts"],
    others: [],
    ignored: [],
    idleGlobs: [],
    links: [],
    unreadable: [],
    missing: [],
  };

  it("finds nothing beyond the graph in a project that keeps every law", async () => {
    using fixture = project();
    expect(await check({ root: fixture.root, secondEngine: true })).toMatchObject({ ok: true, exitCode: 0 });
  });

  it("says so when it read nothing at all, as with a TypeScript that it does not know", () => {
    const found = disagreements({ graph, tree }, { modules: [], edges: [] });
    expect(found.map(({ message, severity }) => `${severity}: ${message}`)).toEqual([
      "unproven: The second engine, dependency-cruiser, read none of the 2 modules",
    ]);
  });

  it("names each file that it did not read, and each edge that only it sees", () => {
    const found = disagreements(
      { graph, tree },
      { modules: ["a.ts"], edges: [{ file: "a.ts", specifier: "./b", to: "b.ts" }] },
    );
    expect(found.map(({ file, message }) => `${file}: ${message}`)).toEqual([
      'a.ts: The second engine, dependency-cruiser, sees that "./b" leads to b.ts, and the graph does not',
      "b.ts: The second engine, dependency-cruiser, did not read this file",
    ]);
  });

  it("cannot prove anything if it cannot read the project", async () => {
    using fixture = project({
      ...configured((config) => config),
      "tsconfig.json": '{ "compilerOptions": { "module": "no-such-module" } }',
    });
    const { exitCode } = await check({ root: fixture.root, secondEngine: true });
    expect(exitCode).toBe(2);
  });
});
