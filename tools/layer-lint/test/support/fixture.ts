import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Files by path; `null` leaves out a file of the base. */
export type Files = Readonly<Record<string, string | null>>;

/** A project in a temporary folder; it goes away with the block that uses it. */
export interface Fixture extends Disposable {
  readonly root: string;
}

/** The configuration of the base; tests change copies of it. */
export const LAYERS = {
  root: "src",
  tsconfig: "tsconfig.json",
  layers: [
    { name: "main", path: "src/main", mayImport: ["*"] },
    { name: "policy", path: "src/policy", mayImport: ["model"] },
    {
      name: "engine",
      path: "src/engine",
      machine: true,
      budget: { lines: 40 },
      mayImport: [
        { layer: "hands", as: "type" },
        { layer: "model", as: "type" },
      ],
    },
    {
      name: "hands",
      path: "src/hands",
      ports: ["src/hands/port.ts"],
      adapters: "src/hands/adapters",
      mayImport: ["model"],
    },
    { name: "model", path: "src/model", mayImport: [] },
  ],
  machine: { builtins: [] },
  laws: {
    MATRIX: { kind: "allow-matrix" },
    FACES: { kind: "face-only" },
    CYCLES: { kind: "acyclic" },
    TYPES: { kind: "type-only" },
    DECLARED: { kind: "declared" },
    ADAPTERS: { kind: "adapters-only-from", from: ["main"] },
    MINT: { kind: "mint-only", type: "Token", only: ["src/policy"] },
    VISIBLE: { kind: "visible-imports" },
    PORTS: { kind: "port-only-types" },
    SEALED: { kind: "cannot-reach", from: "engine", to: ["policy", "main"], strict: true },
    TOUCHES: { kind: "touches-only", in: "engine" },
    BUDGET: { kind: "budget" },
  },
};

/** A small project that keeps every law. */
const BASE: Files = {
  "package.json": JSON.stringify({
    name: "fixture",
    type: "module",
    imports: Object.fromEntries(
      ["policy", "engine", "hands", "model"].map((name) => [`#${name}`, `./src/${name}/index.ts`]),
    ),
  }),
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      module: "nodenext",
      target: "esnext",
      strict: true,
      allowImportingTsExtensions: true,
      noEmit: true,
    },
    include: ["src"],
  }),
  "layers.json": JSON.stringify(LAYERS, undefined, 2),
  "src/main/main.ts": [
    'import { createIronHand } from "#hands";',
    'import { run } from "#engine";',
    'import { admit } from "#policy";',
    "export const app = [createIronHand, run, admit];",
  ].join("\n"),
  "src/policy/index.ts": 'export { admit } from "./admit.ts";\nexport type { Rule } from "./admit.ts";\n',
  "src/policy/admit.ts": [
    'import type { Token } from "#model";',
    "export interface Rule { readonly name: string }",
    "export function admit(): Token { return {} as Token; }",
  ].join("\n"),
  "src/engine/index.ts": 'export { run } from "./run.ts";\n',
  "src/engine/run.ts": [
    'import type { Hand } from "#hands";',
    'import type { Noun } from "#model";',
    "export async function run(hand: Hand, noun: Noun): Promise<number> {",
    "  return Math.max(1, await hand.grip(noun));",
    "}",
  ].join("\n"),
  "src/hands/index.ts":
    'export type { Hand } from "./port.ts";\nexport { createIronHand } from "./adapters/iron.ts";\n',
  "src/hands/port.ts":
    'import type { Noun } from "#model";\nexport interface Hand { grip(noun: Noun): Promise<number> }\n',
  "src/hands/adapters/iron.ts":
    'import type { Hand } from "../port.ts";\nexport function createIronHand(): Hand { return { grip: () => Promise.resolve(1) }; }\n',
  "src/model/index.ts": 'export type { Noun, Token } from "./nouns.ts";\nexport { VERSION } from "./nouns.ts";\n',
  "src/model/nouns.ts":
    "declare const token: unique symbol;\nexport type Noun = string;\nexport type Token = Noun & { readonly [token]: true };\nexport const VERSION = 1;\n",
};

/** Writes the base with `changes` on top; `links` are symbolic links by path. */
export function project(changes: Files = {}, links: Readonly<Record<string, string>> = {}): Fixture {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "layer-lint-test-")));
  for (const [path, text] of Object.entries({ ...BASE, ...changes })) {
    if (text === null) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target, join(root, path));
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

/** The base's configuration with `change` done to a copy, as the text of `layers.json`. */
export function configured(change: (config: typeof LAYERS) => unknown): Files {
  const copy = structuredClone(LAYERS);
  const changed = change(copy) ?? copy;
  return { "layers.json": JSON.stringify(changed, undefined, 2) };
}
