import type { Project } from "../project.ts";
import { compare } from "../report/finding.ts";
import { layerEdges, NO_LAYER } from "./layer-edges.ts";

/** Nodes and arrows, before they have a form. */
export interface Drawing {
  readonly nodes: readonly DrawnNode[];
  readonly arrows: readonly DrawnArrow[];
}

/** A layer or a file. */
export interface DrawnNode {
  readonly name: string;
  /** The layer of a file; absent for layers. */
  readonly layer?: string;
}

/** All imports of one node by another. */
export interface DrawnArrow {
  readonly from: string;
  readonly to: string;
  readonly imports: number;
  readonly typeOnly: boolean;
  readonly forbidden: boolean;
}

/** The layers; with a name only this one and its neighbours. */
export function layerDrawing(project: Project, layer?: string): Drawing {
  const arrows = layerEdges(project)
    .filter(({ from, to }) => layer === undefined || from === layer || to === layer)
    .map(({ from, to, imports, loading, permission }) => {
      const forbidden = permission === "none" || (permission === "type" && loading > 0);
      return { from, to, imports, typeOnly: loading === 0, forbidden };
    });
  const drawn = new Set([...arrows.flatMap(({ from, to }) => [from, to]), ...(layer === undefined ? [] : [layer])]);
  const names = [...project.layout.layers.map((each) => each.name), NO_LAYER];
  const isShown = (name: string): boolean => drawn.has(name) || (layer === undefined && name !== NO_LAYER);
  return { nodes: names.filter(isShown).map((name) => ({ name })), arrows };
}

/** The files; with a layer only its files and their neighbours. */
export function fileDrawing({ graph, layout }: Project, layer?: string): Drawing {
  const layerOf = (file: string): string => layout.layerOf(file)?.name ?? NO_LAYER;
  const edges = graph.edges.filter(
    ({ file, to }) => layer === undefined || layerOf(file) === layer || layerOf(to) === layer,
  );
  const arrows = [...Map.groupBy(edges, ({ file, to }) => JSON.stringify([file, to])).values()].map((same) => {
    const { file: from = "", to = "" } = same[0] ?? {};
    const typeOnly = same.every((edge) => edge.typeOnly);
    const permission = layout.permission(layerOf(from), layerOf(to));
    const forbidden = permission === "none" || (permission === "type" && !typeOnly);
    return { from, to, imports: same.length, typeOnly, forbidden };
  });
  const own = graph.files.filter((file) => layer === undefined || layerOf(file) === layer);
  const files = [...new Set([...own, ...arrows.flatMap(({ from, to }) => [from, to])])].toSorted(compare);
  return { nodes: files.map((name) => ({ name, layer: layerOf(name) })), arrows };
}
