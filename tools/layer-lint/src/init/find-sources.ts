import { listFiles } from "../tree/list-files.ts";
import { compare } from "../report/finding.ts";

/** Folders in which sources usually lie, in the order in which they are looked for. */
const USUAL_ROOTS = ["src", "lib", "app", "source", "packages"];

/** Files that test others, or that tell stories about them; nobody imports them. */
const TEST_GLOBS = [
  "**/*.test.ts",
  "**/*.test.tsx",
  "**/*.spec.ts",
  "**/*.spec.tsx",
  "**/__tests__/**",
  "**/__mocks__/**",
  "**/*.stories.tsx",
];

/** The sources of a project that has no configuration yet. */
export interface FoundSources {
  /** The folder whose files are to belong to layers. */
  readonly root: string;
  /** Globs of tests, of which each matches something. */
  readonly ignore: readonly string[];
  /** Each layer's name and paths, by name. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

/**
 * Looks for the sources of the project at the absolute path `project`.
 * @param asked - The folder of the sources, if somebody said it.
 * @returns undefined if there is no module.
 */
export function findSources(project: string, asked?: string): FoundSources | undefined {
  const candidates = asked === undefined ? USUAL_ROOTS : [trimmed(asked)];
  for (const root of candidates) {
    const globs = TEST_GLOBS.map((glob) => `${root}/${glob}`);
    const all = listFiles(project, { tops: [root], ignore: globs });
    if (all.modules.length === 0) continue;
    const ignore = globs.filter((glob) => !all.idleGlobs.includes(glob));
    return { root, ignore, groups: groupsOf(root, all.modules) };
  }
  return undefined;
}

/** One group a folder; where all lies in a single folder, those in it. Files beside folders are a group of their own. */
function groupsOf(root: string, modules: readonly string[]): ReadonlyMap<string, readonly string[]> {
  let top = root;
  for (;;) {
    const folders = foldersIn(top, modules);
    const files = modules.filter((file) => file.startsWith(`${top}/`) && !file.slice(top.length + 1).includes("/"));
    const [only] = folders;
    if (folders.length === 1 && files.length === 0 && only !== undefined) {
      top = `${top}/${only}`;
      continue;
    }
    const groups = new Map<string, readonly string[]>(folders.map((name) => [name, [`${top}/${name}`]]));
    const name = ["main", "top", "root"].find((each) => !groups.has(each)) ?? "files-at-the-top";
    if (files.length > 0) groups.set(name, files);
    return groups;
  }
}

function foldersIn(top: string, modules: readonly string[]): string[] {
  const inside = modules.filter((file) => file.startsWith(`${top}/`)).map((file) => file.slice(top.length + 1));
  return [...new Set(inside.filter((path) => path.includes("/")).map((path) => path.split("/")[0] ?? ""))].toSorted(
    compare,
  );
}

function trimmed(path: string): string {
  return path.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
}
