/** A kind of law in one sentence, and a file that breaks it beside one that keeps it. */
export interface KindExample {
  readonly says: string;
  /** Where the example would stand, in a project of main, policy, engine (the machine), hands and model. */
  readonly file: string;
  readonly breaks: string;
  readonly keeps: string;
  /** What the law is configured with, for kinds that say nothing without it. */
  readonly law?: Readonly<Record<string, unknown>>;
}

const FROM_MODEL = 'import type { Noun } from "#model";\nexport type X = Noun;\n';

/** By kind. The tests hold each to its word. */
export const KIND_EXAMPLES: Readonly<Record<string, KindExample>> = {
  "allow-matrix": {
    says: "A layer imports only the layers that its mayImport lists; what is not listed is forbidden.",
    file: "src/hands/price.ts",
    breaks: 'import type { Rule } from "#policy";\nexport type X = Rule;\n',
    keeps: FROM_MODEL,
  },
  "face-only": {
    says: "Other layers import a layer only by its face, and the face only re-exports, name by name.",
    file: "src/main/start.ts",
    breaks: 'export { admit } from "../policy/admit.ts";\n',
    keeps: 'export { admit } from "#policy";\n',
  },
  acyclic: {
    says: "No file imports itself, not even by way of others, not even for types.",
    file: "src/hands/ring.ts",
    breaks: 'export * as self from "./ring.ts";\n',
    keeps: 'export type { Hand } from "./port.ts";\n',
  },
  "type-only": {
    says: "What may be imported by type only is imported by `import type`; the inline `import { type X }` loads the file and is refused everywhere.",
    file: "src/engine/version.ts",
    breaks: 'export { VERSION } from "#model";\n',
    keeps: 'export type { Noun } from "#model";\n',
  },
  declared: {
    says: "Every file under the root belongs to a layer. One that does not leaves the check unproven.",
    file: "src/helpers/text.ts",
    breaks: "export const text = 1;\n",
    keeps: "",
  },
  "adapters-only-from": {
    says: "Implementations of ports are named only by the places that put the program together.",
    file: "src/policy/hand.ts",
    breaks: 'export { createIronHand } from "../hands/adapters/iron.ts";\n',
    keeps: FROM_MODEL,
  },
  "mint-only": {
    says: "Only certain places make values of a type: by a cast, a predicate or an ambient declaration.",
    file: "src/main/token.ts",
    breaks: 'import type { Token } from "#model";\nexport const token = "x" as Token;\n',
    keeps: 'import { admit } from "#policy";\nexport const token = admit();\n',
  },
  "visible-imports": {
    says: "Every import can be seen: no computed names, no createRequire, no code made of text.",
    file: "src/main/load.ts",
    breaks: "export const load = (name: string) => import(`./${name}.ts`);\n",
    keeps: 'export const load = () => import("./main.ts");\n',
  },
  "port-only-types": {
    says: "A file that a layer lists in its ports holds types and nothing else.",
    file: "src/hands/port.ts",
    breaks: "export interface Hand { grip(noun: string): Promise<number> }\nexport const LIMIT = 1;\n",
    keeps: "export interface Hand { grip(noun: string): Promise<number> }\n",
  },
  "cannot-reach": {
    says: "From a layer nothing of others can be reached: not by a value, not by a type, not by way of a third file. In a machine layer what cannot be followed counts as reaching.",
    file: "src/engine/decide.ts",
    breaks: 'import type { Rule } from "#policy";\nexport type X = Rule;\n',
    keeps: FROM_MODEL,
  },
  "touches-only": {
    says: "A layer uses only the globals, modules of Node and packages that it was given; the list is of what is allowed.",
    file: "src/engine/clock.ts",
    breaks: "export const started = Date.now();\n",
    keeps: "export const startedAt = (now: () => number): number => now();\n",
  },
  budget: {
    says: "A layer stays within its budget of lines that hold code.",
    file: "src/engine/long.ts",
    breaks: "export {};\n".repeat(41),
    keeps: "export {};\n",
  },
  independent: {
    says: "Layers that stand side by side do not know one another, neither directly nor by way of others.",
    file: "src/hands/price.ts",
    breaks: 'import type { Rule } from "#policy";\nexport type X = Rule;\n',
    keeps: FROM_MODEL,
    law: { among: ["policy", "hands"] },
  },
  protected: {
    says: "Only the places that are named may import what is protected.",
    file: "src/hands/price.ts",
    breaks: 'import type { Rule } from "#policy";\nexport type X = Rule;\n',
    keeps: FROM_MODEL,
    law: { to: ["policy"], only: ["main"] },
  },
  builtins: {
    says: "Only the places that are named import these modules of Node, by whatever name.",
    file: "src/policy/read.ts",
    breaks: 'export { readFileSync } from "node:fs";\n',
    keeps: "export const read = (text: string): string => text;\n",
    law: { modules: ["fs"], only: ["main"] },
  },
  globals: {
    says: "Only the places that are named use these globals, directly or by another name.",
    file: "src/policy/clock.ts",
    breaks: "export const now = Date.now();\n",
    keeps: "export const startedAt = (now: () => number): number => now();\n",
    law: { names: ["Date.now"], only: ["main"] },
  },
  packages: {
    says: "Each place imports only the packages that it was allowed.",
    file: "src/policy/shape.ts",
    breaks: 'export * from "zod";\n',
    keeps: FROM_MODEL,
    law: { allow: { main: ["*"] } },
  },
  "no-orphans": {
    says: "Every file is reached from where programs, tests and other packages come in.",
    file: "src/hands/lost.ts",
    breaks: "export const lost = 1;\n",
    keeps: "",
    law: { entries: ["src/main/main.ts"] },
  },
};
