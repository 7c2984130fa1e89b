import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes the state directory and its parents where they are missing, for the owner alone. One after the other, because
 * Node's own way of making all of them never ends where the system lets nothing be made (below `/proc`), and does not
 * say that a disk is read-only.
 * @throws the system's error.
 */
export function makeStateDirectory(state: string): void {
  const missing: string[] = [];
  for (let directory = state; !existsSync(directory); directory = dirname(directory)) missing.push(directory);
  for (const directory of missing.toReversed()) makeDirectory(directory);
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(directory)) throw error; // else somebody has made it meanwhile
  }
}
