import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findCycles } from "../src/graph/cycles.ts";
import type { ModuleGraph } from "../src/graph/module-graph.ts";
import { makeGraph } from "../src/graph/module-graph.ts";
import { chainFrom, chainTo, reachableFrom, waysTo } from "../src/graph/reach.ts";

type Pair = readonly [from: number, to: number];

const NODES = 8;

/** File names whose order is that of the numbers. */
function name(node: number): string {
  return `n${String(node).padStart(6, "0")}`;
}

function graphOf(count: number, pairs: readonly Pair[]): ModuleGraph {
  return makeGraph({
    files: Array.from({ length: count }, (_, node) => name(node)),
    edges: pairs.map(([from, to]) => ({
      file: name(from),
      to: name(to),
      specifier: name(to),
      line: 1,
      column: 1,
      form: "import",
      typeOnly: false,
      inlineType: false,
      names: [],
    })),
    externals: [],
    unresolved: [],
  });
}

/** Distances by repeated relaxation: slow, and plainly right. */
function distances(pairs: readonly Pair[], goal: number): number[] {
  const far = Array.from({ length: NODES }, (_, node) => (node === goal ? 0 : Infinity));
  for (let round = 0; round < NODES; round++) {
    for (const [from, to] of pairs) far[from] = Math.min(far[from] ?? Infinity, (far[to] ?? Infinity) + 1);
  }
  return far;
}

const node = fc.integer({ min: 0, max: NODES - 1 });
const pairs = fc.array(fc.tuple(node, node), { maxLength: 24 });

describe("the search for ways through the graph", () => {
  it("finds a shortest way from exactly the files that have one", () => {
    fc.assert(
      fc.property(pairs, node, (edges, goal) => {
        const graph = graphOf(NODES, edges);
        const goalName = graph.files[goal];
        const ways = waysTo(graph, (file) => file === goalName);
        for (const [start, distance] of distances(edges, goal).entries()) {
          if (start === goal) continue;
          const edge = ways.get(graph.files[start] ?? "");
          expect(edge === undefined ? Infinity : chainFrom(edge, ways).length - 1).toBe(distance);
        }
      }),
    );
  });

  it("arrives at exactly the files that can be reached, by a way that exists", () => {
    fc.assert(
      fc.property(pairs, node, (edges, start) => {
        const graph = graphOf(NODES, edges);
        const from = graph.files[start] ?? "";
        const arrived = reachableFrom(graph, { starts: [from], follow: () => true });
        for (const [goal, file] of graph.files.entries()) {
          expect(arrived.has(file)).toBe(distances(edges, goal)[start] !== Infinity);
          if (!arrived.has(file)) continue;
          const chain = chainTo(file, arrived).map((hop) => hop.file);
          expect(chain[0]).toBe(from);
          for (const [index, hop] of chain.slice(1).entries())
            expect(graph.from(chain[index] ?? "").map(({ to }) => to)).toContain(hop);
        }
      }),
    );
  });

  it("finds a ring exactly through the files that reach themselves", () => {
    fc.assert(
      fc.property(pairs, (edges) => {
        const graph = graphOf(NODES, edges);
        const knots = findCycles(graph);
        const reaches = (from: number, to: number): boolean =>
          edges.some(([a, b]) => a === from && (b === to || distances(edges, to)[b] !== Infinity));
        const inRing = graph.files.filter((_, index) => reaches(index, index)).length;
        expect(knots.reduce((sum, { size }) => sum + size, 0)).toBe(inRing);
        for (const { chain } of knots) expect(chain[0]?.file).toBe(chain.at(-1)?.file);
      }),
    );
  });
});

describe("graphs that are deep or large", () => {
  it("follows a chain of 5,000 files to its end", () => {
    const graph = graphOf(
      5000,
      Array.from({ length: 4999 }, (_, index): Pair => [index, index + 1]),
    );
    const ways = waysTo(graph, (file) => file === graph.files.at(-1));
    const [first] = graph.edges;
    expect(first && chainFrom(first, ways)).toHaveLength(5000);
    expect(findCycles(graph)).toEqual([]);
  });

  it("finds the ring of 20,000 files without running out of stack", () => {
    const graph = graphOf(
      20_000,
      Array.from({ length: 20_000 }, (_, index): Pair => [index, (index + 1) % 20_000]),
    );
    const [knot, ...others] = findCycles(graph);
    expect(others).toEqual([]);
    expect(knot?.size).toBe(20_000);
    expect(knot?.chain).toHaveLength(20_001);
  });
});
