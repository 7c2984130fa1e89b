import type { Node } from "oxc-parser";
import { parseSync, visitorKeys } from "oxc-parser";

/** A node with all that it stands in, outermost first. */
export interface Seen {
  readonly node: Node;
  readonly above: readonly Node[];
}

/** The syntax tree of a text, with places. */
export interface Tree {
  /** Every node, parents first. */
  readonly nodes: readonly Seen[];
  /** Line and column, from 1. */
  placeOf(node: Node): { readonly line: number; readonly column: number };
}

/** Parses without judging: syntax errors are found elsewhere. */
export function readTree(file: string, text: string): Tree {
  const starts = [0, ...[...text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)].map(({ index, 0: end }) => index + end.length)];
  const nodes: Seen[] = [];
  collect(parseSync(file, text).program, [], nodes);
  return {
    nodes,
    placeOf({ start }) {
      const line = starts.findLastIndex((first) => first <= start);
      return { line: line + 1, column: start - (starts[line] ?? 0) + 1 };
    },
  };
}

function collect(node: Node, above: readonly Node[], found: Seen[]): void {
  found.push({ node, above });
  const inner = [...above, node];
  // as: which members of a node are nodes, visitorKeys says
  const members = node as unknown as Readonly<Record<string, Node | null | readonly (Node | null)[]>>;
  for (const key of visitorKeys[node.type] ?? []) {
    for (const child of [members[key]].flat()) if (child !== null && child !== undefined) collect(child, inner, found);
  }
}

/** The text of a literal, or of a template without parts. */
export function textOf(node: Node | undefined): string | undefined {
  if (node?.type === "Literal") return typeof node.value === "string" ? node.value : undefined;
  if (node?.type !== "TemplateLiteral" || node.expressions.length > 0) return undefined;
  return node.quasis[0]?.value.cooked ?? undefined;
}
