import { realpathSync, statSync } from "node:fs";
import { isAbsolute } from "node:path";

/** Where a command would run: a real path inside a root, or nothing yet (inside, absent), or nowhere (refused). */
export type DirectoryAnswer =
  | { readonly kind: "directory"; readonly path: string }
  | { readonly kind: "absent"; readonly problem: string }
  | { readonly kind: "refused"; readonly problem: string };

/**
 * Looks where `declared` leads once every symbolic link and `..` is resolved as the kernel does it, and whether that is
 * inside one of `roots`. Relative names are relative to the first root; none declared = the first root itself.
 *
 * The answer holds for this moment: whoever may write in the root can move a directory between the look and the start.
 * The bound is against mistakes and hostile requests, and is no sandbox for the program, which may open any path.
 */
export function findWorkingDirectory(declared: string | undefined, roots: readonly string[]): DirectoryAnswer {
  const [first] = roots;
  if (first === undefined) return refused("the server's configuration names no directory in which commands may run");
  const asked = declared === undefined ? first : isAbsolute(declared) ? declared : `${first}/${declared}`;
  const realRoots = roots.map(realPath).filter((root) => root.code === "");
  const real = realPath(asked);
  if (real.code === "ENOENT") return findAbsent(asked, realRoots);
  if (real.code !== "") return refused(`the working directory cannot be resolved (${real.code})`);
  if (!isInside(real.path, realRoots)) return refused(OUTSIDE);
  if (!isDirectory(real.path)) return refused("the working directory is not a directory");
  return { kind: "directory", path: real.path };
}

const OUTSIDE =
  "leads outside the directories that the server's configuration permits, after links and `..` are resolved";

function refused(problem: string): DirectoryAnswer {
  return { kind: "refused", problem };
}

/** An earlier step may still make the directory: judge the part of the path that exists. */
function findAbsent(asked: string, realRoots: readonly RealPath[]): DirectoryAnswer {
  const names = asked.split("/").filter((name) => name !== "");
  let existing = "/";
  let depth = 0;
  for (; depth < names.length; depth += 1) {
    const next = realPath(`/${names.slice(0, depth + 1).join("/")}`);
    if (next.code !== "") break;
    existing = next.path;
  }
  if (!isInside(existing, realRoots)) return refused(OUTSIDE);
  if (names.slice(depth).includes("..")) return refused("has `..` after a part that does not exist");
  return { kind: "absent", problem: "the working directory does not exist" };
}

interface RealPath {
  readonly path: string;
  /** Empty if the path was resolved, else the system's error code. */
  readonly code: string;
}

function realPath(path: string): RealPath {
  try {
    // The native form resolves `link/..` as the kernel does; the other removes `..` from the text first.
    return { path: realpathSync.native(path), code: "" };
  } catch (error) {
    return { path, code: errorCode(error) };
  }
}

function isInside(path: string, realRoots: readonly RealPath[]): boolean {
  return realRoots.some((root) => path === root.path || path.startsWith(root.path === "/" ? "/" : `${root.path}/`));
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
