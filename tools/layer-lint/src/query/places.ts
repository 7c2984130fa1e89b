import type { Project } from "../project.ts";
import { UsageError } from "../usage-error.ts";

/** A file, a folder or a layer that somebody named. */
export interface NamedPlace {
  readonly label: string;
  contains(file: string): boolean;
}

/**
 * The layer, file or folder of that name.
 * @throws {UsageError} if no checked or imported file belongs to it.
 */
export function placeNamed(name: string, project: Project): NamedPlace {
  const found = findPlace(name, project);
  if (found !== undefined) return found;
  const layers = project.layout.layers.map((layer) => layer.name).join(", ");
  const similar = similarTo(name, project.graph.files);
  const hint = similar.length === 0 ? "" : ` Did you mean ${similar.join(" or ")}?`;
  throw new UsageError(`"${name}" is no layer, file or folder of this project.${hint} The layers are ${layers}.`);
}

/** The same, or undefined. */
export function findPlace(name: string, { layout, graph, tree }: Project): NamedPlace | undefined {
  const area = layout.area(name.replace(/^\.\//, ""));
  const files = [...graph.files, ...tree.modules, ...graph.edges.map((edge) => edge.to)];
  return files.some((file) => area.contains(file)) ? area : undefined;
}

/** Files that have the same last part, at most three. */
function similarTo(name: string, files: readonly string[]): string[] {
  const last = name.split("/").at(-1) ?? "";
  return files.filter((file) => last !== "" && file.split("/").at(-1)?.startsWith(last)).slice(0, 3);
}
