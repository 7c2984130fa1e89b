import { lstatSync, readdirSync } from "node:fs";
import { join, matchesGlob } from "node:path";
import { compare } from "../report/finding.ts";

/** What lies under the checked folders; all paths are from the project's root, sorted. */
export interface Tree {
  /** Files that can hold code. */
  readonly modules: readonly string[];
  /** All other files. */
  readonly others: readonly string[];
  /** Modules that the configuration says not to check. */
  readonly ignored: readonly string[];
  /** Globs of the configuration that matched no file. */
  readonly idleGlobs: readonly string[];
  /** Symbolic links: they are not followed, and what is behind them is not checked. */
  readonly links: readonly string[];
  /** Folders and files that were asked for and are not there. */
  readonly missing: readonly string[];
}

const MODULE = /\.(?:[cm]?[jt]s|[jt]sx)$/;

/** Whether the file can hold code that imports something. */
export function isModule(file: string): boolean {
  return MODULE.test(file);
}

/** Lists everything under `tops` (folders or files), without `node_modules` and `.git`. */
export function listFiles(
  root: string,
  { tops, ignore }: { readonly tops: readonly string[]; readonly ignore: readonly string[] },
): Tree {
  const files: string[] = [];
  const links: string[] = [];
  const missing: string[] = [];
  for (const top of new Set(tops)) {
    const kind = kindOf(join(root, top));
    if (kind === "missing") missing.push(top);
    else visit(root, { path: top, kind }, { files, links });
  }
  const matched = new Set<string>();
  const isIgnored = (file: string): boolean => {
    const globs = ignore.filter((glob) => matchesGlob(file, glob));
    for (const glob of globs) matched.add(glob);
    return globs.length > 0;
  };
  const modules = [...new Set(files)].filter(isModule).sort(compare);
  const ignored = new Set(modules.filter(isIgnored));
  return {
    modules: modules.filter((file) => !ignored.has(file)),
    others: [...new Set(files)].filter((file) => !isModule(file)).sort(compare),
    ignored: [...ignored],
    idleGlobs: ignore.filter((glob) => !matched.has(glob)),
    links: [...new Set(links)].sort(compare),
    missing,
  };
}

type Kind = "folder" | "file" | "link" | "missing";

function visit(root: string, entry: { path: string; kind: Kind }, found: { files: string[]; links: string[] }): void {
  if (entry.kind === "link") found.links.push(entry.path);
  if (entry.kind === "file") found.files.push(entry.path);
  if (entry.kind !== "folder") return;
  for (const inner of readdirSync(join(root, entry.path), { withFileTypes: true })) {
    if (inner.name === "node_modules" || inner.name === ".git") continue;
    const kind = inner.isSymbolicLink() ? "link" : inner.isDirectory() ? "folder" : "file";
    visit(root, { path: `${entry.path}/${inner.name}`, kind }, found);
  }
}

function kindOf(path: string): Kind {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return "missing";
  if (status.isSymbolicLink()) return "link";
  return status.isDirectory() ? "folder" : "file";
}
