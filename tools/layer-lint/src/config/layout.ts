import { isGlob } from "./globs.ts";
import type { ConfigFile, LayerEntry } from "./schema.ts";

/** How a layer may import another. */
export type Permission = "any" | "type" | "none";

/** A layer with everything that the configuration leaves out filled in. */
export interface Layer {
  readonly name: string;
  /** Folders or files, without trailing `/`. */
  readonly paths: readonly string[];
  /** File name of the face. */
  readonly face: string;
  readonly optional: boolean;
  readonly machine: boolean;
  readonly ports: readonly string[];
  readonly adapters: readonly string[];
  /** Most lines with code; absent = no limit. */
  readonly maxLines?: number;
}

/** A part of the project that laws speak of: a layer, or a path. */
export interface Area {
  readonly label: string;
  readonly paths: readonly string[];
  contains(file: string): boolean;
}

/** Which file belongs to which layer, and which layer may import which. */
export interface Layout {
  /** The folders whose files must all belong to layers. */
  readonly roots: readonly string[];
  readonly layers: readonly Layer[];
  readonly unassigned: "refuse" | "may-not-touch-sealed-targets";
  layer(name: string): Layer | undefined;
  layerOf(file: string): Layer | undefined;
  /** The layer or path of that name; a glob is all that it matches. */
  area(text: string): Area;
  /** The same, with each path that a glob matches for itself. */
  areas(text: string): readonly Area[];
  /** How `from` may import `to`; a layer may always import itself. */
  permission(from: string, to: string): Permission;
  /** The layers that `from` may import by type only. */
  typeOnlyTargets(from: string): readonly string[];
}

/** Whether `file` is `path` or lies in it. */
export function isWithin(file: string, path: string): boolean {
  return file === path || file.startsWith(`${path}/`);
}

/**
 * Makes the layout of a configuration whose names have been checked, and whose globs in root and layers are expanded.
 * @param expand - The files and folders that a glob of a law matches.
 */
export function makeLayout(config: ConfigFile, expand: (glob: string) => readonly string[]): Layout {
  const layers = config.layers.map(toLayer);
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const permissions = new Map(config.layers.map((entry) => [entry.name, permissionsOf(entry)]));
  // Each law asks of each file.
  const homes = new Map<string, Layer | undefined>();
  const layout: Layout = {
    roots: listOf(config.root),
    layers,
    unassigned: config.unassigned ?? "refuse",
    layer: (name) => byName.get(name),
    layerOf(file) {
      let layer = homes.get(file);
      if (layer === undefined && !homes.has(file)) {
        layer = layers.find(({ paths }) => paths.some((path) => isWithin(file, path)));
        homes.set(file, layer);
      }
      return layer;
    },
    area(text) {
      const layer = byName.get(text);
      if (layer !== undefined)
        return { label: text, paths: layer.paths, contains: (file) => layout.layerOf(file) === layer };
      const path = trimmed(text);
      const paths = isGlob(path) ? expand(path) : [path];
      return { label: path, paths, contains: (file) => paths.some((each) => isWithin(file, each)) };
    },
    areas(text) {
      if (byName.has(text)) return [layout.area(text)];
      return layout.area(text).paths.map((path) => layout.area(path));
    },
    permission(from, to) {
      if (from === to) return "any";
      const allowed = permissions.get(from);
      return allowed?.get(to) ?? allowed?.get("*") ?? "none";
    },
    typeOnlyTargets: (from) => [...(permissions.get(from) ?? [])].filter(([, as]) => as === "type").map(([to]) => to),
  };
  return layout;
}

/** The layers that an entry names, each with what it allows. */
export function permissionsOf(entry: LayerEntry): Map<string, Permission> {
  return new Map(
    entry.mayImport.map((target) => (typeof target === "string" ? [target, "any"] : [target.layer, target.as])),
  );
}

/** One path or several, as a list. */
export function listOf(value: string | readonly string[] | undefined): string[] {
  if (value === undefined) return [];
  return (typeof value === "string" ? [value] : value).map(trimmed);
}

function toLayer(entry: LayerEntry): Layer {
  return {
    name: entry.name,
    paths: listOf(entry.path),
    face: entry.face ?? "index.ts",
    optional: entry.optional ?? false,
    machine: entry.machine ?? false,
    ports: listOf(entry.ports),
    adapters: listOf(entry.adapters),
    ...(entry.budget === undefined ? {} : { maxLines: entry.budget.lines }),
  };
}

function trimmed(path: string): string {
  return path.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
}
