import { isBuiltin } from "node:module";
import { relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Layout } from "../config/layout.ts";
import { isInstalled } from "../resolve/resolver.ts";
import type { Observed } from "./run-entry.ts";

/** One file that was really loaded. */
export interface LoadedFile {
  /** Path from the project's root; `node:fs` for a built-in module, the URL for what is no file. */
  readonly file: string;
  /** What the path says it is. */
  readonly kind: "project" | "package" | "builtin" | "code";
  /** The layer that it belongs to. */
  readonly layer: string | undefined;
  /** Who imported it, by path; empty for what was started as a program. */
  readonly from: readonly string[];
}

/** What was loaded, each once, in the order of loading. */
export function loadedFiles({ imports, loads }: Observed, root: string, layout: Layout): LoadedFile[] {
  const from = new Map<string, Set<string>>();
  for (const { url, parent } of imports) {
    const importers = from.get(nameOf(url, root)) ?? new Set();
    if (parent !== undefined && !isEvaluated(parent)) importers.add(nameOf(parent, root));
    from.set(nameOf(url, root), importers);
  }
  // A built-in module that was loaded before is imported without being loaded again.
  const builtins = imports.map(({ url }) => url).filter((url) => isBuiltin(url));
  const names = new Set([...loads, ...builtins].map((url) => nameOf(url, root)));
  return [...names].map((file) => ({
    file,
    kind: kindOf(file),
    layer: layout.layerOf(file)?.name,
    from: [...(from.get(file) ?? [])],
  }));
}

/** The line that imports a name is no file. */
function isEvaluated(url: string): boolean {
  return /\/\[eval\d*\]$/.test(decodeURIComponent(url)) || url.startsWith("node:internal");
}

function nameOf(url: string, root: string): string {
  if (isBuiltin(url)) return url.startsWith("node:") ? url : `node:${url}`;
  if (!url.startsWith("file:")) return url;
  const path = fileURLToPath(new URL(url));
  return relative(root, resolve(path)).split(sep).join("/");
}

function kindOf(file: string): LoadedFile["kind"] {
  if (file.startsWith("node:")) return "builtin";
  if (/^[a-z][a-z+.-]+:/i.test(file)) return "code";
  return isInstalled(file) ? "package" : "project";
}
