import { realpathSync } from "node:fs";
import { isAbsolute } from "node:path";
import { errorCode } from "./failure.ts";

/** Where a path leads: a real path inside a root, or nothing yet (inside, absent), or nowhere (refused). */
export type PathAnswer =
  | { readonly kind: "there"; readonly path: string }
  | { readonly kind: "absent"; readonly problem: string }
  | { readonly kind: "refused"; readonly problem: string };

/** What is looked for, and when it counts as not there. */
export interface PathSearch {
  /** In messages, such as `the working directory`. */
  readonly what: string;
  /** Error codes of the system that mean that there is nothing of that name. */
  readonly absentCodes: readonly string[];
}

const OUTSIDE =
  "leads outside the directories that the server's configuration permits, after links and `..` are resolved";

/**
 * Looks where `declared` leads once every symbolic link and `..` is resolved as the kernel does it, and whether that is
 * inside one of `roots`, of which there is at least one. Relative names are relative to the first root.
 */
export function findPermittedPath(declared: string, roots: readonly string[], search: PathSearch): PathAnswer {
  const { what, absentCodes } = search;
  const asked = isAbsolute(declared) ? declared : `${roots[0] ?? ""}/${declared}`;
  const realRoots = roots.map(realPath).filter((root) => root.code === "");
  const real = realPath(asked);
  if (absentCodes.includes(real.code)) return findAbsent(asked, realRoots, what);
  if (real.code !== "") return refused(`${what} cannot be resolved (${real.code})`);
  if (!isInside(real.path, realRoots)) return refused(OUTSIDE);
  return { kind: "there", path: real.path };
}

/** Whether a real path lies inside one of `roots`, as they are now. */
export function liesInside(path: string, roots: readonly string[]): boolean {
  return isInside(
    path,
    roots.map(realPath).filter((root) => root.code === ""),
  );
}

function refused(problem: string): PathAnswer {
  return { kind: "refused", problem };
}

/** An earlier step may still make it: judge the part of the path that exists. */
function findAbsent(asked: string, realRoots: readonly RealPath[], what: string): PathAnswer {
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
  return { kind: "absent", problem: `${what} does not exist` };
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
