import { printable } from "../report/printable.ts";
import type { Drawing, DrawnArrow, DrawnNode } from "./drawing.ts";

/** For GitHub, GitLab and everything else that draws Mermaid. */
export function drawMermaid({ nodes, arrows }: Drawing): string {
  const ids = new Map(nodes.map(({ name }, index) => [name, `n${index}`]));
  const boxes = grouped(nodes).flatMap(([layer, members], index) => {
    const lines = members.map(({ name }) => `${ids.get(name)}["${mermaidText(name)}"]`);
    if (layer === undefined) return lines.map((line) => `  ${line}`);
    return [`  subgraph l${index}["${mermaidText(layer)}"]`, ...lines.map((line) => `    ${line}`), "  end"];
  });
  const lines = arrows.map(({ from, to, imports, typeOnly }) => {
    const arrow = typeOnly ? "-.->" : "-->";
    return `  ${ids.get(from)} ${arrow}|${imports}| ${ids.get(to)}`;
  });
  const red = arrows.flatMap(({ forbidden }, index) => (forbidden ? [`  linkStyle ${index} stroke:red`] : []));
  return ["flowchart TD", ...boxes, ...lines, ...red, ""].join("\n");
}

/** For Graphviz. */
export function drawDot({ nodes, arrows }: Drawing): string {
  const boxes = grouped(nodes).flatMap(([layer, members], index) => {
    const lines = members.map(({ name }) => `${quoted(name)};`);
    if (layer === undefined) return lines.map((line) => `  ${line}`);
    const label = `    label=${quoted(layer)};`;
    return [`  subgraph cluster_${index} {`, label, ...lines.map((line) => `    ${line}`), "  }"];
  });
  const lines = arrows.map((arrow) => `  ${quoted(arrow.from)} -> ${quoted(arrow.to)} [${attributes(arrow)}];`);
  return ["digraph layers {", "  node [shape=box];", ...boxes, ...lines, "}", ""].join("\n");
}

/** For programs. */
export function drawJson(drawing: Drawing): string {
  return `${JSON.stringify(drawing, undefined, 2)}\n`;
}

function grouped(nodes: readonly DrawnNode[]): [string | undefined, DrawnNode[]][] {
  return [...Map.groupBy(nodes, (node) => node.layer)];
}

function attributes({ imports, typeOnly, forbidden }: DrawnArrow): string {
  return [`label=${imports}`, ...(typeOnly ? ["style=dashed"] : []), ...(forbidden ? ["color=red"] : [])].join(", ");
}

function quoted(name: string): string {
  return `"${printable(name)
    .replaceAll("\\", "\\\\")
    .replaceAll('"', String.raw`\"`)}"`;
}

/** Mermaid's own escapes; a quotation mark would end the name. */
function mermaidText(name: string): string {
  return printable(name)
    .replaceAll("#", "#35;")
    .replaceAll('"', "#quot;")
    .replaceAll("<", "#lt;")
    .replaceAll("`", "#96;");
}
