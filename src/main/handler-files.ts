import { realpathSync, statSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import type { LoadedConfiguration } from "./load-configuration.ts";

/** The real file of a module, or why it must not be loaded. */
export type HandlerFile = { readonly file: string } | { readonly problem: string };

const WRITABLE_BY_GROUP_OR_OTHERS = 0o022;
const WRITABLE_BY_OTHERS = 0o002;
const STICKY = 0o1000;

/**
 * Finds a module that the configuration names. After links are resolved it has to lie in one of `handler_directories`; it and
 * each directory down to it belong to root or to the server's user, and nobody else may write to them. Of the directories above,
 * none may be open to everybody. What the module itself imports is not looked at.
 */
export function findHandler(
  path: string,
  { base, handler_directories: directories }: Pick<LoadedConfiguration, "base" | "handler_directories">,
): HandlerFile {
  const file = realPath(resolve(base, path));
  if (file === undefined) return { problem: "is not there, or cannot be looked at" };
  const roots = directories.map((directory) => realPath(resolve(base, directory))).filter((root) => root !== undefined);
  const root = roots.find((candidate) => isBelow(file, candidate));
  if (root === undefined) return { problem: "does not lie in a directory that handler_directories lists" };
  if (!statSync(file).isFile()) return { problem: "is not a file" };
  const problem = [...pathsUp(file)].map((at) => ownershipProblem(at, isBelow(at, root) || at === root)).find(Boolean);
  return problem === undefined ? { file } : { problem };
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

function isBelow(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`);
}

function* pathsUp(path: string): Generator<string> {
  for (let at = path; ; at = dirname(at)) {
    yield at;
    if (at === dirname(at)) return;
  }
}

function ownershipProblem(path: string, strict: boolean): string | undefined {
  const { mode, uid } = statSync(path);
  const remedy = "whoever can write there could have the server run anything; take the right away";
  if (!strict) {
    const isOpen = (mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0;
    return isOpen ? `lies below ${path}, to which everybody may write: ${remedy}` : undefined;
  }
  if ((mode & WRITABLE_BY_GROUP_OR_OTHERS) !== 0) {
    return `must not be loaded: ${path} may be written to by its group or by others: ${remedy}`;
  }
  const own = process.getuid?.() ?? 0;
  return uid === 0 || uid === own ? undefined : `must not be loaded: ${path} belongs to another user (${uid})`;
}
