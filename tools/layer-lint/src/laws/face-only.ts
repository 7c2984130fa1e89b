import type { Layer } from "../config/layout.ts";
import { isWithin } from "../config/layout.ts";
import type { Edge } from "../graph/module-graph.ts";
import type { Project } from "../project.ts";
import type { Breach } from "../report/finding.ts";
import type { Planting } from "./law.ts";
import { defineLaw, lawSchema } from "./law.ts";
import { folderOf, NOTHING, plantedPath, relativeSpecifier, together, withHelp } from "./planting.ts";

/** A layer is imported by its face only, and a face only lists names. */
export const faceOnly = defineLaw({
  kind: "face-only",
  schema: lawSchema("face-only", {}),
  why: "What a layer promises to others stands in one file; everything behind it can change without asking.",
  help: "Import from the layer's face. If the name is missing there, decide whether the layer should promise it, and re-export it by name.",
  check: (_config, project) => [
    ...project.graph.edges.flatMap((edge) => deepImport(edge, project)),
    ...project.layout.layers.flatMap((layer) => facesOf(layer, project).flatMap((face) => faceForm(face, project))),
  ],
  plant: (_config, project) => together(project.layout.layers.map((layer) => plantBehind(layer, project))),
});

/** The faces of the layer that are there. */
function facesOf(layer: Layer, { tree }: Project): string[] {
  return layer.paths.map((path) => `${path}/${layer.face}`).filter((face) => tree.modules.includes(face));
}

function deepImport(edge: Edge, { layout }: Project): Breach[] {
  const from = layout.layerOf(edge.file);
  const to = layout.layerOf(edge.to);
  if (from === undefined || to === undefined || from === to) return [];
  // A layer that is a single file is its own face.
  const home = to.paths.find((path) => isWithin(edge.to, path));
  if (edge.to === home || edge.to === `${home}/${to.face}`) return [];
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
      message: `${from.name} imports ${edge.to}, behind the face of ${to.name} (${home}/${to.face})`,
    },
  ];
}

function faceForm(face: string, { sources }: Project): Breach[] {
  return sources.get(face).statements.flatMap(({ line, column, reExport }): Breach[] => {
    if (reExport === "names") return [];
    const message =
      reExport === "all"
        ? "A face re-exports each name on its own, and this statement re-exports all of them"
        : "A face holds nothing but named re-exports, and this statement is none";
    return [{ file: face, line, column, message }];
  });
}

function plantBehind(layer: Layer, project: Project): Planting {
  const folder = folderOf(layer, project);
  const importer = project.layout.layers.find(
    (other) =>
      other !== layer &&
      project.layout.permission(other.name, layer.name) !== "none" &&
      folderOf(other, project) !== undefined,
  );
  const path = importer && plantedPath(importer, { project, label: `face-only-${layer.name}` });
  if (folder === undefined || path === undefined) return NOTHING;
  const behind = `${folder}/layer-lint-canary-behind-the-face.ts`;
  return withHelp({ path, text: `export type { Planted } from "${relativeSpecifier(path, behind)}";\n` }, [
    { path: behind, text: "export type Planted = string;\n" },
  ]);
}
