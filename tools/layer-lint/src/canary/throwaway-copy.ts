import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import type { PlantedFile } from "../laws/law.ts";
import type { Project } from "../project.ts";

/** A copy of the checked files in a temporary folder, in which anything may be broken. */
export interface ThrowawayCopy extends Disposable {
  /** Absolute. */
  readonly root: string;
  /** Adds files; to files that are there it adds text. */
  plant(files: readonly PlantedFile[]): void;
  /** Writes files, in place of those that are there. */
  write(files: readonly PlantedFile[]): void;
}

/** Copies what a check reads: the checked files, the JSON files at the top and those that the tsconfig extends; packages are linked. */
export function copyProject({ root, tree, graph }: Project): ThrowawayCopy {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), "layer-lint-canary-")));
  const tops = readdirSync(root).filter((name) => name.endsWith(".json"));
  const data = graph.edges.map((edge) => edge.to);
  const files = new Set([
    ...tree.modules,
    ...tree.ignored,
    ...tree.others,
    ...graph.files,
    ...data,
    ...tops.flatMap((top) => withExtended(root, top)),
  ]);
  for (const file of files) {
    if (file.startsWith("../") || !existsSync(join(root, file))) continue;
    cpSync(join(root, file), join(copy, file), { recursive: true });
  }
  const packages = nearestPackages(root);
  if (packages !== undefined) symlinkSync(packages, join(copy, "node_modules"));
  return {
    root: copy,
    plant(planted) {
      for (const { path, text } of planted) {
        const target = join(copy, path);
        write(target, (existsSync(target) ? readFileSync(target, "utf8") : "") + text);
      }
    },
    write(written) {
      for (const { path, text } of written) write(join(copy, path), text);
    },
    [Symbol.dispose]: () => rmSync(copy, { recursive: true, force: true }),
  };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** A JSON file and, if it extends others of the project, those too. */
function withExtended(root: string, file: string): string[] {
  let extended: unknown;
  try {
    extended = (JSON.parse(readFileSync(join(root, file), "utf8")) as { extends?: unknown }).extends; // as: only this member is looked at, and checked below
  } catch {
    return [file];
  }
  const bases = [extended].flat().filter((base) => typeof base === "string" && base.startsWith("."));
  return [
    file,
    ...bases.map((base) => relative(root, join(root, dirname(file), String(base)))).filter((base) => base !== file),
  ];
}

function nearestPackages(root: string): string | undefined {
  for (let folder = root; ; folder = dirname(folder)) {
    const packages = join(folder, "node_modules");
    if (existsSync(packages)) return packages;
    if (folder === dirname(folder)) return undefined;
  }
}
