import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Finding } from "../report/finding.ts";
import { unproven } from "../report/finding.ts";
import type { Config } from "./read-config.ts";

/**
 * Versions of TypeScript whose syntax and resolution are known. The checker brings its own TypeScript and does not load the
 * project's; a project that is written for a later one could mean something else by the same text.
 */
const SUPPORTED_MAJORS = [5, 6, 7];

/** Says so if the project at `root` is written for a TypeScript that is not known. Without one there is nothing to say. */
export function unsupportedTypeScript(root: string, { file, places }: Config): Finding[] {
  const version = installedVersion(root);
  if (version === undefined || SUPPORTED_MAJORS.includes(Number(version.split(".")[0]))) return [];
  const message = `The project's TypeScript is ${version}; known are ${SUPPORTED_MAJORS.map((major) => `${major}.x`).join(", ")}`;
  const help = "Update layer-lint, or install a TypeScript that it knows.";
  return [unproven({ file, ...places.at(["tsconfig"]), message }, help)];
}

/** The version of the TypeScript that the project would load; "unknown" if it says none. */
function installedVersion(root: string): string | undefined {
  for (let folder = root; ; folder = dirname(folder)) {
    const text = readIfThere(join(folder, "node_modules/typescript/package.json"));
    if (text !== undefined) return /"version"\s*:\s*"([^"]+)"/.exec(text)?.[1] ?? "unknown";
    if (folder === dirname(folder)) return undefined;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
