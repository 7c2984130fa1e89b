import { isBuiltin } from "node:module";
import { z } from "zod";
import type { Project } from "../project.ts";
import type { Breach, Place } from "../report/finding.ts";
import { findUses } from "../uses/find-uses.ts";
import { restrictionsOf } from "../uses/restrictions.ts";
import { filesOutside, placesInWords } from "./globals.ts";
import { areaNamesOrNone, defineLaw, lawSchema } from "./law.ts";
import { NOTHING, one, plantedOutside, together } from "./planting.ts";

const MAX_NAMES = 1000;
const LOADER = "process.getBuiltinModule";

/** Some modules of Node are imported at named places only, by whatever alias: with `node:` or without, `fs/promises` for `fs`, by `process.getBuiltinModule`. */
export const builtins = defineLaw({
  kind: "builtins",
  schema: lawSchema("builtins", {
    modules: z
      .array(
        z
          .string()
          .max(200)
          .refine((name) => isBuiltin(name) || isBuiltin(`node:${name}`), { message: "is no built-in module of Node" }),
      )
      .min(1)
      .max(MAX_NAMES)
      .describe("Built-in modules of Node; fs stands for fs/promises too."),
    only: areaNamesOrNone.describe("Where they may be imported; an empty list means nowhere."),
  }),
  why: "What touches files, the network or processes stands at few known places, where it can be looked after.",
  help: "Ask for what is needed through a port, or move the code to a place that may touch it.",
  areas: ({ only }) => only.map((text) => ({ key: "only", text })),
  check({ modules, only }, project) {
    const forbidden = new Set(modules.map(familyOf));
    const outside = new Set(filesOutside(only, project));
    const imports = importsOf(project);
    const others = loadedByProcess(outside, project).filter((each) => !imports.some((known) => isSame(known, each)));
    return [...imports, ...others]
      .filter(({ file, module }) => outside.has(file) && (module === undefined || forbidden.has(familyOf(module))))
      .map(({ file, line, column, what }): Breach => ({
        file,
        line,
        column,
        message: `It imports ${what}: ${placesInWords(only)}`,
      }));
  },
  plant({ modules, only }, project) {
    const areas = only.map((text) => project.layout.area(text));
    const texts = modules.map((name) => familyOf(name)).flatMap(samplesOf);
    return together(
      [...new Set(texts)].map((text, index) => {
        const path = plantedOutside(areas, { project, label: `builtin-${index}` });
        return path === undefined ? NOTHING : one(path, text);
      }),
    );
  },
});

interface Loading extends Place {
  /** Undefined if nobody can say which. */
  readonly module: string | undefined;
  readonly what: string;
}

function importsOf({ graph }: Project): Loading[] {
  return graph.externals
    .filter(({ external, typeOnly }) => external.kind === "builtin" && !typeOnly)
    .map(({ file, line, column, external: { name } }) => ({ file, line, column, module: name, what: `node:${name}` }));
}

/** Whether the graph has the import already. */
function isSame(known: Loading, other: Loading): boolean {
  return known.file === other.file && known.line === other.line && known.module === other.module?.replace(/^node:/, "");
}

function loadedByProcess(files: ReadonlySet<string>, project: Project): Loading[] {
  const restrictions = restrictionsOf([LOADER]);
  return [...files].flatMap((file) =>
    findUses(file, project, restrictions).map(({ what, argument, ...place }) => ({
      ...place,
      module: argument,
      what:
        argument === undefined
          ? `what nobody can say, through ${what}`
          : `node:${familyOf(argument)} through ${LOADER}`,
    })),
  );
}

/** `fs` for `node:fs/promises`, `http` for `_http_agent`: the module by which all of its aliases go. */
function familyOf(name: string): string {
  const [first = ""] = name.replace(/^node:/, "").split("/");
  if (first === "sys") return "util";
  return first.replace(/^_([a-z]+)_.*$/, "$1");
}

function samplesOf(family: string): string[] {
  return [
    `export * as planted from "node:${family}";\n`,
    `export const planted: unknown = process.getBuiltinModule("node:${family}");\n`,
    "export const { getBuiltinModule: planted } = process;\n",
  ];
}
