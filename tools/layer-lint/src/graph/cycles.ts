import type { Edge, ModuleGraph } from "./module-graph.ts";
import { makeGraph } from "./module-graph.ts";
import { chainFrom, waysTo } from "./reach.ts";
import type { Hop } from "../report/finding.ts";
import { compare } from "../report/finding.ts";

/** The shortest ring through the first file of a knot of files that import each other. */
export interface Cycle {
  readonly first: Edge;
  readonly chain: readonly Hop[];
  /** How many files the knot has. */
  readonly size: number;
}

/** One cycle for every knot (strongly connected component), by first file. */
export function findCycles(graph: ModuleGraph): Cycle[] {
  // Who reads a file as data does not need it to be loaded.
  const loading = makeGraph({ ...graph, edges: graph.edges.filter(({ form }) => form !== "read") });
  return knots(loading).map((members) => {
    const start = [...members].sort(compare)[0] ?? "";
    const inner = { ...loading, edges: loading.edges.filter((edge) => members.has(edge.file) && members.has(edge.to)) };
    const ways = waysTo(inner, (file) => file === start);
    const rings = inner.edges
      .filter((edge) => edge.file === start)
      .map((edge) => ({ first: edge, chain: chainFrom(edge, ways) }));
    const [shortest] = rings.toSorted((a, b) => a.chain.length - b.chain.length);
    if (shortest === undefined) throw new Error(`${start} is in a knot and imports nothing of it`);
    return { ...shortest, size: members.size };
  });
}

interface Visit {
  readonly file: string;
  readonly edges: Iterator<Edge>;
}

/** Tarjan's algorithm with its own stack, so that a chain of thousands of imports does not overflow ours. */
function knots(graph: ModuleGraph): Set<string>[] {
  const found: Set<string>[] = [];
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const enter = (file: string): Visit => {
    order.set(file, order.size);
    low.set(file, order.size - 1);
    open.push(file);
    isOpen.add(file);
    return { file, edges: graph.from(file)[Symbol.iterator]() };
  };
  const lower = (file: string, to: number | undefined): void => {
    low.set(file, Math.min(low.get(file) ?? Infinity, to ?? Infinity));
  };
  const leave = (file: string): void => {
    if (low.get(file) !== order.get(file)) return;
    const members = new Set(open.splice(open.lastIndexOf(file)));
    for (const member of members) isOpen.delete(member);
    const importsItself = graph.from(file).some((edge) => edge.to === file);
    if (members.size > 1 || importsItself) found.push(members);
  };
  for (const root of graph.files) {
    if (order.has(root)) continue;
    const path = [enter(root)];
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const { value: edge, done } = at.edges.next();
      if (done === true) {
        path.pop();
        leave(at.file);
        const parent = path.at(-1);
        if (parent !== undefined) lower(parent.file, low.get(at.file));
      } else if (!order.has(edge.to)) path.push(enter(edge.to));
      else if (isOpen.has(edge.to)) lower(at.file, order.get(edge.to));
    }
  }
  return found;
}
