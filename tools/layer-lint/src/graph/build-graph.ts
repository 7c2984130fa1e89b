import { existsSync, realpathSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { getCompilerOptionsFromTsConfig, ts } from "ts-morph";
import { compare } from "../report/finding.ts";
import type { ImportFact } from "../source/imports.ts";
import { readImports } from "../source/imports.ts";
import type { Sources } from "../source/sources.ts";
import { isModule } from "../tree/list-files.ts";
import type { Cruised } from "./cruise.ts";
import type { Edge, ExternalImport, ModuleGraph } from "./module-graph.ts";
import { makeGraph } from "./module-graph.ts";

/** What a graph is made of. */
export interface GraphParts {
  readonly cruised: Cruised;
  readonly sources: Sources;
  /** The checked files. */
  readonly modules: readonly string[];
  /** Path from the root. */
  readonly tsconfig: string;
}

type Target = { readonly file: string } | { readonly external: ExternalImport["external"] };

/**
 * Joins what dependency-cruiser resolved with what the syntax trees say, so that each edge has its line, and so that an
 * import that only one of the two sees is not lost: what the cruiser has no answer for is asked of TypeScript's own
 * resolution, and what neither answers is unresolved.
 */
export function buildGraph(root: string, { cruised, sources, modules, tsconfig }: GraphParts): ModuleGraph {
  const { options } = getCompilerOptionsFromTsConfig(join(root, tsconfig));
  // A Set may grow while it is walked: what checked files import is read too, wherever it lies.
  const files = new Set(modules);
  const edges: Edge[] = [];
  const externals: ExternalImport[] = [];
  const unresolved: ImportFact[] = [];
  for (const file of files) {
    for (const fact of readImports(file, sources.get(file))) {
      const path = cruised.resolutions.get(fact.file)?.get(fact.specifier) ?? byTypeScript(root, fact, options);
      const target = targetOf(root, fact, path);
      if (target === undefined) unresolved.push(fact);
      else if ("external" in target) externals.push({ ...fact, external: target.external });
      else {
        edges.push({ ...fact, to: target.file });
        if (isModule(target.file)) files.add(target.file);
      }
    }
  }
  return makeGraph({
    files: [...files].sort(compare),
    edges: edges.sort(byPlace),
    externals: externals.sort(byPlace),
    unresolved: unresolved.sort(byPlace),
  });
}

function byPlace(a: ImportFact, b: ImportFact): number {
  return compare(a.file, b.file) || a.line - b.line || a.column - b.column;
}

function targetOf(root: string, fact: ImportFact, path: string | undefined): Target | undefined {
  if (isBuiltin(fact.specifier)) return { external: { kind: "builtin", name: fact.specifier.replace(/^node:/, "") } };
  if (path === undefined) return undefined;
  const real = realpathSync(join(root, path));
  const inside = relative(root, real).split(sep).join("/");
  if (!inside.startsWith("../") && !inside.split("/").includes("node_modules")) return { file: inside };
  // Something outside the root that no package manager put there is reached by a path: it is a file, checked or not.
  if (/^[./]/.test(fact.specifier)) return { file: inside };
  return { external: { kind: "package", name: packageName(fact.specifier) } };
}

function byTypeScript(root: string, fact: ImportFact, options: ts.CompilerOptions): string | undefined {
  const importer = join(root, fact.file);
  if (fact.form === "reference") {
    const path = join(dirname(importer), fact.specifier);
    if (existsSync(path)) return relative(root, path);
    const types = ts.resolveTypeReferenceDirective(fact.specifier, importer, options, ts.sys);
    const file = types.resolvedTypeReferenceDirective?.resolvedFileName;
    return file === undefined ? undefined : relative(root, file);
  }
  const found = ts.resolveModuleName(fact.specifier, importer, options, ts.sys).resolvedModule;
  return found === undefined ? undefined : relative(root, found.resolvedFileName);
}

function packageName(specifier: string): string {
  const [scope = specifier, name] = specifier.split("/");
  return scope.startsWith("@") && name !== undefined ? `${scope}/${name}` : scope;
}
