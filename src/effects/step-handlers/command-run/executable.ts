import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute } from "node:path";

/** Which programs may be started, and where bare names are looked up. */
export interface ExecutablePolicy {
  /** Absolute paths and bare names; `"*"` = any. */
  readonly executables: readonly string[];
  /** Absolute directories separated by `:`. */
  readonly searchPath: string;
}

/** Whether a program may be started, and the file that is started then (undefined: there is none). */
export type ExecutableAnswer =
  | { readonly permitted: true; readonly file: string | undefined }
  | { readonly permitted: false; readonly problem: string };

/**
 * Decides over `argv[0]`. A bare name is looked up on the policy's search path and nowhere else, whatever `PATH` the step
 * sets. A listed name permits the absolute path that it is found at, and the reverse. Paths are compared as written.
 */
export function findExecutable(name: string, policy: ExecutablePolicy): ExecutableAnswer {
  const file = name.includes("/") ? name : findOnPath(name, policy.searchPath);
  const { executables } = policy;
  if (executables.includes("*") || executables.includes(name)) return { permitted: true, file };
  const permitted = file !== undefined && isAbsolute(file) && permitsFile(file, policy);
  if (permitted) return { permitted: true, file };
  const problem = `"${shorten(name)}" is not among the executables that the server's configuration permits`;
  return { permitted: false, problem };
}

function permitsFile(file: string, policy: ExecutablePolicy): boolean {
  return policy.executables.some(
    (entry) => entry === file || (!entry.includes("/") && findOnPath(entry, policy.searchPath) === file),
  );
}

function findOnPath(name: string, searchPath: string): string | undefined {
  if (name === "" || name.includes("\0")) return undefined;
  return searchPath
    .split(":")
    .map((directory) => `${directory.replace(/\/+$/, "")}/${name}`)
    .find(isExecutableFile);
}

function isExecutableFile(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function shorten(name: string): string {
  return name.length <= 200 ? name : `${name.slice(0, 200)}...`;
}
