import type { Facts } from "../source/facts.ts";
import type { Project } from "../project.ts";

/**
 * The files in which the name that `file` exports is declared, followed through all re-exports; for `*` those of all
 * its names. More than one only where `export * from` leaves it open.
 */
export function originsOf(file: string, name: string, project: Project): string[] {
  return trace({ file, name }, { project, seen: new Set() });
}

interface Search {
  readonly project: Project;
  /** Names that are being followed, so that re-exports in a ring end. */
  readonly seen: Set<string>;
}

function trace({ file, name }: { readonly file: string; readonly name: string }, search: Search): string[] {
  const { project, seen } = search;
  if (seen.has(`${name} of ${file}`)) return [];
  seen.add(`${name} of ${file}`);
  if (!project.graph.has(file)) return [file];
  const own = ownExports(project.sources.get(file));
  const edges = project.graph.from(file);
  const follow = (to: string, inner: string): string[] => trace({ file: to, name: inner }, search);
  const reExports = edges
    .filter((edge) => edge.form === "export")
    .flatMap((edge) => edge.names.map((taken) => ({ ...taken, to: edge.to })));
  const imports = edges
    .filter((edge) => edge.form === "import")
    .flatMap((edge) => edge.names.map((taken) => ({ ...taken, to: edge.to })));
  if (name === "*") {
    const passedOn = imports.filter(({ as }) => [...own.values()].includes(as));
    return [file, ...[...reExports, ...passedOn].flatMap((taken) => follow(taken.to, taken.name))];
  }
  const named = reExports.find(({ as }) => as === name);
  if (named !== undefined) return follow(named.to, named.name);
  const local = own.get(name);
  if (local !== undefined) {
    const imported = imports.find(({ as }) => as === local);
    return imported === undefined ? [file] : follow(imported.to, imported.name);
  }
  return reExports
    .filter(({ as }) => as === "*")
    .flatMap(({ to }) => (exportsName(to, name, project) ? follow(to, name) : []));
}

function exportsName(file: string, name: string, project: Project): boolean {
  if (!project.graph.has(file)) return true;
  const isOwn = ownExports(project.sources.get(file)).has(name);
  return (
    isOwn ||
    project.graph
      .from(file)
      .some((edge) => edge.form === "export" && edge.names.some(({ as }) => as === name || as === "*"))
  );
}

/** Names that a file exports without naming another module: as exported, with the local name. */
function ownExports({ exports }: Facts): Map<string, string> {
  return new Map(exports.map(({ name, local }) => [name, local]));
}
