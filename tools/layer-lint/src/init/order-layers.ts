import { compare } from "../report/finding.ts";

/** Who imports whom, and nothing else of it. */
export interface Pair {
  readonly from: string;
  readonly to: string;
}

/**
 * Orders layers from those that nobody imports down to those that import nobody, and names the rings that have no order.
 * Layers between which nothing decides are ordered by name.
 */
export function orderLayers(
  names: readonly string[],
  pairs: readonly Pair[],
): { readonly order: readonly string[]; readonly cycles: readonly (readonly string[])[] } {
  const reaches = new Map(names.map((name) => [name, reachable(name, pairs)]));
  const inRing = (a: string, b: string): boolean => reaches.get(a)?.has(b) === true && reaches.get(b)?.has(a) === true;
  const rest = new Set(names.toSorted(compare));
  const order: string[] = [];
  const cycles: string[][] = [];
  while (rest.size > 0) {
    // One whose importers are all placed already, but for those in a ring with it; there always is one.
    const next = [...rest].find((name) =>
      [...rest].every((other) => reaches.get(other)?.has(name) !== true || other === name || inRing(name, other)),
    );
    if (next === undefined) throw new Error("The layers have no order, not even with their rings");
    const ring = [...rest].filter((other) => other === next || inRing(next, other));
    if (ring.length > 1) cycles.push(ring);
    for (const name of ring) rest.delete(name);
    order.push(...ring);
  }
  return { order, cycles };
}

function reachable(start: string, pairs: readonly Pair[]): ReadonlySet<string> {
  // A Set may grow while it is walked: what is added is visited.
  const found = new Set(pairs.filter(({ from }) => from === start).map(({ to }) => to));
  for (const name of found) for (const { from, to } of pairs) if (from === name) found.add(to);
  return found;
}
