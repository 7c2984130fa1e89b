import type { Layer } from "../config/layout.ts";
import type { Project } from "../project.ts";
import type { Breach } from "../report/finding.ts";
import { defineLaw, lawSchema } from "./law.ts";
import { plantedPath, together } from "./planting.ts";

/** A layer stays within its `budget`: lines that hold code, all its files together. */
export const budget = defineLaw({
  kind: "budget",
  schema: lawSchema("budget", {}),
  why: "What has to be proven has to stay small enough to be read in one sitting.",
  help: "Move what need not be there to the layer above or below, or make it simpler.",
  idle: (_config, { layout }) =>
    layout.layers.some((layer) => layer.maxLines !== undefined) ? [] : ["no layer has a budget"],
  check: (_config, project) => project.layout.layers.flatMap((layer) => overspent(layer, project)),
  plant: (_config, project) =>
    together(
      project.layout.layers.flatMap((layer) => {
        const path = plantedPath(layer, { project, label: "budget" });
        if (layer.maxLines === undefined || path === undefined) return [];
        const lines = Math.max(layer.maxLines, ...sizesOf(layer, project).map((size) => size.lines)) + 1;
        return [{ files: [{ path, text: "export {};\n".repeat(lines) }], expect: [path] }];
      }),
    ),
});

function overspent(layer: Layer, project: Project): Breach[] {
  if (layer.maxLines === undefined) return [];
  const sizes = sizesOf(layer, project);
  const total = sizes.reduce((sum, { lines }) => sum + lines, 0);
  const [largest] = sizes.toSorted((a, b) => b.lines - a.lines);
  if (total <= layer.maxLines || largest === undefined) return [];
  const message = `${layer.name} has ${total} lines with code in ${sizes.length} files, of ${layer.maxLines}; the largest file (${largest.lines}) is this one`;
  return [{ file: largest.file, line: 1, column: 1, message }];
}

function sizesOf(
  layer: Layer,
  { graph, layout, sources }: Project,
): { readonly file: string; readonly lines: number }[] {
  return graph.files
    .filter((file) => layout.layerOf(file) === layer)
    .map((file) => ({ file, lines: sources.get(file).codeLines }));
}
