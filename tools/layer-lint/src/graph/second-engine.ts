import { join, relative, sep } from "node:path";
import { realpathSync } from "node:fs";
import type { ICruiseResult } from "dependency-cruiser";
import type { Project } from "../project.ts";
import type { Finding } from "../report/finding.ts";
import { compare, unproven } from "../report/finding.ts";
import { isModule } from "../tree/list-files.ts";

/** A literal import as dependency-cruiser sees it; paths from the project's root. */
export interface SeenEdge {
  readonly file: string;
  readonly specifier: string;
  readonly to: string;
}

/** What dependency-cruiser saw of the project. */
export interface SecondView {
  /** The modules that it read, without packages and built-in ones. */
  readonly modules: readonly string[];
  readonly edges: readonly SeenEdge[];
}

const HELP =
  "Look at the import by hand: the two engines disagree, and one of them is wrong. With a TypeScript other than 5.9 or 6.0 dependency-cruiser may read nothing, and say nothing.";

/**
 * Has a second engine, dependency-cruiser, read the same project, and says what it sees that the graph does not have. It
 * reads with TypeScript's parser and resolves with webpack's resolver, so that a mistake of ours is hardly theirs too.
 */
export async function compareWithSecondEngine(project: Project, tsconfig: string): Promise<Finding[]> {
  try {
    return disagreements(project, await cruiseProject(project, tsconfig));
  } catch (error) {
    const message = `The second engine could not read the project: ${error instanceof Error ? error.message : String(error)}`;
    return [unproven({ file: tsconfig, line: 1, column: 1, message }, HELP)];
  }
}

/** What the second engine did not read, and what it sees beyond the graph. */
export function disagreements({ graph, tree }: Pick<Project, "graph" | "tree">, view: SecondView): Finding[] {
  const read = new Set(view.modules);
  const missed = tree.modules.filter((file) => !read.has(file));
  const [first] = missed;
  if (first !== undefined && missed.length === tree.modules.length) {
    const message = `The second engine, dependency-cruiser, read none of the ${missed.length} modules`;
    return [unproven({ file: first, line: 1, column: 1, message }, HELP)];
  }
  const known = new Set(graph.edges.map(({ file, to }) => `${file}\n${to}`));
  const unseen = view.edges.filter(({ file, to }) => graph.has(file) && !known.has(`${file}\n${to}`));
  return [
    ...missed.map((file) => {
      const message = "The second engine, dependency-cruiser, did not read this file";
      return unproven({ file, line: 1, column: 1, message }, HELP);
    }),
    ...unseen.map(({ file, specifier, to }) => {
      const message = `The second engine, dependency-cruiser, sees that "${specifier}" leads to ${to}, and the graph does not`;
      return unproven({ file, line: 1, column: 1, message }, HELP);
    }),
  ].toSorted((a, b) => compare(a.file, b.file) || compare(a.message, b.message));
}

async function cruiseProject({ root, layout, tree }: Project, tsconfig: string): Promise<SecondView> {
  const { cruise } = await import("dependency-cruiser");
  const { default: extractTSConfig } = await import("dependency-cruiser/config-utl/extract-ts-config");
  const path = join(root, tsconfig);
  const tops = [...layout.roots, ...layout.layers.flatMap((layer) => layer.paths)];
  const { output } = await cruise(
    [...new Set(tops)].filter((top) => !tree.missing.includes(top)),
    {
      baseDir: root,
      tsConfig: { fileName: path },
      // Without it imports of types are not seen at all.
      tsPreCompilationDeps: true,
      detectImportsInAmbientModules: true,
      doNotFollow: { path: "(^|/)node_modules/" },
      enhancedResolveOptions: {
        exportsFields: ["exports"],
        conditionNames: ["import", "types", "node", "default", "require"],
      },
    },
    undefined,
    { tsConfig: extractTSConfig(path) },
  );
  if (typeof output === "string") throw new Error("it answered with text where a graph was expected");
  return viewOf(root, output);
}

function viewOf(root: string, { modules }: ICruiseResult): SecondView {
  const own = modules.filter(({ source, coreModule }) => coreModule !== true && !isInstalled(source));
  const edges = own.flatMap(({ source, dependencies }) =>
    dependencies
      .filter((each) => !each.couldNotResolve && !each.coreModule)
      .map((each) => ({ file: source, specifier: each.module, to: realFile(root, each.resolved) }))
      .filter(({ to }) => isModule(to) && !to.startsWith("../") && !isInstalled(to)),
  );
  return { modules: own.map(({ source }) => source), edges };
}

function isInstalled(path: string): boolean {
  return path.split("/").includes("node_modules");
}

function realFile(root: string, path: string): string {
  return relative(root, realpathSync(join(root, path)))
    .split(sep)
    .join("/");
}
