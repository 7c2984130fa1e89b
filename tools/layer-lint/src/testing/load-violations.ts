import type { Config } from "../config/read-config.ts";
import type { Area, Layer } from "../config/layout.ts";
import type { LoadedFile } from "./loaded-graph.ts";

/** What was loaded against the configuration, or why nothing is proven. */
export interface LoadViolation {
  readonly severity: "violation" | "unproven";
  /** Who loaded what it may not; a path from the project's root. */
  readonly file: string;
  readonly message: string;
  /** The way from `file` to what was loaded, both included. */
  readonly chain: readonly string[];
}

/** What the rules look at. */
export interface Loaded {
  readonly config: Config;
  readonly files: readonly LoadedFile[];
  readonly byName: ReadonlyMap<string, LoadedFile>;
  /** What each file imported. */
  readonly imported: ReadonlyMap<string, readonly LoadedFile[]>;
  /** The path of the program that was run; it may lie outside of every layer, as tests do. */
  readonly entry: string;
}

/** Everything that was loaded against the configuration. */
export function loadViolations(loaded: Loaded): LoadViolation[] {
  return [...edgesAgainst(loaded), ...sealsBroken(loaded), ...strangers(loaded), ...startedByMachine(loaded)];
}

/** Each import for itself: of layers, and of what a layer may touch of Node and packages. */
function edgesAgainst(loaded: Loaded): LoadViolation[] {
  const { layout } = loaded.config;
  return loaded.files.flatMap((file): LoadViolation[] => {
    const layer = file.layer === undefined ? undefined : layout.layer(file.layer);
    if (layer === undefined) return [];
    return reachedFrom(file, loaded, layer.machine).flatMap(({ target, chain }): LoadViolation[] => {
      const what = forbidden(layer, { target, chain, loaded });
      if (what === undefined) return [];
      return [{ severity: "violation", file: file.file, message: `${layer.name} loads ${what}`, chain }];
    });
  });
}

interface Reached {
  readonly target: LoadedFile;
  readonly chain: readonly string[];
}

/** What a file imports; of a machine layer also what packages import for it, for a package may be asked to load anything. */
function reachedFrom(start: LoadedFile, { imported }: Loaded, throughPackages: boolean): Reached[] {
  const seen = new Map<string, Reached>();
  const waiting: Reached[] = [{ target: start, chain: [start.file] }];
  for (const { target: at, chain } of waiting) {
    for (const target of imported.get(at.file) ?? []) {
      if (seen.has(target.file)) continue;
      const reached = { target, chain: [...chain, target.file] };
      seen.set(target.file, reached);
      if (throughPackages && target.kind === "package") waiting.push(reached);
    }
  }
  return [...seen.values()];
}

/** What is wrong with a layer's loading this, in words; undefined if it may. */
function forbidden(layer: Layer, { target, chain, loaded }: Reached & { readonly loaded: Loaded }): string | undefined {
  const { layout, laws, entries } = loaded.config;
  const isDirect = chain.length === 2;
  const touches = laws
    .flatMap((law) => law.touches ?? [])
    .filter((each) => layout.area(each.in).contains(chain[0] ?? ""));
  if (target.kind === "builtin") {
    const name = target.file.slice("node:".length);
    const lists = [
      ...touches.map(({ builtins }) => builtins),
      ...(layer.machine ? [entries.machine?.builtins ?? []] : []),
    ];
    const isAllowed = lists.every((list) => list.some((each) => each.replace(/^node:/, "") === name));
    return isAllowed || !isDirect ? undefined : `the built-in module ${target.file}, which it may not touch`;
  }
  if (target.kind === "package") {
    const name = packageOf(target.file);
    const isAllowed = touches.every(({ packages }) => packages.includes(name));
    return isAllowed || !isDirect ? undefined : `the package ${name}, which it may not touch`;
  }
  if (target.kind === "code") return `code that lies in no file (${target.file.slice(0, 60)})`;
  if (target.layer === undefined) return undefined;
  const permission = layout.permission(layer.name, target.layer);
  if (permission === "any") return undefined;
  return permission === "type"
    ? `${target.file} of ${target.layer} when it runs, and may only name its types`
    : `${target.file} of ${target.layer}, which it may not import`;
}

function packageOf(file: string): string {
  const inside = file.slice(file.lastIndexOf("node_modules/") + "node_modules/".length).split("/");
  return inside.slice(0, inside[0]?.startsWith("@") === true ? 2 : 1).join("/");
}

/** What `cannot-reach` seals, by whatever way it was loaded. */
function sealsBroken(loaded: Loaded): LoadViolation[] {
  const { layout, laws } = loaded.config;
  return laws.flatMap((law): LoadViolation[] => {
    if (law.seal === undefined) return [];
    const from = layout.area(law.seal.from);
    return law.seal.to.flatMap((text) => {
      const to = layout.area(text);
      const chain = wayBetween(from, to, loaded);
      if (chain === undefined) return [];
      const message = `${from.label} loads ${to.label} (${chain.at(-1)}), which ${law.id} seals off from it`;
      return [{ severity: "violation", file: chain[0] ?? "", message, chain }];
    });
  });
}

/** The shortest way on which a file of `from` loaded one of `to`. */
function wayBetween(from: Area, to: Area, { files, imported }: Loaded): readonly string[] | undefined {
  const ways = files.filter(({ file }) => from.contains(file)).map(({ file }) => [file]);
  const seen = new Set(ways.map(([file]) => file));
  for (const way of ways) {
    for (const { file } of imported.get(way.at(-1) ?? "") ?? []) {
      if (to.contains(file)) return [...way, file];
      if (!seen.has(file)) ways.push([...way, file]);
      seen.add(file);
    }
  }
  return undefined;
}

/** Files that no layer names: in the folders of the layers, and wherever a layer loads them. */
function strangers({ config: { layout }, files, byName, entry }: Loaded): LoadViolation[] {
  return files.flatMap(({ file, kind, layer, from }): LoadViolation[] => {
    if (kind !== "project" || layer !== undefined || file === entry) return [];
    const loader = from.find((each) => byName.get(each)?.layer !== undefined);
    const isInside = layout.unassigned === "refuse" && layout.roots.some((root) => file.startsWith(`${root}/`));
    if (loader === undefined && !isInside) return [];
    if (loader !== undefined && layout.unassigned !== "refuse") return [];
    const message = `${file} was loaded and belongs to no layer`;
    return [
      { severity: "unproven", file: loader ?? file, message, chain: loader === undefined ? [file] : [loader, file] },
    ];
  });
}

/** A program or thread that was started tells nobody who started it; of a machine layer's own there may be none. */
function startedByMachine({ config: { layout }, files, entry, byName }: Loaded): LoadViolation[] {
  const layer = byName.get(entry)?.layer;
  if (layer === undefined || layout.layer(layer)?.machine !== true) return [];
  return files
    .filter(({ file, from, kind }) => from.length === 0 && file !== entry && kind !== "builtin")
    .map(({ file }) => ({
      severity: "violation",
      file: entry,
      message: `${layer} starts ${file} as a program of its own, which nobody can follow`,
      chain: [entry, file],
    }));
}
