import { compare } from "../report/finding.ts";

/** One layer imports another, so many times. */
export interface Pair {
  readonly from: string;
  readonly to: string;
  readonly imports: number;
}

/** Layers from those that nobody imports down to those that import nobody. */
export interface LayerOrder {
  readonly order: readonly string[];
  /** Layers that import each other in a ring, and the imports in it that go up the order. */
  readonly rings: readonly { readonly layers: readonly string[]; readonly upward: readonly Pair[] }[];
}

/** Orders layers; where they form a ring, so that few imports go up. Where nothing decides, names do. */
export function orderLayers(names: readonly string[], pairs: readonly Pair[]): LayerOrder {
  const reaches = new Map(names.map((name) => [name, reachable(name, pairs)]));
  const isAbove = (a: string, b: string): boolean => reaches.get(a)?.has(b) === true;
  const rest = new Set(names.toSorted(compare));
  const order: string[] = [];
  const rings: LayerOrder["rings"][number][] = [];
  while (rest.size > 0) {
    // One whose importers are all placed already, but for those in a ring with it; there always is one.
    const next = [...rest].find((name) => [...rest].every((other) => !isAbove(other, name) || isAbove(name, other)));
    if (next === undefined) throw new Error("The layers have no order, not even with their rings");
    const ring = [...rest].filter((other) => other === next || (isAbove(next, other) && isAbove(other, next)));
    const inner = pairs.filter(({ from, to }) => ring.includes(from) && ring.includes(to));
    const layers = fewUpward(ring, inner);
    const upward = inner.filter(({ from, to }) => layers.indexOf(from) > layers.indexOf(to));
    if (ring.length > 1) rings.push({ layers, upward });
    for (const name of ring) rest.delete(name);
    order.push(...layers);
  }
  return { order, rings };
}

/** Again and again the one that imports most of the others, counted against being imported by them, comes first. */
function fewUpward(ring: readonly string[], pairs: readonly Pair[]): string[] {
  const rest = new Set(ring);
  const order: string[] = [];
  const sum = (some: readonly Pair[]): number => some.reduce((total, { imports }) => total + imports, 0);
  const weight = (name: string): number =>
    sum(pairs.filter(({ from, to }) => from === name && rest.has(to))) -
    sum(pairs.filter(({ from, to }) => to === name && rest.has(from)));
  while (rest.size > 0) {
    const [first] = [...rest].toSorted((a, b) => weight(b) - weight(a) || compare(a, b));
    if (first === undefined) break;
    rest.delete(first);
    order.push(first);
  }
  return order;
}

function reachable(start: string, pairs: readonly Pair[]): ReadonlySet<string> {
  // A Set may grow while it is walked: what is added is visited.
  const found = new Set(pairs.filter(({ from }) => from === start).map(({ to }) => to));
  for (const name of found) for (const { from, to } of pairs) if (from === name) found.add(to);
  return found;
}
