import { statSync } from "node:fs";
import { findPermittedPath } from "../permitted-path.ts";

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
  const found = findPermittedPath(declared ?? first, roots, { what: "the working directory", absentCodes: ["ENOENT"] });
  if (found.kind !== "there") return found;
  if (!isDirectory(found.path)) return refused("the working directory is not a directory");
  return { kind: "directory", path: found.path };
}

function refused(problem: string): DirectoryAnswer {
  return { kind: "refused", problem };
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
