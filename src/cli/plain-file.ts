import { statSync } from "node:fs";
import type { Stats } from "node:fs";
import { Fault } from "#model";

/**
 * Refuses what is no plain file and could be waited for without an end, such as a named pipe that nobody writes to: a read of it
 * cannot be interrupted. What is not there, and a directory, is left to the one who opens it.
 * @throws {Fault} INVALID_REQUEST; `instead` says what to do.
 */
export function refuseEndless(path: string, what: string, instead = "copy it into a file and name that"): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile() || found.isDirectory()) return;
  throw new Fault("INVALID_REQUEST", `The ${what} ${path} is ${kindOf(found)}; expected a regular file: ${instead}.`);
}

function kindOf(found: Stats): string {
  if (found.isFIFO()) return "a pipe";
  if (found.isSocket()) return "a socket";
  return "a device";
}
