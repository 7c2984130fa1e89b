import type { Layer } from "../config/layout.ts";
import type { Edge } from "../graph/module-graph.ts";
import type { Project } from "../project.ts";
import type { Breach } from "../report/finding.ts";
import type { Planting } from "./law.ts";
import { defineLaw, lawSchema } from "./law.ts";
import { entryOf, NOTHING, one, plantedPath, relativeSpecifier, together } from "./planting.ts";

/** Where the matrix says `as: "type"` nothing is loaded at run time, and nobody uses the inline form that only looks like it. */
export const typeOnly = defineLaw({
  kind: "type-only",
  schema: lawSchema("type-only", {}),
  why: "A layer that is given another's types must not load its code; the inline form `import { type X }` does load it.",
  help: "Write `import type { X } from` (or `export type { X } from`); a value that is needed has to be handed in.",
  idle: (_config, { layout }) =>
    layout.layers.some((layer) => layout.typeOnlyTargets(layer.name).length > 0)
      ? []
      : ['no mayImport says { "as": "type" }'],
  check: (_config, project) => project.graph.edges.flatMap((edge) => checkEdge(edge, project)),
  plant: (_config, project) => together(project.layout.layers.flatMap((layer) => plantIn(layer, project))),
});

function checkEdge(edge: Edge, { layout }: Project): Breach[] {
  const { file, line, column, specifier } = edge;
  const place = {
    file,
    line,
    column,
    chain: [
      { file, line, specifier },
      { file: edge.to, line: 1 },
    ],
  };
  if (edge.inlineType)
    return [{ ...place, message: `An inline \`type\` in the braces: "${specifier}" is loaded all the same` }];
  const from = layout.layerOf(file);
  const to = layout.layerOf(edge.to);
  if (from === undefined || to === undefined || edge.typeOnly || layout.permission(from.name, to.name) !== "type")
    return [];
  return [{ ...place, message: `${from.name} may import ${to.name} by type only, and this loads it` }];
}

function plantIn(layer: Layer, project: Project): Planting[] {
  return project.layout.typeOnlyTargets(layer.name).map((name) => {
    const target = project.layout.layer(name);
    const path = plantedPath(layer, { project, label: `type-only-${name}` });
    const entry = target && entryOf(target, project);
    if (path === undefined || entry === undefined) return NOTHING;
    return one(path, `export * as planted from "${relativeSpecifier(path, entry)}";\n`);
  });
}
