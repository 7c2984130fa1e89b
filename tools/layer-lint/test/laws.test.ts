import { describe, expect, it } from "vitest";
import { check } from "../src/index.ts";
import type { Files } from "./support/fixture.ts";
import { configured, project } from "./support/fixture.ts";

/** A breach: the law that has to name it, where, and the files that make it. */
type Breach = readonly [title: string, law: string, at: string, files: Files];
/** Something that looks like a breach and is none. */
type Harmless = readonly [title: string, files: Files];

const line = (...lines: string[]): string => `${lines.join("\n")}\n`;

const BREACHES: readonly Breach[] = [
  [
    "a layer imports one that it was not given",
    "MATRIX",
    "src/model/x.ts:2",
    { "src/model/x.ts": line("", 'export * from "#policy";') },
  ],
  [
    "a layer names a forbidden one in a type only",
    "MATRIX",
    "src/model/x.ts:1",
    { "src/model/x.ts": line('export type X = import("../policy/index.ts").Rule;') },
  ],
  [
    "a layer names a forbidden one in a type-only re-export",
    "MATRIX",
    "src/hands/x.ts:1",
    { "src/hands/x.ts": line('export type { Rule } from "#policy";') },
  ],
  [
    "a layer loads a forbidden one lazily",
    "MATRIX",
    "src/hands/x.ts:1",
    { "src/hands/x.ts": line('export const x = () => import("../policy/admit.ts");') },
  ],
  [
    "a layer augments a module of a forbidden one",
    "MATRIX",
    "src/hands/x.ts:2",
    { "src/hands/x.ts": line("export {};", 'declare module "../policy/admit.ts" { interface Rule { extra: 1 } }') },
  ],
  [
    "a CommonJS file requires a forbidden layer",
    "MATRIX",
    "src/hands/x.cts:1",
    {
      "src/hands/x.cts": line('import policy = require("../policy/old.cjs");', "export const x = policy;"),
      "src/policy/old.cts": line("export const old = 1;"),
    },
  ],
  [
    "an import reaches behind a face",
    "FACES",
    "src/main/x.ts:1",
    { "src/main/x.ts": line('export { admit } from "../policy/admit.ts";') },
  ],
  [
    "a type is taken from behind a face",
    "FACES",
    "src/main/x.ts:1",
    { "src/main/x.ts": line('import type { Rule } from "../policy/admit.ts";', "export type X = Rule;") },
  ],
  [
    "a face re-exports all names at once",
    "FACES",
    "src/policy/index.ts:1",
    { "src/policy/index.ts": line('export * from "./admit.ts";') },
  ],
  [
    "a face holds logic of its own",
    "FACES",
    "src/policy/index.ts:2",
    { "src/policy/index.ts": line('export { admit } from "./admit.ts";', "export const extra = 1;") },
  ],
  [
    "two files import each other",
    "CYCLES",
    "src/hands/a.ts:1",
    { "src/hands/a.ts": line('import "./b.ts";'), "src/hands/b.ts": line('import "./a.ts";') },
  ],
  [
    "three files know each other's types in a ring",
    "CYCLES",
    "src/model/a.ts:1",
    {
      "src/model/a.ts": line('export type { B } from "./b.ts";'),
      "src/model/b.ts": line('export type { C as B } from "./c.ts";'),
      "src/model/c.ts": line('import type { B } from "./a.ts";', "export type C = B;"),
    },
  ],
  [
    "a file imports itself",
    "CYCLES",
    "src/hands/a.ts:1",
    { "src/hands/a.ts": line('export * as self from "./a.ts";') },
  ],
  [
    "a value is taken where types are allowed only",
    "TYPES",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line('export { VERSION } from "#model";') },
  ],
  [
    "an inline type stands in the braces of an import",
    "TYPES",
    "src/hands/x.ts:1",
    { "src/hands/x.ts": line('import { type Noun } from "#model";', "export type X = Noun;") },
  ],
  [
    "an inline type stands in the braces of a re-export",
    "TYPES",
    "src/hands/x.ts:1",
    { "src/hands/x.ts": line('export { type Noun } from "#model";') },
  ],
  [
    "an import without names loads a layer that is given as types",
    "TYPES",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line('import "#model";') },
  ],
  ["a folder belongs to no layer", "DECLARED", "src/utils/x.ts:1", { "src/utils/x.ts": line("export const x = 1;") }],
  ["a file at the top belongs to no layer", "DECLARED", "src/x.ts:1", { "src/x.ts": line("export const x = 1;") }],
  ["a folder without code belongs to no layer", "DECLARED", "src/assets:1", { "src/assets/a.txt": "text" }],
  [
    "a checked file imports one outside the root",
    "DECLARED",
    "scripts/x.ts:1",
    { "scripts/x.ts": line("export const x = 1;"), "src/main/x.ts": line('export { x } from "../../scripts/x.ts";') },
  ],
  [
    "an adapter's name is taken from the face",
    "ADAPTERS",
    "src/policy/x.ts:1",
    { "src/policy/x.ts": line('import { createIronHand } from "#hands";', "export const x = createIronHand;") },
  ],
  [
    "an adapter is imported from its own file",
    "ADAPTERS",
    "src/policy/x.ts:1",
    { "src/policy/x.ts": line('import "../hands/adapters/iron.ts";') },
  ],
  [
    "everything of a face with adapters is taken",
    "ADAPTERS",
    "src/policy/x.ts:1",
    { "src/policy/x.ts": line('import * as hands from "#hands";', "export const x = hands;") },
  ],
  [
    "an adapter's name is renamed on the way",
    "ADAPTERS",
    "src/policy/x.ts:1",
    {
      "src/hands/index.ts": line('export { make as build } from "./middle.ts";'),
      "src/hands/middle.ts": line(
        'import { createIronHand as inner } from "./adapters/iron.ts";',
        "export { inner as make };",
      ),
      "src/policy/x.ts": line('export { build } from "#hands";'),
    },
  ],
  [
    "a cast makes a branded value elsewhere",
    "MINT",
    "src/hands/x.ts:2",
    { "src/hands/x.ts": line('import type { Token } from "#model";', 'export const x = "a" as unknown as Token;') },
  ],
  [
    "a cast in angle brackets makes a branded value",
    "MINT",
    "src/hands/x.ts:2",
    { "src/hands/x.ts": line('import type { Token } from "#model";', 'export const x = <Token>"a";') },
  ],
  [
    "a cast hides the brand behind another name",
    "MINT",
    "src/hands/x.ts:3",
    {
      "src/hands/x.ts": line(
        'import type { Token as T } from "#model";',
        "type Mine = T;",
        'export const x = "a" as unknown as Mine;',
      ),
    },
  ],
  [
    "a cast makes a list of branded values",
    "MINT",
    "src/hands/x.ts:2",
    { "src/hands/x.ts": line('import type { Token } from "#model";', "export const x = [] as readonly Token[];") },
  ],
  [
    "a type predicate claims the brand",
    "MINT",
    "src/hands/x.ts:2",
    {
      "src/hands/x.ts": line(
        'import type { Token } from "#model";',
        "export const is = (x: string): x is Token => true;",
      ),
    },
  ],
  [
    "an ambient declaration claims the brand",
    "MINT",
    "src/hands/x.ts:2",
    { "src/hands/x.ts": line('import type { Token } from "#model";', "export declare const x: Token;") },
  ],
  [
    "a port holds a value",
    "PORTS",
    "src/hands/port.ts:2",
    {
      "src/hands/port.ts": line(
        "export interface Hand { grip(noun: string): Promise<number> }",
        "export const LIMIT = 1;",
      ),
    },
  ],
  [
    "a port imports a value",
    "PORTS",
    "src/hands/port.ts:1",
    {
      "src/hands/port.ts": line(
        'import { VERSION } from "#model";',
        "export interface Hand { grip(noun: typeof VERSION): void }",
      ),
    },
  ],
  [
    "a module's name is computed",
    "VISIBLE",
    "src/hands/x.ts:1",
    { "src/hands/x.ts": line("export const x = (name: string) => import(`./${name}.ts`);") },
  ],
  [
    "a loader is made with createRequire",
    "VISIBLE",
    "src/hands/x.ts:1",
    {
      "src/hands/x.ts": line(
        'import { createRequire } from "node:module";',
        "export const x = createRequire(import.meta.url);",
      ),
    },
  ],
  [
    "require gets a computed name",
    "VISIBLE",
    "src/hands/x.cts:1",
    { "src/hands/x.cts": line('module.exports = require("./a" + "b");') },
  ],
  [
    "require is handed on as a value",
    "VISIBLE",
    "src/hands/x.ts:1",
    { "src/hands/x.ts": line("export const load = [require];") },
  ],
  [
    "require is taken off the module object",
    "VISIBLE",
    "src/hands/x.cts:2",
    { "src/hands/x.cts": line("declare const module: any;", 'export const x = module["require"];') },
  ],
  [
    "text is evaluated as code",
    "VISIBLE",
    "src/hands/x.ts:1",
    { "src/hands/x.ts": line('export const x: unknown = eval("1");') },
  ],
  [
    "evaluation goes by another name",
    "VISIBLE",
    "src/hands/x.ts:1",
    { "src/hands/x.ts": line("const run = eval;", 'export const x: unknown = run("1");') },
  ],
  [
    "code is made with new Function",
    "VISIBLE",
    "src/hands/x.ts:1",
    { "src/hands/x.ts": line('export const x = new Function("return 1");') },
  ],
  [
    "code is made with Function, without new",
    "VISIBLE",
    "src/hands/x.ts:1",
    { "src/hands/x.ts": line('export const x = Function("return 1");') },
  ],
  [
    "code is made by the constructor of a constructor",
    "VISIBLE",
    "src/hands/x.ts:1",
    { "src/hands/x.ts": line('export const x = ([] as any).constructor["constructor"]("return 1");') },
  ],
  [
    "evaluation is taken off the global object",
    "VISIBLE",
    "src/hands/x.ts:1",
    { "src/hands/x.ts": line("export const x = (globalThis as any).eval;") },
  ],
  [
    "a built-in module is taken off process",
    "VISIBLE",
    "src/hands/x.ts:1",
    { "src/hands/x.ts": line('export const x = process.getBuiltinModule("fs");') },
  ],
  [
    "a timer is given code as text",
    "VISIBLE",
    "src/hands/x.ts:1",
    { "src/hands/x.ts": line('export const x = setTimeout("1", 1);') },
  ],
  [
    "import.meta resolves modules",
    "VISIBLE",
    "src/hands/x.ts:1",
    { "src/hands/x.ts": line('export const x = import.meta.resolve("#policy");') },
  ],
  [
    "the sealed layer imports a target",
    "SEALED",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line('export { admit } from "#policy";') },
  ],
  [
    "the sealed layer names a target's type",
    "SEALED",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line('export type { Rule } from "#policy";') },
  ],
  [
    "the sealed layer reaches a target in two hops",
    "SEALED",
    "src/engine/x.ts:1",
    {
      "src/engine/x.ts": line('export { y } from "../model/y.ts";'),
      "src/model/y.ts": line('export { admit as y } from "#policy";'),
    },
  ],
  [
    "the sealed layer reaches a target by types alone, in two hops",
    "SEALED",
    "src/engine/x.ts:1",
    {
      "src/engine/x.ts": line('import type { Y } from "../model/y.ts";', "export type X = Y;"),
      "src/model/y.ts": line('import type { Rule } from "#policy";', "export type Y<T extends Rule = Rule> = T;"),
    },
  ],
  [
    "the sealed layer loads a target lazily",
    "SEALED",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line('export const x = () => import("#policy");') },
  ],
  [
    "the sealed layer computes what it imports",
    "SEALED",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line('export const x = await import("../pol" + "icy/index.ts");') },
  ],
  [
    "the sealed layer loads a file that computes what it imports",
    "SEALED",
    "src/engine/x.ts:1",
    {
      "src/engine/x.ts": line('import "../model/y.ts";'),
      "src/model/y.ts": line("export const y = (name: string) => import(name);"),
    },
  ],
  [
    "the sealed layer loads a file that starts processes",
    "SEALED",
    "src/engine/x.ts:1",
    {
      "src/engine/x.ts": line('import "../model/y.ts";'),
      "src/model/y.ts": line('export { spawn } from "node:child_process";'),
    },
  ],
  [
    "the sealed layer reads files",
    "SEALED",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line('import { readFileSync } from "node:fs";', "export const x = readFileSync;") },
  ],
  [
    "the sealed layer uses the global object",
    "SEALED",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line("export const x = (globalThis as any).policy;") },
  ],
  [
    "the sealed layer uses a global that nobody listed",
    "SEALED",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line('export const x = new BroadcastChannel("policy");') },
  ],
  [
    "the sealed layer declares a global for itself",
    "SEALED",
    "src/engine/x.ts:2",
    { "src/engine/x.ts": line("declare const policy: () => void;", "export const x = () => policy();") },
  ],
  [
    "the sealed layer imports what is not there",
    "SEALED",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line('export * as x from "./absent.ts";') },
  ],
  [
    "the machine imports a package",
    "TOUCHES",
    "src/engine/x.ts:1",
    {
      "src/engine/x.ts": line('export { a } from "pkg";'),
      "node_modules/pkg/package.json": '{"name":"pkg","type":"module","exports":"./i.js"}',
      "node_modules/pkg/i.js": "export const a = 1;",
    },
  ],
  [
    "the machine names the types of a built-in module",
    "TOUCHES",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line('export type { Stats } from "node:fs";') },
  ],
  [
    "the machine reads the clock",
    "TOUCHES",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line("export const x = Date.now();") },
  ],
  [
    "the machine makes a date of now",
    "TOUCHES",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line("export const x = new Date();") },
  ],
  [
    "the machine hands the clock on under another name",
    "TOUCHES",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line("const D = Date;", "export const x = D.now();") },
  ],
  [
    "the machine takes the clock apart",
    "TOUCHES",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line("const { now } = Date;", "export const x = now();") },
  ],
  [
    "the machine rolls dice",
    "TOUCHES",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line('export const x = Math["random"]();') },
  ],
  [
    "the machine waits by itself",
    "TOUCHES",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line("export const x = setTimeout(() => undefined, 1);") },
  ],
  [
    "the machine waits by an abort signal",
    "TOUCHES",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line("export const x = AbortSignal.timeout(1);") },
  ],
  [
    "the machine reads its environment",
    "TOUCHES",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line("export const x = process.env;") },
  ],
  [
    "the machine shows off on the console",
    "TOUCHES",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line('console.log("here");', "export {};") },
  ],
  [
    "the machine fetches from the network",
    "TOUCHES",
    "src/engine/x.ts:1",
    { "src/engine/x.ts": line("export const x = { fetch };") },
  ],
  [
    "a layer has one line too many",
    "BUDGET",
    "src/engine/x.ts:1",
    // The base's engine has 6 lines with code, and its budget is 40.
    { "src/engine/x.ts": Array.from({ length: 35 }, (_, n) => `export const v${n} = 1;\n`).join("") },
  ],
];

const HARMLESS: readonly Harmless[] = [
  ["a project that keeps every law is clean", {}],
  [
    "comments and strings that look like imports are none",
    {
      "src/engine/x.ts": line(
        '// import { admit } from "#policy";',
        '/* await import("#policy") eval("1") */',
        "export const x = 'require(\"../policy/index.ts\")';",
      ),
    },
  ],
  [
    "a property that is called like a global is none",
    {
      "src/engine/x.ts": line("export const x = (o: { process: number; eval: number }): number => o.process + o.eval;"),
    },
  ],
  [
    "a parameter that is called like a global hides it",
    {
      "src/engine/x.ts": line(
        "export const x = (process: number, require: (n: string) => number): number => process + require(`a`.concat(`b`));",
      ),
    },
  ],
  [
    "a member that is declared under a global's name is none",
    {
      "src/engine/x.ts": line(
        "export class X { setTimeout(): number { return 1; } }",
        "export const y = { fetch: 1, Date: 2 };",
      ),
    },
  ],
  [
    "a date made of a given time reads no clock",
    { "src/engine/x.ts": line("export const x = (ms: number): string => new Date(ms).toISOString();") },
  ],
  [
    "a package called like a forbidden layer is another thing",
    {
      "src/hands/x.ts": line('export { admit } from "policy";'),
      "node_modules/policy/package.json": '{"name":"policy","type":"module","exports":"./i.js"}',
      "node_modules/policy/i.js": "export const admit = 1;",
    },
  ],
  [
    "a test outside the root may import both sides",
    { "test/x.test.ts": line('import "../src/policy/admit.ts";', 'import "../src/engine/run.ts";') },
  ],
  [
    "a layer may import its own files past its face",
    { "src/policy/x.ts": line('export { admit } from "./admit.ts";') },
  ],
  [
    "a layer's own files may name its adapters",
    { "src/hands/x.ts": line('export { createIronHand } from "./adapters/iron.ts";') },
  ],
  [
    "a port's type may be taken from a face that also has adapters",
    { "src/engine/x.ts": line('export type { Hand } from "#hands";') },
  ],
  [
    "a value is made where the brand may be minted",
    { "src/policy/x.ts": line('import type { Token } from "#model";', 'export const x = "a" as unknown as Token;') },
  ],
  [
    "a cast to another type is nobody's business",
    { "src/hands/x.ts": line("export const x = [] as readonly string[];") },
  ],
  [
    "a lazy import by a literal is seen and allowed",
    { "src/main/x.ts": line('export const x = () => import("#policy");') },
  ],
  ["import.meta.url tells only where one is", { "src/engine/x.ts": line("export const x = import.meta.url;") }],
  [
    "a layer that spends all of its budget is within it",
    { "src/engine/x.ts": Array.from({ length: 34 }, (_, n) => `export const v${n} = 1;\n`).join("") },
  ],
  [
    "a layer that is given as types may be named by an import type",
    { "src/engine/x.ts": line('export type X = import("../model/index.ts").Noun;') },
  ],
  [
    "a sealed layer may know the types of one whose adapters start processes",
    {
      "src/hands/adapters/iron.ts": line(
        'import { spawn } from "node:child_process";',
        'import type { Hand } from "../port.ts";',
        "export function createIronHand(): Hand { return { grip: () => Promise.resolve(spawn.length) }; }",
      ),
    },
  ],
  [
    "a layer that is a single file is its own face",
    {
      ...configured((config) => ({
        ...config,
        layers: [...config.layers, { name: "settings", path: "src/settings.ts", mayImport: [] }],
      })),
      "src/settings.ts": line("export const settings = 1;"),
      "src/main/x.ts": line('export { settings } from "../settings.ts";'),
    },
  ],
  [
    "instanceof Function makes no code",
    { "src/hands/x.ts": line("export const x = (f: unknown): boolean => f instanceof Function;") },
  ],
  [
    "blank lines and comments cost nothing of a budget",
    { "src/engine/x.ts": `${"// why\n\n/* because\n * of this */\n".repeat(50)}export const x = 1;\n` },
  ],
  [
    "files that the configuration ignores are not checked",
    {
      ...configured((config) => ({ ...config, ignore: ["src/**/*.test.ts"] })),
      "src/engine/x.test.ts": line('import "#policy";'),
    },
  ],
  [
    "allowed built-ins and packages may be touched",
    {
      ...configured((config) => {
        Object.assign(config.laws.TOUCHES, { builtins: ["path"] });
        Object.assign(config.machine, { builtins: ["node:path"] });
      }),
      "src/engine/x.ts": line('export { join } from "node:path";'),
    },
  ],
];

describe("a breach is named by its law, where it stands", () => {
  it.each(BREACHES)("%s (%s, %s)", async (...[, law, at, files]) => {
    using fixture = project(files);
    const report = await check({ root: fixture.root });
    const found = report.violations.map((finding) => `${finding.law} ${finding.file}:${finding.line}`);
    expect(found).toContain(`${law} ${at}`);
    expect(report.ok).toBe(false);
    expect([1, 2]).toContain(report.exitCode);
  });
});

describe("what only looks like a breach is left alone", () => {
  it.each(HARMLESS)("%s", async (_title, files) => {
    using fixture = project(files);
    const report = await check({ root: fixture.root });
    expect(report.violations.map(({ law, file, line: at, message }) => `${law} ${file}:${at} ${message}`)).toEqual([]);
    expect(report).toMatchObject({ ok: true, exitCode: 0 });
  });
});

describe("files without a layer, where the configuration allows them", () => {
  const lenient = configured((config) => {
    const { DECLARED: _gone, ...laws } = config.laws;
    return { ...config, unassigned: "may-not-touch-sealed-targets", laws };
  });

  it("are left alone as long as they keep away from sealed targets", async () => {
    using fixture = project({ ...lenient, "src/utils/x.ts": 'export { VERSION } from "#model";\n' });
    expect(await check({ root: fixture.root })).toMatchObject({ ok: true, exitCode: 0 });
  });

  it("break the strict law when they import a sealed target", async () => {
    using fixture = project({ ...lenient, "src/utils/x.ts": 'export { admit } from "#policy";\n' });
    const { violations } = await check({ root: fixture.root });
    expect(violations.map(({ law, file }) => `${law} ${file}`)).toEqual(["SEALED src/utils/x.ts"]);
  });

  it("do not hide the way from a sealed layer to its target", async () => {
    using fixture = project({
      ...lenient,
      "src/utils/x.ts": 'export type { Rule } from "#policy";\n',
      "src/engine/x.ts": 'export type { Rule } from "../utils/x.ts";\n',
    });
    const { violations } = await check({ root: fixture.root });
    expect(violations.map(({ law, file }) => `${law} ${file}`)).toEqual([
      "SEALED src/engine/x.ts",
      "SEALED src/utils/x.ts",
    ]);
  });
});
