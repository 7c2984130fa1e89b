import { z } from "zod";
import type { Area } from "../config/layout.ts";
import type { ModuleGraph } from "../graph/module-graph.ts";
import type { Project } from "../project.ts";
import { areaName, defineLaw, lawSchema } from "./law.ts";
import { NOTHING, one, plantedPath, together } from "./planting.ts";

const MAX_PLACES = 1000;
const packageNames = z.array(z.string().min(1).max(214)).max(MAX_PLACES);

/** A place imports only the packages that it was allowed; a place that is not named imports none. Types included. */
export const packages = defineLaw({
  kind: "packages",
  schema: lawSchema("packages", {
    allow: z
      .record(areaName, packageNames)
      .describe(
        'Packages by layer or path; "@scope/*" allows those of a scope, "*" all. Who is not named may import none.',
      ),
  }),
  why: "Every package is code of strangers; who may call it is decided once, not by each import.",
  help: "Use what the project has, have it handed in, or allow the package for this place.",
  areas: ({ allow }) => Object.keys(allow).map((text) => ({ key: "allow", text })),
  idle: ({ allow }, project) =>
    Object.entries(allow).flatMap(([text, names]) => {
      const area = project.layout.area(text);
      const used = packagesOf(project).filter(({ file }) => area.contains(file));
      return names
        .filter((name) => !used.some((each) => fits(name, each.name)))
        .map((name) => `allow: nothing in "${text}" imports the package "${name}"`);
    }),
  check({ allow }, project) {
    const places = Object.entries(allow).map(([text, names]) => ({ area: project.layout.area(text), names }));
    return packagesOf(project)
      .filter(({ file, name }) => !allowedIn(file, places).some((allowed) => fits(allowed, name)))
      .map(({ file, line, column, name }) => {
        const may = allowedIn(file, places);
        const list = may.length === 0 ? "it may import none" : `it may import ${may.join(", ")}`;
        return { file, line, column, message: `It imports the package ${name}: ${list}` };
      });
  },
  plant({ allow }, project) {
    const places = Object.entries(allow).map(([text, names]) => ({ area: project.layout.area(text), names }));
    const grounds = project.layout.layers.map((layer) => plantedPath(layer, { project, label: "package" }));
    return together(
      grounds.map((path) => {
        if (path === undefined || allowedIn(path, places).includes("*")) return NOTHING;
        return one(path, 'export * as planted from "layer-lint-canary-package";\n');
      }),
    );
  },
});

interface Place {
  readonly area: Area;
  readonly names: readonly string[];
}

function allowedIn(file: string, places: readonly Place[]): string[] {
  return places.filter(({ area }) => area.contains(file)).flatMap(({ names }) => names);
}

function fits(allowed: string, name: string): boolean {
  if (allowed === "*") return true;
  return allowed.endsWith("/*") ? name.startsWith(allowed.slice(0, -1)) : name === allowed;
}

/** Every import of a package, also of one that is not installed. */
function packagesOf({ graph }: Project): (ModuleGraph["unresolved"][number] & { readonly name: string })[] {
  const absent = graph.unresolved
    .filter(({ specifier }) => /^(?:@[^/]+\/)?[\w.-]/.test(specifier) && !/^[./#]|^\w+:/.test(specifier))
    .map((fact) => ({ ...fact, name: nameOf(fact.specifier) }));
  const installed = graph.externals.filter(({ external }) => external.kind === "package");
  return [...installed.map((fact) => ({ ...fact, name: fact.external.name })), ...absent];
}

function nameOf(specifier: string): string {
  const parts = specifier.split("/");
  return parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}
