import type { ImportFact } from "../graph/module-graph.ts";
import type { Edge, ModuleGraph } from "../graph/module-graph.ts";
import { makeGraph } from "../graph/module-graph.ts";
import { waysTo } from "../graph/reach.ts";
import type { NamedPlace } from "./places.ts";

/** One step of a way: `file` names `to` by `specifier`. */
export type Step = ImportFact & { readonly to: string };

/** What ways are asked for. */
export interface WayQuery {
  readonly from: NamedPlace;
  readonly to: NamedPlace;
  /** Only imports that load something at run time. */
  readonly atRunTime: boolean;
}

/** For each file of `from` that has a way, a shortest one; by length, then by file. */
export function waysBetween(graph: ModuleGraph, { from, to, atRunTime }: WayQuery): Step[][] {
  const edges = graph.edges.filter((edge) => !atRunTime || !edge.typeOnly);
  const ways = waysTo(makeGraph({ ...graph, edges }), (file) => to.contains(file));
  return graph.files
    .filter((file) => from.contains(file) && !to.contains(file) && ways.has(file))
    .map((file) => stepsFrom(file, ways))
    .toSorted((a, b) => a.length - b.length);
}

/** The graph with packages and modules of Node as files that import nothing, under their names. */
export function withExternals(graph: ModuleGraph): ModuleGraph {
  const outward = graph.externals.map((fact): Edge => {
    const { external, ...rest } = fact;
    return { ...rest, to: external.kind === "builtin" ? `node:${external.name}` : external.name };
  });
  return makeGraph({ ...graph, edges: [...graph.edges, ...outward] });
}

function stepsFrom(start: string, ways: ReadonlyMap<string, Edge>): Step[] {
  const steps: Step[] = [];
  for (let edge = ways.get(start); edge !== undefined; edge = ways.get(edge.to)) steps.push(edge);
  return steps;
}
