import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { LOG_FILE } from "#evidence";
import { refuseEndless } from "./plain-file.ts";

/** A run id has no slash; a file of that name here is meant rather than a run. */
export function looksLikePath(what: string): boolean {
  return what.includes("/") || existsSync(what);
}

/**
 * The log that a path names: a file, or the one in a folder that `export` has made, or of a run in a state directory.
 * @throws {Fault} INVALID_REQUEST if it is a pipe or a device.
 */
export function logFileOf(path: string): string {
  const file = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? join(path, LOG_FILE) : path;
  refuseEndless(file, "log");
  return file;
}
