import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync, rawTransferSupported } from "oxc-parser";
import { describe, expect, it } from "vitest";
import { check } from "../src/index.ts";
import type { Files } from "./support/fixture.ts";
import { configured, project } from "./support/fixture.ts";

/** Code of the machine layer that leads nobody knows where; `»` stands before what has to be named. */
const OPAQUE: readonly (readonly [title: string, text: string])[] = [
  [
    "a built-in module, where it is used",
    'import { readFileSync } from "node:fs";\nexport const x = »readFileSync("a");',
  ],
  ["a built-in module under a name of its own", 'import * as f from "fs";\nexport const x = »f.readdirSync;'],
  ["a loader hook", 'import { registerHooks } from "node:module";\n»registerHooks({});\nexport {};'],
  ["a machine of its own", 'import vm from "node:vm";\nexport const x = »vm.runInThisContext("1");'],
  ["eval", 'export const x: unknown = »eval("1");'],
  ["eval by another name", 'const e = »eval;\nexport const x: unknown = e("1");'],
  ["the Function constructor", 'export const x = new »Function("return 1");'],
  ["a constructor of a constructor", 'export const x = »([] as any).constructor.constructor("1");'],
  ["a constructor by a computed name", 'const c = "con" + "structor";\nexport const x = »([] as any)[c];'],
  ["a constructor by destructuring", "const { »constructor: C } = [] as any;\nexport const x = C;"],
  ["the constructor of an async function", "export const x = »Object.getPrototypeOf(async () => 1).constructor;"],
  ["the prototype of a class", "export class A {}\nexport const x = »A.prototype;"],
  ["__proto__", "export const x = ({} as any).__proto__;".replace("({}", "»({}")],
  ["Reflect", 'export const x: unknown = »Reflect.get({}, "a");'],
  ["Proxy", "export const x = new »Proxy({}, {});"],
  ["the global object", "export const x = (»globalThis as any).policy;"],
  ["a computed member of the global object", "export const x = (n: string): unknown => »(globalThis as any)[n];"],
  ["Object held as a value", "const O = »Object;\nexport const x = O;"],
  ["a computed member of Object", "export const x = (n: string) => »(Object as any)[n];"],
  ["a member of Object that sets prototypes", "export const x = »Object.setPrototypeOf({}, null);"],
  ["what prepares stack traces", "export const x = »(Error as any).prepareStackTrace;"],
  ["a call of two computed members", "export const x = (a: any, b: string, c: string) => »a[b][c]();"],
  ["an import that nobody can compute", "export const x = (n: string) => »import(n);"],
  ["a require that nobody can compute", "export const x = (n: string) => »require(n);"],
  ["code in a data: URL", '»import "data:text/javascript,1";\nexport {};'],
  ["import.meta as a resolver", 'export const x = »import.meta.resolve("./run.ts");'],
  ["a worker that nobody listed", 'export const x = new »Worker("a.js");'],
  [
    "a name in an object that is changed",
    'const P = { a: "./run.ts" };\n(P as any).a = String(Math.PI);\nexport const x = () => »import(P.a);',
  ],
  [
    "a name in an object that is handed on",
    'const P = { a: "./run.ts" };\nexport const f = (g: (p: object) => void) => { g(P); return »import(P.a); };',
  ],
  [
    "a name in an object that others may change",
    'export const P = { a: "./run.ts" };\nexport const x = () => »import(P.a);',
  ],
  [
    "a name in a list that grows",
    'const P = ["./run.ts"];\nP.unshift(String(Math.PI));\nexport const x = () => »import(P[0]!);',
  ],
  [
    "a URL that is changed",
    'const u = new URL("./run.ts", import.meta.url);\nu.pathname = String(Math.PI);\nexport const x = () => »import(u.href);',
  ],
  [
    "a name in a field that others may change",
    'export class A { at = "./run.ts"; load() { return »import(this.at); } }',
  ],
];

/** Code of the machine layer that is plain. */
const PLAIN: readonly (readonly [title: string, text: string])[] = [
  ["records and lists", "export const x = Object.entries({ a: 1 }).map(([key, value]) => `${key}${value}`);"],
  [
    "a computed member of what it was given",
    "export const x = (all: Record<string, number>, key: string) => all[key];",
  ],
  [
    "a prototype that is only compared",
    "export const x = (v: object) => Object.getPrototypeOf(v) === Object.prototype;",
  ],
  [
    "a prototype that is held, and only compared",
    "export const x = (v: object) => { const p: unknown = Object.getPrototypeOf(v); return p === null || p === Object.prototype; };",
  ],
  [
    "errors of its own",
    'export class Fault extends Error { override readonly name = "Fault"; }\nexport const x = (e: unknown) => e instanceof Error;',
  ],
  ["a class with a constructor", "export class A { readonly a: number; constructor(a: number) { this.a = a; } }"],
  ["a folded import of its own", 'export const x = () => import("./" + "run.ts");'],
  ["a name in an object that only is read", 'const P = { a: "./run.ts" };\nexport const x = () => import(P.a);'],
  [
    "a name in an object that is frozen",
    'export const P = Object.freeze({ a: "./run.ts" });\nexport const x = () => import(P.a);',
  ],
  ["types of globals", "export type X = Reflect2 | ProxyHandler<object>;\ninterface Reflect2 { a: typeof Reflect }"],
  ["conversion by a function as a value", "export const x = [1].map(String);"],
];

async function sealed(text: string, more: Files = {}): Promise<string[]> {
  // The law about purity of its own is another matter than where code leads.
  const files = configured((config) => ({ ...config, laws: { SEALED: config.laws.SEALED } }));
  using fixture = project({ ...files, ...more, "src/engine/x.ts": `${text}\n` });
  const { violations } = await check({ root: fixture.root });
  return violations
    .filter(({ law, file }) => law === "SEALED" && file === "src/engine/x.ts")
    .map(({ line, column }) => `${line}:${column}`);
}

function marked(text: string): { readonly text: string; readonly at: string } {
  const lines = text.slice(0, text.indexOf("»")).split("\n");
  return { text: text.replace("»", ""), at: `${lines.length}:${(lines.at(-1) ?? "").length + 1}` };
}

describe("in a machine layer, what cannot be followed breaks the seal where it stands", () => {
  it.each(OPAQUE)("%s", async (_title, spelling) => {
    const { text, at } = marked(spelling);
    expect(await sealed(text)).toContain(at);
  });
});

describe("in a machine layer, what is plain is left alone", () => {
  it.each(PLAIN)("%s", async (_title, text) => {
    expect(await sealed(text)).toEqual([]);
  });
});

describe("both ways to get a tree from the parser", () => {
  it.runIf(rawTransferSupported())("give the same tree of every file of this package", () => {
    const folder = join(import.meta.dirname, "..");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    expect(files.length).toBeGreaterThan(50);
    for (const file of files) {
      const text = readFileSync(join(folder, file), "utf8");
      const plain = parseSync(file, text, { astType: "ts", preserveParens: false });
      const raw = parseSync(
        file,
        text,
        Object.assign({ experimentalRawTransfer: true }, { astType: "ts" as const, preserveParens: false }),
      );
      expect(JSON.stringify(raw.program, byKey), file).toBe(JSON.stringify(plain.program, byKey));
      expect(raw.comments, file).toEqual(plain.comments);
    }
  });
});

/** Keys in one order; the parser's two ways differ in it, and in whether a bigint is a bigint. */
function byKey(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "parent");
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
