import type { ImportFact } from "../source/imports.ts";

/** An import of one file of the project by another. */
export interface Edge extends ImportFact {
  /** The file that is named, from the project's root. `file` is the one that names it. */
  readonly to: string;
}

/** An import of something that is no file of the project. */
export interface ExternalImport extends ImportFact {
  /** A module of Node itself (without `node:`), or the name of a package. */
  readonly external: { readonly kind: "builtin" | "package"; readonly name: string };
}

/** Who imports whom. */
export interface ModuleGraph {
  /** Files whose imports were read, sorted. */
  readonly files: readonly string[];
  /** By file, then in the order of the text. */
  readonly edges: readonly Edge[];
  readonly externals: readonly ExternalImport[];
  /** Imports that lead nowhere. */
  readonly unresolved: readonly ImportFact[];
  /** The edges that start in `file`. */
  from(file: string): readonly Edge[];
}

/** Makes the graph of the parts. */
export function makeGraph(parts: Omit<ModuleGraph, "from">): ModuleGraph {
  const byFile = Map.groupBy(parts.edges, (edge) => edge.file);
  return { ...parts, from: (file) => byFile.get(file) ?? [] };
}
