import type { Dirent, Stats } from "node:fs";
import { lstatSync, readdirSync } from "node:fs";
import { join, matchesGlob } from "node:path";
import { codeOf } from "../error-code.ts";
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
  /** What is named as a module and is neither a file nor a folder, and folders that cannot be listed, each with what it is. */
  readonly unreadable: readonly { readonly path: string; readonly what: string }[];
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
  const found: Found = { files: [], links: [], unreadable: [] };
  const missing: string[] = [];
  for (const top of new Set(tops)) {
    const status = lstatSync(join(root, top), { throwIfNoEntry: false });
    if (status === undefined) missing.push(top);
    else visit(root, { path: top, kind: kindOf(status) }, found);
  }
  const { files, links, unreadable } = found;
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
    unreadable: unreadable.toSorted((a, b) => compare(a.path, b.path)),
    missing,
  };
}

type Kind = "folder" | "file" | "link" | "other";

interface Found {
  readonly files: string[];
  readonly links: string[];
  readonly unreadable: { readonly path: string; readonly what: string }[];
}

function visit(root: string, entry: { readonly path: string; readonly kind: Kind }, found: Found): void {
  const { path, kind } = entry;
  if (kind === "link") found.links.push(path);
  if (kind === "file") found.files.push(path);
  // To read a pipe would be to wait for whoever writes into it.
  if (kind === "other" && isModule(path)) found.unreadable.push({ path, what: "neither a file nor a folder" });
  if (kind !== "folder") return;
  for (const inner of entriesOf(root, path, found)) {
    if (inner.name === "node_modules" || inner.name === ".git") continue;
    visit(root, { path: `${path}/${inner.name}`, kind: kindOf(inner) }, found);
  }
}

function entriesOf(root: string, path: string, { unreadable }: Found): readonly Dirent[] {
  try {
    return readdirSync(join(root, path), { withFileTypes: true });
  } catch (error) {
    unreadable.push({ path, what: `a folder that cannot be listed (${codeOf(error)})` });
    return [];
  }
}

function kindOf(status: Stats | Dirent): Kind {
  if (status.isSymbolicLink()) return "link";
  if (status.isDirectory()) return "folder";
  return status.isFile() ? "file" : "other";
}
