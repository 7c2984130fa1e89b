import type { Edge } from "../graph/module-graph.ts";
import type { Layer } from "../config/layout.ts";
import type { Project } from "../project.ts";
import { compare } from "../report/finding.ts";
import { NO_LAYER } from "../query/layer-edges.ts";

/** Files of one layer that something imports, or is imported by. */
export interface Neighbours {
  readonly layer: string;
  /** Whether nothing of them is loaded at run time. */
  readonly typeOnly: boolean;
  readonly files: readonly NeighbourFile[];
}

/** One of them, and what is taken. */
export interface NeighbourFile {
  readonly file: string;
  readonly names: readonly string[];
}

/** Groups edges by the layer of their other end, in the order of the configuration. */
export function neighboursOf(edges: readonly Edge[], end: "file" | "to", { layout }: Project): Neighbours[] {
  const names = [...layout.layers.map((layer) => layer.name), NO_LAYER];
  const groups = Map.groupBy(edges, (edge) => layout.layerOf(edge[end])?.name ?? NO_LAYER);
  return [...groups]
    .map(([layer, members]) => ({
      layer,
      typeOnly: members.every((edge) => edge.typeOnly),
      files: [...Map.groupBy(members, (edge) => edge[end])]
        .map(([file, same]) => ({ file, names: takenNames(same) }))
        .toSorted((a, b) => compare(a.file, b.file)),
    }))
    .toSorted((a, b) => names.indexOf(a.layer) - names.indexOf(b.layer));
}

/** Names of packages and modules of Node that files import; sorted. */
export function outsideOf(isImporter: (file: string) => boolean, { graph }: Project): string[] {
  const names = graph.externals
    .filter(({ file }) => isImporter(file))
    .map(({ external }) => (external.kind === "builtin" ? `node:${external.name}` : external.name));
  return [...new Set(names)].toSorted(compare);
}

/** What a file is in its layer. */
export function roleOf(file: string, { graph, layout }: Project): string {
  const layer = layout.layerOf(file);
  if (layer !== undefined && isFace(file, layer)) return "face";
  if (layer?.ports.includes(file) === true) return "port";
  if (layer?.adapters.some((folder) => file === folder || file.startsWith(`${folder}/`)) === true) return "adapter";
  return graph.edges.some((edge) => edge.to === file) ? "implementation" : "entry (no file imports it)";
}

/** Whether the file is the face of the layer. */
export function isFace(file: string, layer: Layer): boolean {
  return layer.paths.some((path) => file === `${path}/${layer.face}` || (file === path && layer.paths.length === 1));
}

function takenNames(edges: readonly Edge[]): string[] {
  return [...new Set(edges.flatMap((edge) => edge.names.map(({ name }) => name)))].toSorted(compare);
}
