import type { Layer } from "../config/layout.ts";
import { isWithin } from "../config/layout.ts";
import type { Edge } from "../graph/module-graph.ts";
import type { Project } from "../project.ts";
import type { Breach } from "../report/finding.ts";
import { originsOf } from "../graph/origins.ts";
import type { Planting } from "./law.ts";
import { areaNames, defineLaw, lawSchema } from "./law.ts";
import { NOTHING, plantedOutside, relativeSpecifier, together, withHelp } from "./planting.ts";

/** The implementations of a layer's ports are named by the layer itself and by the layers of `from`. */
export const adaptersOnlyFrom = defineLaw({
  kind: "adapters-only-from",
  schema: lawSchema("adapters-only-from", { from: areaNames }),
  why: "Who names an adapter cannot be given another one; only the composition root chooses.",
  help: "Ask for the port's type, and let the composition root hand the adapter in.",
  areas: ({ from }) => from.map((text) => ({ key: "from", text })),
  idle: (_config, { layout, tree }) => [
    ...(layout.layers.some((layer) => layer.adapters.length > 0) ? [] : ["no layer has adapters"]),
    ...layout.layers
      .flatMap((layer) => layer.adapters)
      .filter((folder) => !tree.modules.some((file) => isWithin(file, folder)))
      .map((folder) => `no file lies in the adapters' folder "${folder}"`),
  ],
  check({ from }, project) {
    const mayName = from.map((text) => project.layout.area(text));
    return project.graph.edges
      .filter((edge) => !mayName.some((area) => area.contains(edge.file)))
      .flatMap((edge) => checkEdge(edge, project));
  },
  plant: ({ from }, project) => together(project.layout.layers.flatMap((layer) => plantFor(layer, { project, from }))),
});

function checkEdge(edge: Edge, project: Project): Breach[] {
  const owner = project.layout.layerOf(edge.to);
  if (owner === undefined || owner.adapters.length === 0 || project.layout.layerOf(edge.file) === owner) return [];
  const isAdapter = (file: string): boolean => owner.adapters.some((folder) => isWithin(file, folder));
  const { file, line, column, specifier } = edge;
  const names = edge.names.length === 0 && isAdapter(edge.to) ? ["*"] : edge.names.map(({ name }) => name);
  return names.flatMap((name): Breach[] => {
    const adapter = originsOf(edge.to, name, project).find(isAdapter);
    if (adapter === undefined) return [];
    const what =
      name === "*"
        ? `everything of ${edge.to}, which brings the adapter ${adapter}`
        : `${name} of the adapter ${adapter}`;
    const way = adapter === edge.to ? [] : [{ file: edge.to, line: 1 }];
    return [
      {
        file,
        line,
        column,
        chain: [{ file, line, specifier }, ...way, { file: adapter, line: 1 }],
        message: `${file} names ${what}`,
      },
    ];
  });
}

function plantFor(
  layer: Layer,
  { project, from }: { readonly project: Project; readonly from: readonly string[] },
): Planting[] {
  const may = [layer.name, ...from].map((text) => project.layout.area(text));
  return layer.adapters.map((folder, index) => {
    const path = plantedOutside(may, { project, label: `adapter-${layer.name}-${index}` });
    if (path === undefined) return NOTHING;
    // Through a file that stands in front of the adapter, as a face does.
    const adapter = `${folder}/layer-lint-canary-adapter.ts`;
    const front = `${layer.paths[0] ?? ""}/layer-lint-canary-front-${index}.ts`;
    return withHelp({ path, text: `export { planted } from "${relativeSpecifier(path, front)}";\n` }, [
      { path: front, text: `export { planted } from "${relativeSpecifier(front, adapter)}";\n` },
      { path: adapter, text: "export const planted = 1;\n" },
    ]);
  });
}
