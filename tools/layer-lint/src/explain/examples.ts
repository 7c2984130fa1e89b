/** A kind of law in one sentence, and a file that breaks it beside one that keeps it. */
export interface KindExample {
  readonly says: string;
  /** Where the example would stand, in a project of main, policy, engine (the machine), hands and model. */
  readonly file: string;
  readonly breaks: string;
  readonly keeps: string;
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
};
