import { describe, expect, it } from "vitest";
import { check } from "../src/index.ts";
import type { Files } from "./support/fixture.ts";
import { configured, project } from "./support/fixture.ts";
import { FURTHER_LAWS, withLaws } from "./support/further-laws.ts";

const { APART, GUARDED, NODE, AIR, PACKAGES, LIVING } = FURTHER_LAWS;

/** Where each law is broken, as `file:line`, when the base gets these files; nowhere if the list is empty. */
type Row = readonly [title: string, breaches: readonly string[], files: Files];

async function breachesOf(law: object, files: Files): Promise<string[]> {
  using fixture = project({ ...withLaws({ LAW: law }), ...files });
  const { violations } = await check({ root: fixture.root });
  return violations.map(({ law: id, file, line }) => (id === "LAW" ? `${file}:${line}` : `${id} ${file}:${line}`));
}

/** One file of a layer that the law does not allow, line by line. */
function inPolicy(...lines: string[]): Files {
  return { "src/policy/x.ts": `${lines.join("\n")}\n` };
}

const X1 = ["src/policy/x.ts:1"];
const X2 = ["src/policy/x.ts:2"];
const NOWHERE: string[] = [];

describe("independent: layers that must not know one another", () => {
  const rows: readonly Row[] = [
    ["one imports the other", X1, inPolicy('export * from "#hands";')],
    ["one names the other in a type only", X2, inPolicy("", 'export type { Hand } from "#hands";')],
    [
      "one knows the other by way of a third",
      X1,
      {
        ...inPolicy('export type { Hand } from "../model/x.ts";'),
        "src/model/x.ts": 'export type { Hand } from "#hands";\n',
      },
    ],
    ["both know a third that knows neither", NOWHERE, inPolicy('export type { Noun } from "#model";')],
    ["one that is not among them knows both", NOWHERE, { "src/main/x.ts": 'import "#hands";\nimport "#policy";\n' }],
  ];

  it.each(rows)("%s", async (_title, breaches, files) => {
    expect(await breachesOf(APART, files)).toEqual(breaches);
  });

  it("lets ways through others pass when only direct imports count", async () => {
    const files = {
      ...inPolicy('export type { Hand } from "../model/x.ts";'),
      "src/model/x.ts": 'export type { Hand } from "#hands";\n',
    };
    expect(await breachesOf({ ...APART, transitive: false }, files)).toEqual([]);
  });

  it("takes each folder that a glob matches for itself", async () => {
    const law = { kind: "independent", among: ["src/main/features/*"] };
    const files = {
      "src/main/features/a/a.ts": 'export { b } from "../b/b.ts";\n',
      "src/main/features/b/b.ts": "export const b = 1;\n",
    };
    expect(await breachesOf(law, files)).toEqual(["src/main/features/a/a.ts:1"]);
  });

  it("is unproven for a glob that matches one folder: nothing is independent of itself", async () => {
    const law = { kind: "independent", among: ["src/main/features/*"] };
    expect(await breachesOf(law, { "src/main/features/a/a.ts": "export const a = 1;\n" })).toEqual([
      expect.stringMatching(/^CONFIG layers.json:/),
    ]);
  });
});

describe("protected: what few may import", () => {
  const rows: readonly Row[] = [
    ["somebody else imports it", ["src/main/x.ts:1"], { "src/main/x.ts": 'export * from "../policy/admit.ts";\n' }],
    ["a neighbour in its own layer imports it", X1, inPolicy('export { admit } from "./admit.ts";')],
    ["somebody else names its type", X1, inPolicy('export type X = import("./admit.ts").Rule;')],
    ["somebody imports what may import it", NOWHERE, inPolicy('export { admit } from "./index.ts";')],
  ];

  it.each(rows)("%s", async (_title, breaches, files) => {
    expect(await breachesOf(GUARDED, files)).toEqual(breaches);
  });

  it("lets its own files import each other when nobody else may", async () => {
    const law = { kind: "protected", to: ["policy"], only: [] };
    using fixture = project(withLaws({ LAW: law }));
    const { violations } = await check({ root: fixture.root });
    expect(violations.map(({ file, message }) => `${file}: ${message}`)).toEqual([
      "src/main/main.ts: src/main/main.ts imports src/policy/index.ts, which is protected: only it itself may",
    ]);
  });
});

describe("builtins: which places import which modules of Node", () => {
  const rows: readonly Row[] = [
    ["it is imported by its name", X1, inPolicy('export { readFileSync } from "node:fs";')],
    ["it is imported without node:", X1, inPolicy('import fs from "fs";', "export const x = fs;")],
    ["its promises are imported", X1, inPolicy('export { readFile } from "node:fs/promises";')],
    ["an inner alias of another is imported", NOWHERE, inPolicy('export * as x from "node:path/posix";')],
    ["it is loaded lazily", X1, inPolicy('export const x = () => import("node:net");')],
    [
      "it is required",
      ["src/policy/x.cts:1"],
      { "src/policy/x.cts": 'import net = require("net");\nexport const x = net;\n' },
    ],
    ["it is taken from process", X1, inPolicy('export const x = process.getBuiltinModule("fs");')],
    ["another is taken from process", NOWHERE, inPolicy('export const x = process.getBuiltinModule("node:path");')],
    [
      "nobody can say which is taken from process",
      X1,
      inPolicy("export const x = (n: string) => process.getBuiltinModule(n);"),
    ],
    ["the way to them is taken from process", X1, inPolicy("export const { getBuiltinModule: x } = process;")],
    [
      "process is imported for the way to them",
      X2,
      inPolicy('import p from "node:process";', 'export const x = p.getBuiltinModule("net");'),
    ],
    ["only its types are imported", NOWHERE, inPolicy('export type { Socket } from "node:net";')],
    ["it is imported where it may be", NOWHERE, { "src/hands/adapters/x.ts": 'export * as x from "node:fs";\n' }],
  ];

  it.each(rows)("%s", async (_title, breaches, files) => {
    expect(await breachesOf(NODE, files)).toEqual(breaches);
  });

  it("refuses a module that Node does not have", async () => {
    using fixture = project(withLaws({ LAW: { ...NODE, modules: ["filesystem"] } }));
    const { exitCode, violations } = await check({ root: fixture.root });
    expect(exitCode).toBe(2);
    expect(violations[0]?.message).toBe("laws.LAW.modules[0]: is no built-in module of Node");
  });
});

describe("globals: which places use which globals", () => {
  const rows: readonly Row[] = [
    ["a member is used", X1, inPolicy('export const x = process.env["HOME"];')],
    ["a global is called", X1, inPolicy("export const x = setTimeout(() => undefined, 1);")],
    ["a member is used through globalThis", X1, inPolicy("export const x = globalThis.process.env;")],
    [
      "a member is used through a chain of globals and casts",
      X1,
      inPolicy("export const x = (global as any).globalThis?.process!.env;"),
    ],
    ["a member is written in brackets", X1, inPolicy('export const x = Date["now"]();')],
    ["a member is computed", X1, inPolicy("export const x = (n: 'now') => Date[n]();")],
    ["it is taken apart", X1, inPolicy("export const { env } = process;")],
    ["it is taken apart in an assignment", X2, inPolicy("let env;", "({ env } = process);", "export const x = env;")],
    ["it is taken apart as a default", X1, inPolicy("export const x = ({ env } = process) => env;")],
    ["it is taken apart through globalThis", X1, inPolicy("export const { process: { env: x } } = globalThis;")],
    ["the rest of it is taken", X1, inPolicy("export const { pid, ...x } = process;")],
    ["it is called by another name", X1, inPolicy("const D = Date;", "export const x = D.now();")],
    ["a global is handed on", X1, inPolicy("export const x = [setTimeout];")],
    ["everything is handed on", X1, inPolicy("export const x: unknown = Reflect.get(globalThis, 'process');")],
    ["a date is made without a time", X1, inPolicy("export const x = new Date();")],
    ["the clock is asked for in words", X1, inPolicy("export const x = Date();")],
    ["a member is imported from Node", X1, inPolicy('export { randomUUID } from "node:crypto";')],
    [
      "a member is imported from Node and renamed",
      X1,
      inPolicy('import { env as x } from "process";', "export { x };"),
    ],
    ["it is imported from Node as a whole", X2, inPolicy('import p from "node:process";', "export const x = p.env;")],
    [
      "all of a module of Node is imported",
      X2,
      inPolicy('import * as c from "node:crypto";', "export const x = c.webcrypto.randomUUID();"),
    ],
    [
      "a timer is imported from Node",
      X1,
      inPolicy('import { setTimeout as x } from "node:timers/promises";', "export { x };"),
    ],
    [
      "the timers of Node are imported",
      X2,
      inPolicy('import * as t from "node:timers";', "export const x = t.promises.setTimeout(1);"),
    ],
    ["a member is imported lazily", X1, inPolicy('export const x = (await import("node:process")).env;')],
    ["another member is used", NOWHERE, inPolicy("export const x = [process.pid, Math.max(1, 2), Date.UTC(1, 1)];")],
    ["another member is taken apart", NOWHERE, inPolicy("export const { pid } = process;")],
    ["a date is made of a time", NOWHERE, inPolicy("export const x = new Date(0);")],
    ["a type is tested", NOWHERE, inPolicy("export const x = (d: unknown) => d instanceof Date && typeof setTimeout;")],
    ["a type is named", NOWHERE, inPolicy("export type X = Date | typeof process.env;")],
    ["a name of one's own is the same", NOWHERE, inPolicy("export const x = (setTimeout: number) => setTimeout;")],
    ["a member of something else has the same name", NOWHERE, inPolicy("export const x = (o: any) => o.process.env;")],
    [
      "another export of a module of Node is used",
      NOWHERE,
      inPolicy('import c, { createHash } from "node:crypto";', "export const x = [createHash, c.createHash];"),
    ],
    ["another module of Node is imported", NOWHERE, inPolicy('export { setImmediate } from "node:timers/promises";')],
    ["it is used where it may be", NOWHERE, { "src/main/x.ts": "export const x = [process.env, Date.now()];\n" }],
  ];

  it.each(rows)("%s", async (_title, breaches, files) => {
    expect(await breachesOf(AIR, files)).toEqual(breaches);
  });

  it("refuses a name that is no global and no member of one", async () => {
    using fixture = project(withLaws({ LAW: { ...AIR, names: ["process.env.HOME"] } }));
    const { exitCode, violations } = await check({ root: fixture.root });
    expect(exitCode).toBe(2);
    expect(violations[0]?.message).toContain("laws.LAW.names[0]: is no global such as");
  });
});

const INSTALLED: Files = {
  "node_modules/pkg/package.json": '{"name":"pkg","type":"module","exports":{".":"./i.js","./deep":"./i.js"}}',
  "node_modules/pkg/i.js": "export const a = 1;",
  "node_modules/@me/one/package.json": '{"name":"@me/one","type":"module","exports":"./i.js"}',
  "node_modules/@me/one/i.js": "export const a = 1;",
};

describe("packages: which places import which packages", () => {
  const law = { kind: "packages", allow: { main: ["pkg"], "src/hands/adapters": ["@me/*"] } };
  const kept = {
    ...INSTALLED,
    "src/main/x.ts": 'export * from "pkg/deep";\n',
    "src/hands/adapters/x.ts": 'export * from "@me/one";\n',
  };
  const rows: readonly Row[] = [
    ["they are imported where they may be", NOWHERE, {}],
    ["a place that is not named imports one", X1, inPolicy('export { a } from "pkg";')],
    [
      "a place imports one that another may",
      ["src/main/y.ts:1"],
      { "src/main/y.ts": 'export { a } from "@me/one";\n' },
    ],
    ["only a type of one is imported", X1, inPolicy('export type X = typeof import("pkg");')],
  ];

  it.each(rows)("%s", async (_title, breaches, files) => {
    expect(await breachesOf(law, { ...kept, ...files })).toEqual(breaches);
  });

  it("names a package also if it is not installed, beside that it leads nowhere", async () => {
    expect(await breachesOf(PACKAGES, inPolicy('export * from "@me/absent/deep";'))).toEqual([
      "CONFIG src/policy/x.ts:1",
      "src/policy/x.ts:1",
    ]);
  });

  it("is unproven for a package that is allowed and that nobody imports", async () => {
    using fixture = project({ ...withLaws({ LAW: { kind: "packages", allow: { main: ["pgk"] } } }) });
    const { exitCode, violations } = await check({ root: fixture.root });
    expect(exitCode).toBe(2);
    expect(violations[0]?.message).toBe('LAW matches nothing: allow: nothing in "main" imports the package "pgk"');
  });
});

describe("no-orphans: nothing lies about that nobody loads", () => {
  const rows: readonly Row[] = [
    ["every file is reached from an entry", NOWHERE, {}],
    ["a file is imported by nobody", X1, inPolicy("export const x = 1;")],
    [
      "two files import each other and nobody else imports them",
      ["src/policy/x.ts:1", "src/policy/y.ts:1"],
      { ...inPolicy('export type * as y from "./y.ts";'), "src/policy/y.ts": 'export type * as x from "./x.ts";\n' },
    ],
    ["a file is imported by another entry", NOWHERE, { "src/main/x.ts": "export const x = 1;\n" }],
  ];

  it.each(rows)("%s", async (_title, breaches, files) => {
    expect(await breachesOf(LIVING, files)).toEqual(breaches);
  });

  it("takes entries by glob, and is unproven for a glob that matches nothing", async () => {
    const law = { kind: "no-orphans", entries: ["src/main/main.ts", "src/**/*.worker.ts"] };
    expect(await breachesOf(law, { "src/hands/x.worker.ts": "export const x = 1;\n" })).toEqual([]);
    expect(await breachesOf(law, {})).toEqual([expect.stringMatching(/^CONFIG layers.json:/)]);
  });
});

describe("the further laws together", () => {
  it("are all kept by the base", async () => {
    using fixture = project(configured((config) => ({ ...config, laws: { ...config.laws, ...FURTHER_LAWS } })));
    expect(await check({ root: fixture.root })).toMatchObject({ ok: true, violations: [] });
  });
});
