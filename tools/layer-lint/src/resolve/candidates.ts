import type { Stats } from "node:fs";
import { realpathSync, statSync } from "node:fs";

/** Which files are there; what the tree has listed is not asked of the disk again. */
export interface Files {
  /** The real path of the file at the absolute path; undefined if there is none. */
  real(path: string): string | undefined;
  /** Files whose path differs from this one in case only. */
  inOtherCase(path: string): readonly string[];
  isFolder(path: string): boolean;
}

/** `listed`: absolute real paths of files that are known to be there. */
export function openFiles(listed: readonly string[]): Files {
  const known = new Set(listed);
  const folders = new Map<string, boolean>();
  const reals = new Map<string, string | undefined>();
  let lower: Map<string, string[]> | undefined;
  return {
    real(path) {
      if (known.has(path)) return path;
      if (!reals.has(path)) reals.set(path, statusOf(path)?.isFile() === true ? realpathSync(path) : undefined);
      return reals.get(path);
    },
    inOtherCase(path) {
      lower ??= Map.groupBy(listed, (file) => file.toLowerCase());
      return lower.get(path.toLowerCase())?.filter((file) => file !== path) ?? [];
    },
    isFolder(path) {
      let isThere = folders.get(path);
      if (isThere === undefined) {
        isThere = statusOf(path)?.isDirectory() === true;
        folders.set(path, isThere);
      }
      return isThere;
    },
  };
}

function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // A name with a NUL, longer than a name can be, or below a file names nothing.
    return undefined;
  }
}

/** Extensions that are tried for a name without one, and the declarations beside them. */
const EXTENSIONS = [
  ".ts",
  ".tsx",
  ".d.ts",
  ".js",
  ".jsx",
  ".mts",
  ".cts",
  ".d.mts",
  ".d.cts",
  ".mjs",
  ".cjs",
  ".json",
  ".node",
];

/** Files that the name of a JavaScript file may stand for. */
const SOURCES_OF: readonly (readonly [extension: string, sources: readonly string[]])[] = [
  [".d.ts", []],
  [".d.mts", []],
  [".d.cts", []],
  [".js", [".ts", ".tsx", ".d.ts", ".jsx"]],
  [".jsx", [".tsx", ".ts", ".d.ts"]],
  [".mjs", [".mts", ".d.mts"]],
  [".cjs", [".cts", ".d.cts"]],
];

/**
 * All files that a path without extension, with that of its compiled form, or of a folder can stand for: whichever a
 * tool picks, each of them is the module.
 */
export function filesAt(path: string, files: Files): string[] {
  const exact = files.real(path);
  const sources = SOURCES_OF.find(([extension]) => path.endsWith(extension));
  const stem = sources === undefined ? undefined : path.slice(0, -sources[0].length);
  const substitutes = (sources?.[1] ?? []).map((extension) => `${stem}${extension}`);
  // A TypeScript file that is named as it is called stands for nothing else.
  if (exact !== undefined && /\.[cm]?tsx?$/.test(path)) return [exact];
  const declaration = path.replace(/\.([^./]+)$/, ".d.$1.ts");
  const named = [path, ...substitutes, ...(declaration === path || sources !== undefined ? [] : [declaration])];
  const found = named.map((each) => files.real(each)).filter((each) => each !== undefined);
  if (found.length > 0) return [...new Set(found)];
  return [...new Set(EXTENSIONS.map((extension) => files.real(path + extension)).filter((each) => each !== undefined))];
}
