import { z } from "zod";
import type { Project } from "../project.ts";
import type { Breach } from "../report/finding.ts";
import { PURE_GLOBALS } from "../source/free-names.ts";
import { areaName, defineLaw, lawSchema } from "./law.ts";
import { NOTHING, plantedPath, together } from "./planting.ts";

const names = z.array(z.string().min(1).max(200)).max(1000);

/** A layer uses only the globals, built-in modules and packages that it was allowed: an allow-list, so what is new is forbidden. */
export const touchesOnly = defineLaw({
  kind: "touches-only",
  schema: lawSchema("touches-only", {
    in: areaName,
    /** Built-in modules of Node, without `node:`; none if absent. */
    builtins: names.optional(),
    /** Packages; none if absent. */
    packages: names.optional(),
    /** Globals; if absent those of the language that are pure. `Date.now`, `new Date()`, `Math.random`, `AbortSignal.timeout` never are. */
    globals: names.optional(),
  }),
  defaults: { builtins: [], packages: [], globals: [...PURE_GLOBALS] },
  why: "What is handed in can be seen, faked and replayed; what is reached for cannot.",
  help: "Have it handed in (a clock, an id, a port), or move the code to a layer that may touch it.",
  areas: (config) => [{ key: "in", text: config.in }],
  touches: ({ in: area, builtins = [], packages = [] }) => ({ in: area, builtins, packages }),
  check(config, project) {
    const area = project.layout.area(config.in);
    const allowed = {
      builtins: new Set(config.builtins),
      packages: new Set(config.packages),
      globals: new Set(config.globals ?? PURE_GLOBALS),
    };
    return [...foreignImports(project, allowed), ...foreignGlobals(project, allowed)].filter(({ file }) =>
      area.contains(file),
    );
  },
  plant(config, project) {
    const area = project.layout.area(config.in);
    if (plantedPath(area, { project, label: "" }) === undefined) return NOTHING;
    return together(
      SAMPLES.map((text, index) => {
        const path = plantedPath(area, { project, label: `touches-${index}` }) ?? "";
        return { files: [{ path, text }], expect: [path] };
      }),
    );
  },
});

const SAMPLES = [
  'export { spawn } from "node:child_process";\n',
  'export * as planted from "layer-lint-canary";\n',
  "export const planted = Date.now();\n",
  "export const planted = Math.random();\n",
  "export const planted = setTimeout(() => undefined, 1);\n",
  "export const planted = process.env;\n",
  "export const planted: unknown = globalThis;\n",
];

interface Allowed {
  readonly builtins: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
  readonly globals: ReadonlySet<string>;
}

function foreignImports({ graph }: Project, allowed: Allowed): Breach[] {
  // A package that is not installed is a package all the same.
  const absent = graph.unresolved
    .filter(({ specifier }) => !/^[./#]/.test(specifier))
    .map((fact) => ({ ...fact, external: { kind: "package", name: fact.specifier } }) as const);
  return [...graph.externals, ...absent]
    .filter(({ external }) => !(external.kind === "builtin" ? allowed.builtins : allowed.packages).has(external.name))
    .map(({ file, line, column, external }) => {
      const what =
        external.kind === "builtin" ? `the built-in module node:${external.name}` : `the package ${external.name}`;
      return { file, line, column, message: `It imports ${what}, which it may not touch` };
    });
}

function foreignGlobals(project: Project, allowed: Allowed): Breach[] {
  return project.graph.files.flatMap((file) =>
    project.sources.get(file).globals.flatMap(({ name, impure, asType, line, column }): Breach[] => {
      if (asType === true) return [];
      const place = { file, line, column };
      if (impure !== undefined) return [{ ...place, message: `It uses ${impure}, which it may not touch` }];
      return allowed.globals.has(name)
        ? []
        : [{ ...place, message: `It uses the global ${name}, which it may not touch` }];
    }),
  );
}
