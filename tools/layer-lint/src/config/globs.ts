import { readdirSync } from "node:fs";
import { join, matchesGlob } from "node:path";

/** Whether a path holds a pattern. */
export function isGlob(path: string): boolean {
  return /[*?{[]/.test(path);
}

/**
 * The folders and files of the project at `root` that the glob matches, sorted; what lies in a folder that it matches
 * is not listed again. `node_modules`, `.git` and symbolic links are passed by.
 */
export function expandGlob(root: string, glob: string): string[] {
  const parts = glob.split("/");
  const fixed = parts.slice(0, parts.findIndex(isGlob));
  const found: string[] = [];
  visit({ root, glob, folder: fixed.join("/") }, found);
  return found.sort((a, b) => (a < b ? -1 : 1));
}

interface Search {
  readonly root: string;
  readonly glob: string;
  /** From the root; empty for the root itself. */
  readonly folder: string;
}

function visit({ root, glob, folder }: Search, found: string[]): void {
  for (const entry of entriesOf(join(root, folder))) {
    if (entry.name === "node_modules" || entry.name === ".git") continue;
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isSymbolicLink()) continue;
    if (matchesGlob(path, glob)) found.push(path);
    else if (entry.isDirectory()) visit({ root, glob, folder: path }, found);
  }
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // A folder that is not there holds nothing; that the glob matches nothing is then said by who asked.
    return [];
  }
}
