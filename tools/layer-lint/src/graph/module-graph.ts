import type { Hidden, LiteralImport } from "../source/facts.ts";
import type { Place } from "../report/finding.ts";

/** An import of one file of the project by another. */
export interface Edge extends ImportFact {
  /** The file that is named, from the project's root. `file` is the one that names it. */
  readonly to: string;
}

/** One place where a file names another module, by a literal or by something that could be computed. */
export interface ImportFact extends LiteralImport, Place {}

/** An import of something that is no file of the project. */
export interface ExternalImport extends ImportFact {
  /** A module of Node itself (without `node:`), or a package by its own name, whatever it was called by. */
  readonly external: {
    readonly kind: "builtin" | "package";
    readonly name: string;
    /** Absolute path of what was found of the package. */
    readonly path?: string;
  };
}

/** A way to load or make code whose target nobody can know. */
export interface Unfollowed extends Hidden, Place {}

/** A package that is reached, with the way: names of packages, the nearest first. */
export interface ReachedPackage {
  readonly name: string;
  readonly chain: readonly string[];
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
  /** Ways to load or make code that could not be followed to all that they may load. */
  readonly unfollowed: readonly Unfollowed[];
  /** Whether the imports of `file` were read. */
  has(file: string): boolean;
  /** The edges that start in `file`. */
  from(file: string): readonly Edge[];
  /** The packages that `file` imports, and those that these import, by their own names. */
  packagesReachedFrom(file: string): readonly ReachedPackage[];
}

/** Makes the graph of the parts. */
export function makeGraph(
  parts: Omit<ModuleGraph, "from" | "has" | "packagesReachedFrom" | "unfollowed"> &
    Partial<Pick<ModuleGraph, "packagesReachedFrom" | "unfollowed">>,
): ModuleGraph {
  const byFile = Map.groupBy(parts.edges, (edge) => edge.file);
  const files = new Set(parts.files);
  return {
    has: (file) => files.has(file),
    unfollowed: [],
    packagesReachedFrom: () => [],
    ...parts,
    from: (file) => byFile.get(file) ?? [],
  };
}
