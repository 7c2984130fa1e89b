import type { Hop } from "../report/finding.ts";
import { compare } from "../report/finding.ts";
import type { Edge, ModuleGraph } from "./module-graph.ts";

/** For every file from which a goal can be reached, the first edge of a shortest way; goals themselves are not in it. */
export type Ways = ReadonlyMap<string, Edge>;

/** One breadth-first search from the goals against the direction of the edges. */
export function waysTo(graph: ModuleGraph, isGoal: (file: string) => boolean): Ways {
  const incoming = Map.groupBy(graph.edges, (edge) => edge.to);
  const ways = new Map<string, Edge>();
  let frontier = [...incoming.keys()].filter(isGoal).sort(compare);
  while (frontier.length > 0) {
    const next: string[] = [];
    for (const file of frontier) {
      for (const edge of incoming.get(file) ?? []) {
        if (ways.has(edge.file) || isGoal(edge.file)) continue;
        ways.set(edge.file, edge);
        next.push(edge.file);
      }
    }
    frontier = next;
  }
  return ways;
}

/** The whole way that begins with `edge`, up to the goal. */
export function chainFrom(edge: Edge, ways: Ways): Hop[] {
  const hops: Hop[] = [];
  let last = edge;
  for (let at: Edge | undefined = edge; at !== undefined; at = ways.get(at.to)) {
    hops.push({ file: at.file, line: at.line, specifier: at.specifier });
    last = at;
  }
  return [...hops, { file: last.to, line: 1 }];
}

/** For every file that can be reached from `starts`, the edge by which a shortest way arrives; the starts have none. */
export function reachableFrom(
  graph: ModuleGraph,
  { starts, follow }: { readonly starts: readonly string[]; readonly follow: (edge: Edge) => boolean },
): Map<string, Edge | undefined> {
  const arrived = new Map<string, Edge | undefined>(starts.map((file) => [file, undefined]));
  // A Map may grow while it is walked: what is added is visited, which makes this a breadth-first search.
  for (const file of arrived.keys()) {
    for (const edge of graph.from(file)) {
      if (follow(edge) && !arrived.has(edge.to)) arrived.set(edge.to, edge);
    }
  }
  return arrived;
}

/** The way by which a search with {@link reachableFrom} came to `file`. */
export function chainTo(file: string, arrived: ReadonlyMap<string, Edge | undefined>): Hop[] {
  const hops: Hop[] = [{ file, line: 1 }];
  for (let edge = arrived.get(file); edge !== undefined; edge = arrived.get(edge.file)) {
    hops.unshift({ file: edge.file, line: edge.line, specifier: edge.specifier });
  }
  return hops;
}
