import type { Permission } from "../config/layout.ts";
import type { Project } from "../project.ts";
import { compare } from "../report/finding.ts";

/** All imports of one layer by another. */
export interface LayerEdge {
  readonly from: string;
  readonly to: string;
  readonly imports: number;
  /** How many of them load something at run time. */
  readonly loading: number;
  /** What the configuration allows. */
  readonly permission: Permission;
}

/** What stands for files that belong to no layer. */
export const NO_LAYER = "(no layer)";

/** Every pair of layers of which the one imports the other, in the order of the configuration. */
export function layerEdges({ graph, layout }: Project): LayerEdge[] {
  const nameOf = (file: string): string => layout.layerOf(file)?.name ?? NO_LAYER;
  const order = new Map(layout.layers.map((layer, index) => [layer.name, index]));
  const rank = (name: string): number => order.get(name) ?? order.size;
  const across = graph.edges.filter((edge) => nameOf(edge.file) !== nameOf(edge.to));
  const pairs = Map.groupBy(across, (edge) => JSON.stringify([nameOf(edge.file), nameOf(edge.to)]));
  return [...pairs.values()]
    .map((edges) => {
      const [from, to] = [nameOf(edges[0]?.file ?? ""), nameOf(edges[0]?.to ?? "")];
      const loading = edges.filter((edge) => !edge.typeOnly).length;
      return { from, to, imports: edges.length, loading, permission: layout.permission(from, to) };
    })
    .toSorted((a, b) => rank(a.from) - rank(b.from) || rank(a.to) - rank(b.to) || compare(a.to, b.to));
}
