import { describe, expect, it } from "vitest";
import { readAndCheck } from "../src/check.ts";
import type { Files } from "./support/fixture.ts";
import { project } from "./support/fixture.ts";

const TARGET = "src/policy/admit.ts";

/** One way to name {@link TARGET} in `src/hands/x.ts`: the form of the edge, and one text for each spelling; `»` stands before what has to be named. */
type Way = readonly [form: string, spellings: readonly string[], files?: Files];

const fs = 'import { readFileSync } from "node:fs";\n';
const modules = 'import { createRequire } from "node:module";\n';
const workers = 'import { Worker } from "node:worker_threads";\n';
const processes = 'import { fork, spawn, execFile } from "node:child_process";\n';
const path = 'import path, { join, resolve } from "node:path";\n';

const WAYS: readonly Way[] = [
  [
    "import",
    [
      '»import { admit } from "../policy/admit.ts";',
      '»import "../policy/admit.js";',
      '»import * as x from "../policy/admit";',
      '\n\n  »import type { Rule } from "../policy/admit.ts";',
      '»import defer * as x from "../policy/admit.ts";',
      '»import "../policy/%61dmit.ts";',
      '»import "..\\\\policy\\\\admit.ts";',
      '»import "../policy/admit.ts#part";',
      '»import "../policy/admit.ts?a=1&b=2";',
      '»import "../hands/../policy//admit.ts";',
    ],
  ],
  [
    "export",
    [
      '»export * from "../policy/admit.ts";',
      '»export * as x from "../policy/admit.ts";',
      '»export type { Rule } from "../policy/admit.ts";',
      '»export { type Rule, admit } from "../policy/admit.ts";',
    ],
  ],
  [
    "import-equals",
    [
      '»import x = require("../policy/admit.ts");',
      '»import type x = require("../policy/admit.ts");',
      'export »import x = require("../policy/admit.ts");',
    ],
  ],
  [
    "import-type",
    [
      'export type X = »import("../policy/admit.ts").Rule;',
      'export type X = typeof »import("../policy/admit.ts");',
      'export let x: Map<string, »import("../policy/admit.ts").Rule[]>;',
      'export function f<T extends »import("../policy/admit.ts").Rule>(x: T): T { return x; }',
    ],
  ],
  [
    "augmentation",
    [
      'export {};\n»declare module "../policy/admit.ts" { interface Rule { x: 1 } }',
      'export {};\n»declare module "../policy/admit.js" { interface Rule { x: 1 } }',
      'export {};\n»declare module "../policy/admit" {}',
    ],
  ],
  [
    "reference",
    [
      '»/// <reference path="../policy/admit.ts" />\nexport {};',
      "»/// <reference path='../policy/admit.ts'/>\nexport {};",
      '// first\n»///<reference types="../policy/admit.ts" />\nexport {};',
    ],
  ],
  [
    "dynamic",
    [
      'export const x = »import("../policy/admit.ts");',
      "export const x = »import(`../policy/admit.ts`);",
      'export const x = »import("../pol" + "icy/admit.ts");',
      'const p = "policy";\nexport const x = »import(`../${p}/admit.ts`);',
      'let p = "../other.ts";\nexport function f() { p = "../policy/admit.ts"; return »import(p); }',
      'export const x = »import(["..", "policy", "admit.ts"].join("/"));',
      'export const x = »import("../" + String.fromCharCode(112, 111, 108, 105, 99, 121) + "/admit.ts");',
      'export const x = »import(new URL("../policy/admit.ts", import.meta.url).href);',
      'export const x = »import(new URL("../policy/admit.ts", import.meta.url).toString());',
      'export const x = »import(String(new URL("../policy/admit.ts", import.meta.url)));',
      'export const x = »import(`${new URL("../policy/admit.ts", import.meta.url)}`);',
      'export const x = »import("../XXXXXX/admit.ts".replace("XXXXXX", "policy"));',
      'export const x = »import("..|policy|admit.ts".replaceAll("|", "/"));',
      'export const x = »import("..|policy|admit.ts".split("|").join("/"));',
      'export const x = »import("../pol-icy/admit.ts".replace(/-/g, ""));',
      'export const x = »import("st.timda/ycilop/..".split("").reverse().join(""));',
      'const enum P { A = "../policy/admit.ts" }\nexport const x = »import(P.A);',
      'const P = { a: { b: "../policy/admit.ts" } } as const;\nexport const x = »import(P.a.b);',
      'const P = { a: "../policy/admit.ts" };\nconst { a: q } = P;\nexport const x = »import(q);',
      'const P = { a: "./port.ts" };\nP.a = "../policy/admit.ts";\nexport const x = »import(P.a);',
      'class L { at = ""; constructor() { this.at = "../policy/admit.ts"; } load() { return »import(this.at); } }\nexport const x = L;',
      'const [, q] = ["a", "../policy/admit.ts"];\nexport const x = »import(q!);',
      'export const x = (b: boolean) => »import(b ? "../policy/admit.ts" : "./port.ts");',
      'export const x = (s?: string) => »import(s ?? "../policy/admit.ts");',
      'const at = () => "../policy/admit.ts";\nexport const x = »import(at());',
      'function at(n: string) { return "../" + n + "/admit.ts"; }\nexport const x = »import(at("policy"));',
      'const at = { of(n: string) { return `../${n}/admit.ts`; } };\nexport const x = »import(at.of("policy"));',
      'const all = ["../policy/admit.ts", "./port.ts"];\nexport async function f() { for (const a of all) await »import(a); }',
      'export const x = »["../policy/admit.ts"].map((a) => import(a));',
      '»Promise.resolve("../policy/admit.ts").then((a) => import(a));\nexport {};',
      'class L { readonly #no = 1; at = "../policy/admit.ts"; load() { return »import(this.at); } }\nexport const x = L;',
      'const m = "Li4vcG9saWN5L2FkbWl0LnRz";\nexport const x = »import(atob(m));',
      'export const x = »import(Buffer.from("2e2e2f706f6c6963792f61646d69742e7473", "hex").toString());',
      'export const x = »import(decodeURIComponent("..%2Fpolicy%2Fadmit.ts"));',
      "export const x = »import(JSON.parse('\"../policy/admit.ts\"'));",
      `${path}export const x = »import(join(import.meta.dirname, "..", "policy", "admit.ts"));`,
      `${path}export const x = »import(resolve(import.meta.dirname, "../policy/admit.ts"));`,
      `${path}export const x = »import(path.resolve("src", "policy", "admit.ts"));`,
      `${path}export const x = »import(path.join(path.dirname(import.meta.filename), "../policy/admit.ts"));`,
      'export const x = »import.meta.resolve("../policy/admit.ts");',
      'export const x = await »import("../policy/admit.ts" as string);',
      'export const x = »import(("x", "../policy/admit.ts"));',
      "export const x = »import(String.raw`../policy/admit.ts`);",
    ],
  ],
  [
    "dynamic",
    [
      'import { WHERE } from "./where.ts";\nexport const x = »import(WHERE);',
      'import * as all from "./where.ts";\nexport const x = »import(all.WHERE);',
      'import { PLACES } from "./where.ts";\nexport const x = »import(PLACES.policy);',
      'import { at } from "./where.ts";\nexport const x = »import(at("policy"));',
      'import home from "./where.ts";\nexport const x = »import(home);',
      'import { Place } from "./where.ts";\nexport const x = »import(Place.Policy);',
      'import { AGAIN } from "./again.ts";\nexport const x = »import(AGAIN);',
    ],
    {
      "src/hands/where.ts": [
        'export const WHERE = "../policy/admit.ts";',
        'export const PLACES = { policy: "../policy/admit.ts", now: Date.now() };',
        "export const at = (name: string): string => `../${name}/admit.ts`;",
        'export enum Place { Policy = "../policy/admit.ts" }',
        'export default "../policy/admit.ts";',
      ].join("\n"),
      "src/hands/again.ts": 'export { WHERE as AGAIN } from "./where.ts";\n',
    },
  ],
  [
    "dynamic",
    [
      'const load = (s: string) => import(s);\nexport const x = »load("../policy/admit.ts");',
      'function load(s: string) { return import(s); }\nexport const x = () =>\n  »load("../policy/admit.ts");',
      'const load = (n: string) => import(`../${n}/admit.ts`);\nexport const x = »load("policy");',
      'const inner = (s: string) => import(s);\nconst load = (n: string) => inner(`../${n}/admit.ts`);\nexport const x = »load("policy");',
      'const io = { load(s: string) { return import(s); } };\nexport const x = »io.load("../policy/admit.ts");',
      'class L { static load(s: string) { return import(s); } }\nexport const x = »L.load("../policy/admit.ts");',
      'import { load } from "./loader.ts";\nexport const x = »load("../policy/admit.ts");',
      'import * as io from "./loader.ts";\nexport const x = »io.load("../policy/admit.ts");',
      'import { tools } from "./loader.ts";\nexport const x = »tools.load("../policy/admit.ts");',
    ],
    {
      "src/hands/loader.ts":
        "export const load = (s: string) => import(s);\nexport const tools = { load: (s: string) => import(s) };\n",
    },
  ],
  [
    "require",
    [
      'export const x = »require("../policy/admit.ts");',
      'export const x = »require("../policy/" + "admit.ts");',
      'export const x = »require.resolve("../policy/admit.ts");',
      'export const x = »module.require("../policy/admit.ts");',
      'export const x = »module["require"]("../policy/admit.ts");',
      `${modules}export const x = »createRequire(import.meta.url)("../policy/admit.ts");`,
      `${modules}const load = createRequire(import.meta.url);\nexport const x = »load("../policy/admit.ts");`,
      `${modules}const load = createRequire(import.meta.url);\nexport const x = »load.resolve("../policy/admit.ts");`,
      'import * as m from "module";\nexport const x = »m.createRequire(import.meta.url)("../policy/admit.ts");',
      'const { createRequire } = process.getBuiltinModule("node:module");\nexport const x = »createRequire(import.meta.url)("../policy/admit.ts");',
    ],
  ],
  [
    "worker",
    [
      `${workers}export const x = »new Worker(new URL("../policy/admit.ts", import.meta.url));`,
      `${workers}export const x = »new Worker("./src/policy/admit.ts");`,
      `${workers}const at = new URL("../policy/admit.ts", import.meta.url);\nexport const x = »new Worker(at, { eval: false });`,
      'import threads from "worker_threads";\nexport const x = »new threads.Worker("src/policy/admit.ts");',
      'export const x = »new Worker(new URL("../policy/admit.ts", import.meta.url), { type: "module" });',
    ],
  ],
  [
    "process",
    [
      `${processes}export const x = »fork("src/policy/admit.ts");`,
      `${processes}export const x = »fork(new URL("../policy/admit.ts", import.meta.url));`,
      `${processes}export const x = »spawn(process.execPath, ["--no-warnings", "./src/policy/admit.ts"]);`,
      `${processes}export const x = »execFile("node", ["src/policy/admit.ts"]);`,
      'import { exec } from "child_process";\nexport const x = »exec("node src/policy/admit.ts --fast");',
    ],
  ],
  [
    "loader",
    [
      'import { register } from "node:module";\n»register("../policy/admit.ts", import.meta.url);',
      'import * as m from "node:module";\n»m.register(new URL("../policy/admit.ts", import.meta.url));',
      'import m from "module";\n»m.register("../policy/" + "admit.ts");',
    ],
  ],
  [
    "read",
    [
      `${fs}export const x = »readFileSync("src/policy/admit.ts", "utf8");`,
      `${fs}export const x = »readFileSync(new URL("../policy/admit.ts", import.meta.url));`,
      `${fs}${path}export const x = »readFileSync(join(import.meta.dirname, "../policy/admit.ts"));`,
      'import { readFile } from "fs/promises";\nexport const x = »readFile("./src/policy/admit.ts");',
      'import { promises } from "node:fs";\nexport const x = »promises.readFile("src/policy/admit.ts");',
      'import * as fs from "fs";\nexport const x = »fs.createReadStream("src/policy/admit.ts");',
      'export const x = »process.getBuiltinModule("fs").readFileSync("src/policy/admit.ts");',
      'export const x = »require("fs").readFileSync("src/policy/admit.ts");',
      'export const x = »(await import("node:fs")).readFileSync("src/policy/admit.ts");',
      'export const x = »fetch(new URL("../policy/admit.ts", import.meta.url));',
      'export const x = »new URL("../policy/admit.ts", import.meta.url);',
    ],
  ],
];

/** What looks like naming the target and is none. */
const NONE: readonly string[] = [
  '// import("../policy/admit.ts")',
  '/** import("../policy/admit.ts") */',
  'export const x = "../policy/admit.ts";',
  "export const x = \"import('../policy/admit.ts')\";",
  'export const x = (require: (s: string) => number) => require("../policy/admit.ts");',
  'export const x = { import: (s: string) => s }.import("../policy/admit.ts");',
  'function load(s: string) { return s; }\nexport const x = load("../policy/admit.ts");',
  'import { join } from "node:path";\nexport const x = join("..", "policy", "admit.ts");',
  "export const x = import.meta.url;",
  'export const x = new URL("../policy/admit.ts", "https://example.org");',
  'declare function readFileSync(s: string): string;\nexport const x = readFileSync("src/policy/admit.ts");',
  'import { writeFileSync } from "node:fs";\nwriteFileSync("out.txt", "src/policy/admit.ts");',
];

async function edgesTo(target: string, files: Files): Promise<string[]> {
  using fixture = project(files);
  const { reading } = await readAndCheck({ root: fixture.root });
  const edges = reading?.project.graph.edges ?? [];
  return edges
    .filter(({ to, file }) => to === target && file.startsWith("src/hands/x"))
    .map(({ form, line, column }) => `${form} ${line}:${column}`);
}

/** The text without the mark, and the place of the mark. */
function marked(text: string): { readonly text: string; readonly at: string } {
  const lines = text.slice(0, text.indexOf("»")).split("\n");
  return { text: text.replace("»", ""), at: `${lines.length}:${(lines.at(-1) ?? "").length + 1}` };
}

describe("every way to name a module is an edge of the graph, at the place that names it", () => {
  const rows = WAYS.flatMap(([form, spellings, files = {}]) =>
    spellings.map((spelling) => [form, spelling, files] as const),
  );

  it.each(rows)("%s: %s", async (form, spelling, files) => {
    const { text, at } = marked(spelling);
    const edges = await edgesTo(TARGET, { ...files, "src/hands/x.ts": `${text}\n` });
    expect(edges).toContain(`${form} ${at}`);
  });

  it("has three spellings at least for each form", () => {
    for (const [form, spellings] of WAYS) expect(spellings.length, form).toBeGreaterThanOrEqual(3);
  });
});

describe("what names no module is no edge of the graph", () => {
  it.each(NONE)("%s", async (text) => {
    expect(await edgesTo(TARGET, { "src/hands/x.ts": `${text}\n` })).toEqual([]);
  });
});

describe("what is read outside of the project", () => {
  it("is no edge, since it differs from one machine to the next", async () => {
    using fixture = project({
      "src/hands/x.ts": 'import { readFileSync } from "node:fs";\nexport const x = readFileSync("/proc/self/stat");\n',
    });
    const { reading } = await readAndCheck({ root: fixture.root });
    expect(reading?.project.graph.from("src/hands/x.ts")).toEqual([]);
  });
});

describe("JSDoc of JavaScript names types, and that of TypeScript does not", () => {
  const spellings = [
    '/** @type {»import("../policy/admit.ts").Rule} */\nexport let x;',
    '/**\n * @param {Array<»import("../policy/admit.ts").Rule>} a\n */\nexport function f(a) { return a; }',
    '/** »@import { Rule } from "../policy/admit.ts" */\nexport const x = 1;',
    "/** @typedef {Object} X\n * @property {»import('../policy/admit.ts').Rule} r */\nexport const x = 1;",
  ];

  it.each(spellings)("%s", async (spelling) => {
    const { text, at } = marked(spelling);
    expect(await edgesTo(TARGET, { "src/hands/x.js": text })).toContain(`jsdoc ${at}`);
    expect(await edgesTo(TARGET, { "src/hands/x.ts": text })).toEqual([]);
  });

  it("takes an import in prose for an example", async () => {
    expect(
      await edgesTo(TARGET, { "src/hands/x.js": '/** Write import("../policy/admit.ts") here. */\nexport {};' }),
    ).toEqual([]);
  });
});
