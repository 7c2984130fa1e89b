import { join, relative, sep } from "node:path";
import { isInstalled } from "../resolve/resolver.ts";
import type { Resolver } from "../resolve/resolver.ts";
import type { Sources } from "../source/sources.ts";
import { isModule } from "../tree/list-files.ts";
import type { ExternalImport, ReachedPackage } from "./module-graph.ts";

/** Files of packages that are read for one file of the project, at most; beyond, what they import is not known. */
export const MAX_PACKAGE_FILES = 20_000;

/** What packages lead to. */
export interface PackageReach {
  readonly packages: readonly ReachedPackage[];
  /** Files of the project to which a package leads back, from the project's root. */
  readonly back: readonly { readonly to: string; readonly chain: readonly string[] }[];
  /** Whether there was more than could be read. */
  readonly isCut: boolean;
}

/** What the walk works with. */
export interface PackageParts {
  readonly root: string;
  readonly resolver: Resolver;
  readonly sources: Sources;
}

/** Follows the imports of packages from file to file, until nothing new comes in. */
export function reachOfPackages(starts: readonly ExternalImport[], parts: PackageParts): PackageReach {
  const packages = new Map<string, ReachedPackage>();
  const back = new Map<string, readonly string[]>();
  const chains = new Map<string, readonly string[]>();
  const enter = (name: string, path: string, above: readonly string[]): void => {
    const chain = above.at(-1) === name ? above : [...above, name];
    if (!packages.has(name)) packages.set(name, { name, chain });
    if (!chains.has(path)) chains.set(path, chain);
  };
  for (const { external } of starts) {
    if (external.kind === "package" && external.path !== undefined) enter(external.name, external.path, []);
  }
  // A Map may grow while it is walked.
  for (const [path, chain] of chains) {
    if (chains.size > MAX_PACKAGE_FILES) break;
    for (const found of importsOf(path, parts)) {
      if (typeof found === "string") back.set(found, chain);
      else enter(found.name, found.file, chain);
    }
  }
  return {
    packages: [...packages.values()],
    back: [...back].map(([to, chain]) => ({ to, chain })),
    isCut: chains.size > MAX_PACKAGE_FILES,
  };
}

type Found = string | { readonly name: string; readonly file: string };

/** What one file of a package leads to: a file of the project, or one of a package. */
function importsOf(path: string, { root, resolver, sources }: PackageParts): Found[] {
  const file = relative(root, path).split(sep).join("/");
  if (!isModule(file)) return [];
  const facts = sources.get(file);
  return facts.imports.flatMap((fact): Found[] => {
    const { files, packages } = resolver.resolve(join(root, file), fact.specifier, fact.form);
    const back = files
      .map((each) => relative(root, each).split(sep).join("/"))
      .filter((each) => !each.startsWith("../") && !isInstalled(each));
    return [...back, ...packages];
  });
}
