import { posix } from "node:path";
import type { Area, Layer } from "../config/layout.ts";
import type { Project } from "../project.ts";
import { isModule } from "../tree/list-files.ts";
import type { PlantedFile, Planting } from "./law.ts";

/** Name parts of planted files, so that nothing that is there is overwritten. */
const PREFIX = "layer-lint-canary";

/** A part of the project in which files can be planted. */
type Ground = Pick<Area, "paths">;

/** The first folder of a layer or area in which a new file is checked; undefined if it consists of single files. */
export function folderOf({ paths }: Ground, { tree, layout }: Project): string | undefined {
  const files = [...tree.modules, ...tree.others];
  const folder = paths.find((path) => files.some((file) => file.startsWith(`${path}/`)));
  if (folder === undefined || layout.layerOf(`${folder}/${PREFIX}.ts`) !== undefined) return folder;
  // The area holds more than its layers do, as a package does that has its sources in a folder.
  const file = tree.modules.find((each) => each.startsWith(`${folder}/`));
  return file === undefined ? folder : posix.dirname(file);
}

/** The path of a new file of a layer or area; undefined if it has no folder. */
export function plantedPath(
  ground: Ground,
  { project, label }: { readonly project: Project; readonly label: string },
): string | undefined {
  const folder = folderOf(ground, project);
  return folder === undefined ? undefined : `${folder}/${PREFIX}-${label}.ts`;
}

/** The path of a new file in the first layer that has a folder outside of all `areas`. */
export function plantedOutside(
  areas: readonly Area[],
  { project, label }: { readonly project: Project; readonly label: string },
): string | undefined {
  const places = project.layout.layers.map((layer) => plantedPath(layer, { project, label }));
  return places.find((path) => path !== undefined && !areas.some((area) => area.contains(path)));
}

/** Some checked file of the area. */
export function someFile(area: Area, { tree }: Project): string | undefined {
  return tree.modules.find((file) => area.contains(file) && isModule(file));
}

/** The specifier by which `from` names `to`. */
export function relativeSpecifier(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to);
  return path.startsWith(".") ? path : `./${path}`;
}

/** The face of the layer in its first folder that has one, or else any of its files. */
export function entryOf(layer: Layer, project: Project): string | undefined {
  const faces = layer.paths.map((path) => `${path}/${layer.face}`);
  return (
    faces.find((face) => project.tree.modules.includes(face)) ?? someFile(project.layout.area(layer.name), project)
  );
}

/** Several plantings as one. */
export function together(plantings: readonly Planting[]): Planting {
  return { files: plantings.flatMap((each) => each.files), expect: plantings.flatMap((each) => each.expect) };
}

/** Nothing to plant: the canary then says that the law cannot be shown to bite. */
export const NOTHING: Planting = { files: [], expect: [] };

/** One file that breaks the law. */
export function one(path: string, text: string): Planting {
  return { files: [{ path, text }], expect: [path] };
}

/** A file that breaks the law with the help of others. */
export function withHelp(guilty: PlantedFile, helpers: readonly PlantedFile[]): Planting {
  return { files: [guilty, ...helpers], expect: [guilty.path] };
}
