import type { Project } from "../project.ts";
import type { Breach } from "../report/finding.ts";
import { defineLaw, lawSchema } from "./law.ts";
import type { Planting } from "./law.ts";
import { entryOf, NOTHING, one, plantedPath, relativeSpecifier, together } from "./planting.ts";

/** A layer imports only the layers that `mayImport` lists. */
export const allowMatrix = defineLaw({
  kind: "allow-matrix",
  schema: lawSchema("allow-matrix", {}),
  why: "Imports point down the list; what a layer was not given it must not know.",
  help: "Move the code to the layer that may know it, or hand the value in from above. Widening mayImport changes the architecture.",
  check: (_config, project) =>
    project.graph.edges.flatMap((edge): Breach[] => {
      const from = project.layout.layerOf(edge.file);
      const to = project.layout.layerOf(edge.to);
      if (from === undefined || to === undefined || project.layout.permission(from.name, to.name) !== "none") return [];
      const { file, line, column, specifier } = edge;
      const chain = [
        { file, line, specifier },
        { file: edge.to, line: 1 },
      ];
      return [
        {
          file,
          line,
          column,
          chain,
          message: `${from.name} imports ${to.name}, which it may not: ${allowed(project, from.name)}`,
        },
      ];
    }),
  plant: (_config, project) => together(project.layout.layers.map((layer) => plantIn(layer.name, project))),
});

function allowed({ layout }: Project, from: string): string {
  const names = layout.layers
    .map((layer) => layer.name)
    .filter((name) => name !== from && layout.permission(from, name) !== "none");
  return names.length === 0 ? "it may import nothing of the project" : `it may import ${names.join(", ")}`;
}

function plantIn(name: string, project: Project): Planting {
  const layer = project.layout.layer(name);
  const path = layer && plantedPath(layer, { project, label: "allow-matrix" });
  const denied = project.layout.layers.filter((other) => project.layout.permission(name, other.name) === "none");
  const target = denied.map((other) => entryOf(other, project)).find((file) => file !== undefined);
  if (path === undefined || target === undefined) return NOTHING;
  return one(path, `export type * as planted from "${relativeSpecifier(path, target)}";\n`);
}
